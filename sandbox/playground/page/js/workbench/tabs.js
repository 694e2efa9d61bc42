// Tabs as the ARIA practices describe them: one stop for the Tab key, arrows between them.

import { el, freshId } from "../dom.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** `list` holds the tabs, `panels` what they show; `onShow(name)` hears of every change. */
export class Tabs {
  #tabs = new Map();
  #onShow;

  /** `parts`: name to {label, element}, in the order in which they stand. */
  constructor({ label, parts, onShow }) {
    this.#onShow = onShow;
    this.list = el("div", { class: "tabs", role: "tablist", "aria-label": label, on: { keydown: (event) => this.#key(event) } });
    this.panels = el("div", { class: "panels" });
    for (const [name, part] of Object.entries(parts)) this.#add(name, part);
  }

  /** Show the panel of one tab; an unknown name means the first. */
  show(name) {
    const shown = this.#tabs.has(name) ? name : this.#tabs.keys().next().value;
    for (const [each, { tab, panel }] of this.#tabs) {
      tab.setAttribute("aria-selected", String(each === shown));
      tab.tabIndex = each === shown ? 0 : -1;
      panel.hidden = each !== shown;
    }
    this.#onShow(shown);
  }

  focus() {
    this.list.querySelector("[aria-selected='true']").focus();
  }

  #add(name, { label, element }) {
    const [tabId, panelId] = [freshId("tab"), freshId("panel")];
    const tab = el("button", { type: "button", id: tabId, role: "tab", "aria-controls": panelId, on: { click: () => this.show(name) } }, label);
    const panel = el("div", { id: panelId, class: "panel", role: "tabpanel", "aria-labelledby": tabId }, element);
    this.#tabs.set(name, { tab, panel });
    this.list.append(tab);
    this.panels.append(panel);
  }

  #key(event) {
    const names = [...this.#tabs.keys()];
    const at = names.findIndex((name) => this.#tabs.get(name).tab === event.target);
    const to = { Home: 0, End: names.length - 1 }[event.key] ?? (event.key in STEPS ? at + STEPS[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    this.show(names[(to + names.length) % names.length]);
    this.focus();
  }
}
