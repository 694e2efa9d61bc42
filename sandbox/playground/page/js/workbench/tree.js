// JSON as a tree that opens branch by branch.

import { el } from "../dom.js";

const OPEN_UP_TO = [40, 8];
const SHOWN_CHARACTERS = 400;

/** Return the element of a value; small branches are open, the content of others is drawn when they are opened. */
export function tree(value) {
  return el("div", { class: "tree" }, branches(value, 0));
}

function branches(value, depth) {
  const entries = Object.entries(value);
  return el("ul", {}, entries.map(([key, inner]) => el("li", {}, isBranch(inner) ? branch(key, inner, depth) : leaf(key, inner))));
}

function isBranch(value) {
  return value !== null && typeof value === "object" && Object.keys(value).length > 0;
}

function branch(key, value, depth) {
  const count = Object.keys(value).length;
  const size = Array.isArray(value) ? `[${count}]` : `{${count}}`;
  const details = el("details", {}, el("summary", {}, el("span", { class: "key" }, key), el("span", { class: "count" }, size)));
  const draw = () => details.append(branches(value, depth + 1));
  if (count <= OPEN_UP_TO[Math.min(depth, 1)]) {
    draw();
    details.open = true;
  } else details.addEventListener("toggle", draw, { once: true });
  return details;
}

function leaf(key, value) {
  const written = JSON.stringify(value);
  const kind = value === null ? "null" : typeof value;
  const shown = el("span", { class: `value ${kind}` }, written.slice(0, SHOWN_CHARACTERS));
  if (written.length > SHOWN_CHARACTERS) {
    shown.append(el("button", { type: "button", class: "rest", on: { click: () => shown.replaceChildren(written) } }, `… +${written.length - SHOWN_CHARACTERS}`));
  }
  return [el("span", { class: "key" }, key), shown];
}

/** Return the leaves of Discord's tree of errors as [path, text]. */
export function fieldErrors(errors, path = "") {
  return Object.entries(errors ?? {}).flatMap(([key, inner]) =>
    key === "_errors" ? inner.map(({ code, message }) => [path, `${message} (${code})`]) : fieldErrors(inner, path ? `${path}.${key}` : key),
  );
}
