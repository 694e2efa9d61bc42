// A chosen command with its options: required ones are there, others are added at the end.

import { el, icon } from "../dom.js";
import { CROSS } from "../icons.js";
import { localized, say } from "../words.js";
import { matching } from "./commands.js";
import { ChoiceField, TextField } from "./fields.js";
import { FileField } from "./file-field.js";
import { ATTACHMENT, INTEGER, NUMBER, STRING } from "./rules.js";

/**
 * `element` holds the pills. `host` gives `state`, `suggestions`, `ask`, `upload`,
 * `leave()` (back to writing) and `send(form, channel, options)`.
 */
export class CommandForm {
  #fields = [];
  #pills = el("div", { class: "pills" });
  #more;
  #submitting = false;
  #left = false;

  constructor(command, host) {
    this.command = command;
    this.host = host;
    this.state = host.state;
    this.suggestions = host.suggestions;
    this.upload = host.upload;
    this.#more = el("input", { type: "text", class: "more", role: "combobox", autocomplete: "off", spellcheck: false, "aria-autocomplete": "list", "aria-expanded": "false", "aria-label": say("composer.option") });
    this.#more.addEventListener("focus", () => this.#suggestOptions());
    this.#more.addEventListener("input", () => this.#suggestOptions());
    this.#more.addEventListener("blur", () => this.suggestions.leave(this.#more));
    this.#more.addEventListener("keydown", (event) => this.#moreKey(event));
    this.element = el("div", { class: "command", role: "group", "aria-label": `/${command.shown}` }, el("div", { class: "parts" }, el("span", { class: "chip" }, `/${command.shown}`), this.#pills, this.#more), el("button", { type: "button", class: "quiet leave", "aria-label": say("composer.leave"), on: { click: () => this.leave() } }, icon(CROSS)));
    for (const option of command.options.filter(({ required }) => required)) this.#add(option);
    this.#write();
  }

  focus() {
    (this.#fields[0]?.control ?? this.#more).focus();
  }

  leave() {
    this.#left = true;
    this.host.leave();
  }

  /** Move on from a pill that is filled. */
  next(field) {
    const following = this.#fields[this.#fields.indexOf(field) + 1];
    (following?.control ?? this.#more).focus();
  }

  /** Take back an optional pill; a required one ends the command. */
  drop(field) {
    const at = this.#fields.indexOf(field);
    if (field.option.required) {
      if (at === 0) this.leave();
      else this.#fields[at - 1].control.focus();
      return;
    }
    this.#fields.splice(at, 1);
    field.element.remove();
    this.#write();
    (this.#fields[at - 1]?.control ?? this.#more).focus();
  }

  /** Put files into the options that take some, adding options as long as there are any. */
  takeFiles(files) {
    for (const file of files) {
      const open = this.#fields.find((field) => field instanceof FileField && field.empty);
      const option = this.#remaining().find(({ type }) => type === ATTACHMENT);
      const field = open ?? (option && this.#add(option));
      if (!field) return;
      field.take(file);
      field.control.focus();
    }
  }

  /** What the bot proposes for an option, given what is typed so far. */
  async proposals(focused, typed) {
    const options = { [focused]: typed };
    for (const field of this.#fields) {
      if (field instanceof FileField || field.option.name === focused) continue;
      const { value } = field.result();
      if (value !== undefined && typeof value !== "object") options[field.option.name] = value;
    }
    return this.host.ask("autocomplete", { command: this.command.name, channel: this.state.current, options, focused });
  }

  /** Check every pill; send, once, or go to the first that is wrong. Whoever leaves meanwhile calls it off. */
  async submit() {
    if (this.#submitting) return undefined;
    this.#submitting = true;
    const channel = this.state.current;
    const { options, wrong } = await this.#checked().finally(() => (this.#submitting = false));
    if (this.#left || (wrong && !this.element.isConnected)) return undefined;
    if (!wrong) return this.host.send(this, channel, options);
    wrong.control.focus();
    wrong.suggest();
    return undefined;
  }

  /** The value of every pill by name, once files are on the server, and the first pill that is wrong. */
  async #checked() {
    const options = {};
    let wrong = null;
    for (const field of this.#fields) {
      const { value, problem } = await field.result();
      field.mark(problem ?? "");
      if (problem) wrong ??= field;
      else if (value !== undefined) options[field.option.name] = value;
    }
    return { options, wrong };
  }

  #add(option) {
    const field = new (kindOf(option))(option, this);
    this.#fields.push(field);
    this.#pills.append(field.element);
    this.#write();
    return field;
  }

  #remaining() {
    const used = new Set(this.#fields.map(({ option }) => option.name));
    return this.command.options.filter(({ name }) => !used.has(name));
  }

  #write() {
    const { length } = this.#remaining();
    this.#more.placeholder = length ? `+${say("composer.more", { count: length })}` : "";
    this.#more.classList.toggle("full", !length);
  }

  #suggestOptions() {
    const remaining = this.#remaining().map((option) => ({ name: localized(option, "name"), also: [option.name], description: localized(option, "description"), option }));
    const typed = this.#more.value.trim();
    this.suggestions.show(this.#more, {
      label: say("composer.options"),
      head: [el("b", {}, `/${this.command.shown}`), el("span", {}, this.command.description)],
      rows: matching(remaining, typed),
      active: typed ? 0 : -1,
      onPick: ({ option }) => {
        this.#more.value = "";
        this.#add(option).control.focus();
      },
    });
  }

  #moreKey(event) {
    if (event.isComposing) return;
    if (this.suggestions.key(event)) event.preventDefault();
    else if (event.key === "Enter") {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.suggestions.open) this.suggestions.hide();
    else if (event.key === "Escape") this.leave();
    else if (event.key === "Backspace" && !this.#more.value) {
      event.preventDefault();
      const last = this.#fields.at(-1);
      if (last) last.control.focus();
      else this.leave();
    }
  }
}

function kindOf({ type, choices, autocomplete }) {
  if (type === ATTACHMENT) return FileField;
  const typed = [STRING, INTEGER, NUMBER].includes(type) && !choices?.length && !autocomplete;
  return typed ? TextField : ChoiceField;
}
