// A menu beside a button or at a point: arrow keys move, Enter chooses, Escape goes back.

import { el } from "./dom.js";
import { Floating } from "./floating.js";

const ELSEWHERE = ["pointerdown", "wheel", "touchmove"]; // a reader who turns to something else
let close = () => {};
let opened = null;

/**
 * Open a menu beside `anchor`, a button or a rectangle of the window; `side` and `align` are those
 * of `Floating`. `groups` are lists of {label, act}, each under its `title` where it has one. The
 * focus returns to where it was. A button whose menu is open closes it.
 */
export function openMenu({ anchor, label, groups, side, align }) {
  if (anchor === opened) return close(true);
  close();
  const before = document.activeElement;
  const items = [];
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label }, groups.filter((group) => group.items.length).map((group) => drawn(group, items)));
  const floating = new Floating(menu, { side, align, onGone: () => close() });
  opened = anchor instanceof Element ? anchor : null;

  close = (back = false) => {
    close = () => {};
    floating.close();
    menu.remove();
    for (const event of ELSEWHERE) removeEventListener(event, outside, true);
    if (back && before?.isConnected) before.focus();
    opened?.setAttribute("aria-expanded", "false");
    opened = null;
  };
  const outside = ({ target }) => menu.contains(target) || opened?.contains(target) || close();

  function drawn({ title, items: rows }) {
    const buttons = rows.map(({ label: text, act }) => el("button", { type: "button", role: "menuitem", tabIndex: -1, on: { click: () => (close(true), act()) } }, text));
    items.push(...buttons);
    return el("div", { class: "menu-group", role: "group", "aria-label": title }, title ? el("div", { class: "menu-title", "aria-hidden": "true" }, title) : null, buttons);
  }

  menu.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to % items.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(menu);
  opened?.setAttribute("aria-expanded", "true");
  floating.open(anchor);
  items[0].focus({ preventScroll: true });
  for (const event of ELSEWHERE) addEventListener(event, outside, { capture: true, passive: true });
  return undefined;
}
