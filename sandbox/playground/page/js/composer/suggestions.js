// The list above the composer: commands, options, choices. The keyboard stays in the input that
// asked for it (its `owner`), as the combobox pattern wants.

import { el, freshId } from "../dom.js";
import { Floating } from "../floating.js";

/** One list for all inputs; it belongs to one of them at a time. */
export class Suggestions {
  #rows = [];
  #active = -1;
  #owner = null;
  #onPick = null;
  #anchor;
  #floating;

  /** The list floats above `anchor`. */
  constructor(anchor) {
    this.#anchor = anchor;
    this.head = el("div", { class: "suggestions-head" });
    this.list = el("ul", { id: freshId("suggestions"), role: "listbox", tabIndex: -1 });
    this.element = el("div", { class: "suggestions" }, this.head, this.list);
    this.#floating = new Floating(this.element, { side: "above", wide: true });
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** Whether there is something to choose from. */
  get open() {
    return this.#floating.isOpen && this.#rows.length > 0;
  }

  /**
   * Show `rows` ({name, description, badge, …}) for `owner`. `head` is what stands above them;
   * `active` is the row that Enter picks, -1 for none yet.
   */
  show(owner, { label, rows = [], head = null, active = 0, onPick = null }) {
    if (this.#owner !== owner) this.hide();
    this.#owner = owner;
    this.#rows = rows;
    this.#onPick = onPick;
    this.head.replaceChildren(...[head].flat().filter(Boolean));
    this.list.setAttribute("aria-label", label);
    this.list.replaceChildren(...rows.map((row, at) => this.#row(row, at)));
    this.list.hidden = !rows.length;
    if (!this.#floating.isOpen) this.#floating.open(this.#anchor);
    this.#announce(owner, rows.length > 0);
    this.#activate(Math.min(active, rows.length - 1));
  }

  hide() {
    this.#floating.close();
    this.#rows = [];
    this.#activate(-1);
    if (this.#owner) this.#announce(this.#owner, false);
    this.#owner = null;
  }

  /** Hide the list if it is `owner`'s. */
  leave(owner) {
    if (this.#owner === owner) this.hide();
  }

  /** Do what a key means to the list; true: nothing else should come of it. */
  key({ key, shiftKey }) {
    if (!this.open) return false;
    if (key === "ArrowDown") this.#activate((this.#active + 1) % this.#rows.length);
    else if (key === "ArrowUp") this.#activate((Math.max(this.#active, 0) + this.#rows.length - 1) % this.#rows.length);
    else if (key === "Enter" && this.#active >= 0) this.#pick(this.#active);
    else if (key === "Tab" && !shiftKey) this.#pick(Math.max(this.#active, 0));
    else return false;
    return true;
  }

  /** A text area is a combobox for as long as it has a list. */
  #announce(owner, expanded) {
    if (owner.localName === "textarea") {
      if (expanded) owner.setAttribute("role", "combobox");
      else owner.removeAttribute("role");
    }
    if (expanded) owner.setAttribute("aria-controls", this.list.id);
    else owner.removeAttribute("aria-controls");
    if (owner.role === "combobox") owner.setAttribute("aria-expanded", String(expanded));
    else owner.removeAttribute("aria-expanded");
  }

  #row({ name, description, badge }, at) {
    return el(
      "li",
      { id: `${this.list.id}-${at}`, role: "option", "aria-selected": "false", on: { click: () => this.#pick(at), pointermove: () => this.#activate(at) } },
      el("span", { class: "name" }, name),
      description ? el("span", { class: "description" }, description) : null,
      badge ? el("span", { class: "badge-name" }, badge) : null,
    );
  }

  #pick(at) {
    this.#onPick?.(this.#rows[at]);
  }

  #activate(at) {
    if (at === this.#active && at >= 0 && this.list.children[at]?.ariaSelected === "true") return;
    this.list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = at;
    const row = this.list.children[at];
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.#owner?.setAttribute("aria-activedescendant", row.id);
    else this.#owner?.removeAttribute("aria-activedescendant");
  }
}
