// What all fields of a form share: a label, a description, and what is wrong with them.

import { el, freshId } from "../dom.js";
import { say } from "../words.js";

const TAKES_INVALID = "input, textarea, [role=combobox]";
const TAKES_REQUIRED = `${TAKES_INVALID}, [role=radiogroup]`;

export class Labelled {
  #problem;
  #control;

  constructor(component, { label, description }) {
    this.component = component;
    this.customId = component.custom_id;
    this.required = component.required ?? true;
    this.label = label;
    this.description = description;
    this.id = freshId("field");
    this.labelId = `${this.id}-label`;
    this.#problem = el("p", { id: `${this.id}-problem`, class: "problem" });
  }

  /** Put `content` under the label; `control` gets the focus. `group`: it has several controls. */
  build(content, control = content, { group = false } = {}) {
    this.#control = control;
    const star = this.required ? el("span", { class: "star", "aria-hidden": "true" }, " *") : null;
    const told = this.description ? el("p", { id: `${this.id}-about`, class: "about" }, this.description) : null;
    const label = group ? el("div", { id: this.labelId, class: "label" }, this.label, star) : el("label", { id: this.labelId, class: "label", for: this.id }, this.label, star);
    this.element = el("div", { class: "field" }, label, told, content, this.#problem);
    const named = group ? content : control;
    if (group) named.setAttribute("aria-labelledby", this.labelId);
    named.setAttribute("aria-describedby", [told?.id, this.#problem.id].filter(Boolean).join(" "));
    if (this.required && named.matches(TAKES_REQUIRED)) named.setAttribute("aria-required", "true");
    content.addEventListener("input", () => this.element.classList.contains("wrong") && this.check());
  }

  focus() {
    this.#control.focus();
  }

  /** Whether the field may be sent; what is wrong is said under it. */
  check() {
    const problem = this.problem();
    this.#problem.textContent = problem;
    this.element.classList.toggle("wrong", Boolean(problem));
    if (problem && this.#control.matches(TAKES_INVALID)) this.#control.setAttribute("aria-invalid", "true");
    else this.#control.removeAttribute("aria-invalid");
    return !problem;
  }
}
