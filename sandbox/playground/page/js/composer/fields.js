// One option of a chosen command as a pill: text and numbers typed, or one of a list.

import { el, freshId, icon } from "../dom.js";
import { CROSS } from "../icons.js";
import { localized, say } from "../words.js";
import { isNamed, matching } from "./commands.js";
import { BOOLEAN, CHANNEL, MENTIONABLE, ROLE, STRING, USER, checked, limits } from "./rules.js";

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
    if (this.option.required && control.localName !== "button") control.setAttribute("aria-required", "true");
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

  /** Show what is wrong; "" if nothing is. */
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

  /** Take a value that was written out; what does not fit is marked. */
  fill(text) {
    this.control.value = text;
    this.mark(this.result().problem ?? "");
  }

  result() {
    return checked(this.option, this.control.value);
  }
}

/** What was written out and is no option of the command: it stays until it is taken away. */
export class UnknownField extends TextField {
  #command;

  constructor({ name, text }, form) {
    super({ name: name || "?", description: "", type: STRING }, form);
    this.#command = form.command.shown;
    this.element.append(el("button", { type: "button", class: "quiet remove", "aria-label": say("composer.remove", { option: name || text }), on: { click: () => form.drop(this) } }, icon(CROSS)));
    this.fill(text);
  }

  result() {
    return { problem: say("rule.unknown", { command: this.#command }) };
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

  /** Take a value that was written out, by its shown name, its own or its value. */
  fill(text) {
    this.control.value = text;
    const offered = this.#offered().find((one) => isNamed(one, text));
    this.#picked = offered ?? null;
    if (offered) this.control.value = offered.name;
    this.mark(this.result().problem ?? "");
    if (this.option.autocomplete) this.#recognize(text);
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

  /** What the bot proposes under exactly this name is what is meant. */
  async #recognize(text) {
    const asked = ++this.#asked;
    const { choices } = await this.form.proposals(this.option.name, text).catch(() => ({ choices: [] }));
    const meant = choices.find((choice) => isNamed({ name: localized(choice, "name"), also: [choice.name] }, text));
    if (meant && asked === this.#asked && this.control.value === text) this.#picked = { name: text, value: meant.value };
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
    if (type === BOOLEAN) return [true, false].map((value) => ({ name: say(`value.${value}`), also: [value], value }));
    const members = [...state.members.values()].map(({ id, name }) => ({ name, also: [`@${name}`, `<@${id}>`], value: { user: id } }));
    const roles = [...state.roles.values()].map(({ id, name }) => ({ name, also: [`@${name}`, `<@&${id}>`], value: { role: id } }));
    if (type === USER) return members;
    if (type === ROLE) return roles;
    if (type === MENTIONABLE) return [...members, ...roles];
    if (type === CHANNEL) return state.channels.map(({ id, name }) => ({ name, also: [`#${name}`, `<#${id}>`], value: { channel: id } }));
    return (choices ?? []).map((choice) => ({ name: localized(choice, "name"), also: [choice.name, choice.value], value: choice.value }));
  }
}
