// Short notices at the edge of the page, read out by screen readers.

import { el, icon } from "./dom.js";
import { CROSS } from "./icons.js";
import { say } from "./words.js";

const SHOWN_MS = 8000;

/** Show a notice that disappears by itself. */
export function notice(text) {
  const shown = el(
    "div",
    { class: "notice" },
    el("span", {}, text),
    el("button", { type: "button", class: "quiet", "aria-label": say("dismiss"), on: { click: () => shown.remove() } }, icon(CROSS)),
  );
  document.getElementById("notices").append(shown);
  setTimeout(() => shown.remove(), SHOWN_MS);
}

let outage = null;

/** Say that the playground is not responding, until it is. */
export function showOutage(lost) {
  outage?.remove();
  outage = lost ? el("div", { class: "notice outage" }, say("connection.lost")) : null;
  if (outage) document.getElementById("notices").append(outage);
}
