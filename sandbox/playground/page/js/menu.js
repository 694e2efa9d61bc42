// A menu at a point of the page: arrow keys move, Enter chooses, Escape goes back.

import { el } from "./dom.js";

const EDGE_PX = 8;
let close = () => {};

/**
 * Open a menu at `x`, `y`. `groups` are lists of {label, act}, each under its `title` where it
 * has one. The focus returns to where it was.
 */
export function openMenu({ x, y, label, groups }) {
  close();
  const before = document.activeElement;
  const items = [];
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label }, groups.filter((group) => group.items.length).map((group) => drawn(group, items)));

  close = (back = false) => {
    close = () => {};
    menu.remove();
    removeEventListener("pointerdown", outside, true);
    removeEventListener("resize", away);
    document.removeEventListener("scroll", away, true);
    if (back && before?.isConnected) before.focus();
  };
  const away = () => close();
  const outside = ({ target }) => menu.contains(target) || close();

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
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(EDGE_PX, Math.min(x, innerWidth - width - EDGE_PX))}px`;
  menu.style.top = `${Math.max(EDGE_PX, Math.min(y, innerHeight - height - EDGE_PX))}px`;
  items[0].focus({ preventScroll: true });
  addEventListener("pointerdown", outside, true);
  addEventListener("resize", away);
  document.addEventListener("scroll", away, true);
}
