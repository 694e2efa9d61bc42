// Fields that are marked: one of several, some of several, yes or no.

import { el } from "../dom.js";
import { say } from "../words.js";
import { Labelled } from "./labelled.js";

/** Rows of radio buttons or checkboxes over the options of a component. */
class Options extends Labelled {
  constructor(component, words, { kind, role }) {
    super(component, words);
    this.marks = component.options.map((option, at) => el("input", { type: kind, id: `${this.id}-${at}`, name: this.id, value: option.value, checked: Boolean(option.default) }));
    const rows = component.options.map(({ label, description }, at) =>
      el("label", { class: "mark", for: this.marks[at].id }, this.marks[at], el("span", {}, label, description ? el("span", { class: "about" }, description) : null)),
    );
    this.build(el("div", { class: "marks", role }, rows), this.marks[0], { group: true });
  }

  get marked() {
    return this.marks.filter(({ checked }) => checked).map(({ value }) => value);
  }
}

export class RadioGroup extends Options {
  constructor(component, words) {
    super(component, words, { kind: "radio", role: "radiogroup" });
  }

  value() {
    return this.marked[0] ?? null;
  }

  problem() {
    return this.required && !this.marked.length ? say("rule.choose") : "";
  }
}

export class CheckboxGroup extends Options {
  constructor(component, words) {
    super(component, words, { kind: "checkbox", role: "group" });
  }

  value() {
    return this.marked;
  }

  problem() {
    const low = this.component.min_values ?? 1;
    const high = this.component.max_values ?? this.marks.length;
    const { length } = this.marked;
    if (!length && !this.required) return "";
    if (length < low) return low === 1 ? say("rule.choose") : say("rule.few", { low });
    return length > high ? say("rule.many", { high }) : "";
  }
}

export class SingleCheckbox extends Labelled {
  #mark;

  constructor(component, words) {
    super({ ...component, required: false }, words);
    this.#mark = el("input", { type: "checkbox", id: this.id, checked: Boolean(component.default) });
    this.build(this.#mark);
    this.element.classList.add("single");
  }

  value() {
    return this.#mark.checked;
  }

  problem() {
    return "";
  }
}
