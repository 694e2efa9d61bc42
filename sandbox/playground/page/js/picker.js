// A drop-down for one or several options: a button that opens a listbox.

import { el, freshId, icon } from "./dom.js";
import { Floating } from "./floating.js";
import { DOWN } from "./icons.js";

/** `element` is the drop-down; `onPick` hears of every finished choice. */
export class Picker {
  #options;
  #picked;
  #high;
  #low;
  #active = 0;
  #onPick;
  #label;
  #floating;

  constructor({ label, options, low = 1, high = 1, disabled = false, picked = [], onPick, labelledBy = null }) {
    this.#options = options;
    this.#picked = new Set(picked);
    this.#low = low;
    this.#high = high;
    this.#onPick = onPick;
    this.#label = label;
    const id = freshId("listbox");
    this.text = el("span", { class: "picked" });
    this.button = el("button", { type: "button", class: "picker", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": id, disabled }, this.text, icon(DOWN));
    this.button.setAttribute(labelledBy ? "aria-labelledby" : "aria-label", labelledBy ?? label);
    this.list = el("ul", { id, class: "listbox", role: "listbox", tabIndex: -1, "aria-label": label, "aria-multiselectable": String(high > 1) });
    this.element = el("div", { class: "picker-box" }, this.button, this.list);
    this.#floating = new Floating(this.list, { wide: true, onGone: () => this.#close(true) });
    this.button.addEventListener("click", () => (this.#floating.isOpen ? this.#close(true) : this.#open()));
    this.button.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => !this.element.contains(relatedTarget) && this.#close(false));
    this.#write();
  }

  set busy(busy) {
    this.button.classList.toggle("busy", busy);
    if (!busy) this.#write();
  }

  get picked() {
    return [...this.#picked];
  }

  #open() {
    this.list.replaceChildren(...this.#options.map((option, at) => this.#row(option, at)));
    this.#floating.open(this.button);
    this.button.setAttribute("aria-expanded", "true");
    const first = this.#options.findIndex((option) => this.#picked.has(option));
    this.#activate(Math.max(0, first));
  }

  #close(done) {
    if (!this.#floating.isOpen) return;
    this.#floating.close();
    this.button.setAttribute("aria-expanded", "false");
    this.button.removeAttribute("aria-activedescendant");
    const enough = this.#picked.size >= this.#low;
    if (this.#high > 1 && enough && done !== null) this.#onPick(this.picked);
  }

  #row(option, at) {
    const row = el(
      "li",
      { id: `${this.list.id}-${at}`, role: "option", "aria-selected": String(this.#picked.has(option)) },
      el("span", { class: "name" }, option.emoji?.name ? `${option.emoji.name} ${option.label}` : option.label),
      option.description ? el("span", { class: "description" }, option.description) : null,
    );
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => this.#toggle(at));
    return row;
  }

  #toggle(at) {
    const option = this.#options[at];
    if (this.#high === 1) {
      this.#picked = new Set([option]);
      this.#write();
      this.#close(null);
      this.#onPick(this.picked);
      return;
    }
    if (this.#picked.has(option)) this.#picked.delete(option);
    else if (this.#picked.size < this.#high) this.#picked.add(option);
    this.list.children[at].setAttribute("aria-selected", String(this.#picked.has(option)));
    this.#write();
  }

  #activate(at) {
    this.#active = (at + this.#options.length) % Math.max(1, this.#options.length);
    for (const row of this.list.children) row.classList.remove("active");
    const row = this.list.children[this.#active];
    row?.classList.add("active");
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.button.setAttribute("aria-activedescendant", row.id);
  }

  #key(event) {
    const { key } = event;
    const { isOpen } = this.#floating;
    if (key === "Escape" && isOpen) this.#close(null);
    else if ((key === "ArrowDown" || key === "ArrowUp") && !isOpen) this.#open();
    else if (key === "ArrowDown") this.#activate(this.#active + 1);
    else if (key === "ArrowUp") this.#activate(this.#active - 1);
    else if ((key === "Enter" || key === " ") && isOpen) this.#toggle(this.#active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #write() {
    const names = this.picked.map(({ label }) => label).join(", ");
    this.text.textContent = names || this.#label;
    this.text.classList.toggle("placeholder", !names);
  }
}
