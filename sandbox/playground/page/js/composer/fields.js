// One option of a chosen command as a pill: text and numbers typed, or one of a list.

import { el, freshId } from "../dom.js";
import { localized, say } from "../words.js";
import { isNamed, matching } from "./commands.js";
import { BOOLEAN, CHANNEL, STRING, USER, checked, limits } from "./rules.js";

/** What all pills share. `form` has `suggestions`, `next(field)`, `drop(field)`, `submit()`, `ask`, `state`. */
export class Field {
  constructor(option, form) {
    this.option = option;
    this.form = form;
    this.id = freshId("option");
    this.name = localized(option, "name");
    this.problem = "";
  }

  build(control) {
    this.control = control;
    control.id = this.id;
    if (this.option.required) control.setAttribute("aria-required", "true");
    control.setAttribute("aria-label", `${this.name}: ${localized(this.option, "description")}`);
    this.element = el("div", { class: "pill" }, el("label", { for: this.id }, this.name), control);
    control.addEventListener("focus", () => this.suggest());
    control.addEventListener("blur", () => this.form.suggestions.leave(control));
    control.addEventListener("keydown", (event) => this.key(event));
    return this.element;
  }

  /** Keys that mean the same in every pill. */
  key(event) {
    const { suggestions } = this.form;
    if (event.isComposing) return;
    if (suggestions.key(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.form.submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (suggestions.open) suggestions.hide();
      else this.form.leave();
    } else if (event.key === "Backspace" && this.empty) {
      event.preventDefault();
      this.form.drop(this);
    }
  }

  /** What stands above the composer while this pill has the focus. */
  head() {
    const limit = limits(this.option);
    return [
      el("b", {}, this.name),
      el("span", {}, localized(this.option, "description")),
      limit ? el("span", { class: "limit" }, limit) : null,
      this.problem ? el("span", { class: "problem", role: "alert" }, this.problem) : null,
    ];
  }

  /** Say what is wrong, or "" that nothing is. */
  mark(problem) {
    this.problem = problem;
    this.element.classList.toggle("wrong", Boolean(problem));
    if (problem) this.control.setAttribute("aria-invalid", "true");
    else this.control.removeAttribute("aria-invalid");
  }

  suggest() {
    this.form.suggestions.show(this.control, { label: this.name, head: this.head() });
  }
}

/** Text or a number, typed. */
export class TextField extends Field {
  constructor(option, form) {
    super(option, form);
    const isText = option.type === STRING;
    const control = isText ? el("textarea", { rows: 1 }) : el("input", { type: "text", inputMode: "decimal" });
    control.autocomplete = "off";
    this.build(control);
    control.addEventListener("input", () => {
      this.mark("");
      this.suggest();
    });
  }

  get empty() {
    return !this.control.value;
  }

  result() {
    return checked(this.option, this.control.value);
  }
}

/** One of a list: the option's choices, members, channels, or what the bot proposes. */
export class ChoiceField extends Field {
  #picked = null;
  #asked = 0;

  constructor(option, form) {
    super(option, form);
    const control = el("input", { type: "text", role: "combobox", autocomplete: "off", spellcheck: false, "aria-autocomplete": "list", "aria-expanded": "false" });
    this.build(control);
    control.addEventListener("input", () => {
      this.#picked = null;
      this.mark("");
      this.suggest();
    });
  }

  get empty() {
    return !this.control.value;
  }

  result() {
    if (this.#picked) return { value: this.#picked.value };
    if (this.option.autocomplete) return checked(this.option, this.control.value);
    const typed = this.control.value.trim();
    if (!typed) return this.option.required ? { problem: say("rule.required") } : {};
    const exact = this.#offered().find((one) => isNamed(one, typed));
    return exact ? { value: exact.value } : { problem: say("rule.choice") };
  }

  async suggest() {
    if (this.option.autocomplete) return this.#suggestProposed();
    const typed = this.#picked ? "" : this.control.value;
    this.#show(matching(this.#offered(), typed));
    return undefined;
  }

  async #suggestProposed() {
    const asked = ++this.#asked;
    if (!this.form.suggestions.open) this.#show([]);
    try {
      const { choices } = await this.form.proposals(this.option.name, this.control.value);
      if (asked === this.#asked && document.activeElement === this.control) {
        this.#show(choices.map((choice) => ({ name: localized(choice, "name"), value: choice.value })));
      }
    } catch {
      if (asked === this.#asked) this.#show([]);
    }
  }

  #show(rows) {
    const none = rows.length || this.option.autocomplete ? null : el("span", { class: "problem" }, say("composer.nothing"));
    this.form.suggestions.show(this.control, {
      label: say("composer.choices", { option: this.name }),
      head: [...this.head(), none],
      rows,
      onPick: (row) => this.#pick(row),
    });
  }

  #pick(row) {
    this.#asked += 1;
    this.#picked = row;
    this.control.value = row.name;
    this.mark("");
    this.form.next(this);
  }

  #offered() {
    const { state } = this.form;
    const { type, choices } = this.option;
    if (type === BOOLEAN) return [{ name: say("value.true"), value: true }, { name: say("value.false"), value: false }];
    if (type === USER) return [...state.members.values()].map(({ id, name }) => ({ name, value: { user: id } }));
    if (type === CHANNEL) return state.channels.map(({ id, name }) => ({ name, value: { channel: id } }));
    return (choices ?? []).map((choice) => ({ name: localized(choice, "name"), also: [choice.name, choice.value], value: choice.value }));
  }
}
