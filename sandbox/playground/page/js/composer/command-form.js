// A chosen command with its options: required ones are there, others are added at the end.

import { el, icon } from "../dom.js";
import { CROSS } from "../icons.js";
import { localized, say } from "../words.js";
import { matching } from "./commands.js";
import { ChoiceField, TextField, UnknownField } from "./fields.js";
import { Attached, FileField, fit } from "./file-field.js";
import { ATTACHMENT, INTEGER, NUMBER, STRING } from "./rules.js";

/**
 * `element` holds the pills. `host` gives `state`, `suggestions`, `ask`, `upload`,
 * `leave()` (back to writing), `keep(files)` (those that no option takes) and
 * `send(form, channel, options)`.
 */
export class CommandForm {
  #fields = [];
  #pills = el("div", { class: "pills" });
  #more;
  #note = el("p", { class: "form-note", role: "status" });
  #coming = Promise.resolve();
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
    this.element = el("div", { class: "command", role: "group", "aria-label": `/${command.shown}` }, el("div", { class: "parts" }, el("span", { class: "chip" }, `/${command.shown}`), this.#pills, this.#more, this.#note), el("button", { type: "button", class: "quiet leave", "aria-label": say("composer.leave"), on: { click: () => this.leave() } }, icon(CROSS)));
    for (const option of command.options.filter(({ required }) => required)) this.#add(option);
    this.#write();
  }

  /** The first pill that is wrong or still to be filled has the focus, else the end. */
  focus() {
    const open = this.#fields.find(({ problem }) => problem) ?? this.#fields.find(({ empty }) => empty);
    (open?.control ?? this.#more).focus();
  }

  /** Fill in what was written out (as `written` reads it); what belongs nowhere is a pill too. */
  fill({ values, unknown = [], inside = [] }) {
    for (const { option, text } of values) (this.#fieldOf(option) ?? this.#add(option)).fill(text);
    for (const part of unknown) this.#put(new UnknownField(part, this));
    if (inside.length) this.note(say("composer.inside", { names: inside.map((name) => `“${name}”`).join(", "), command: this.command.shown }));
  }

  /** Say something about the whole command, under it. */
  note(text) {
    this.#note.textContent = text;
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

  /** Put new files into the options that take some; those that fit none are kept by the host. */
  takeFiles(files) {
    const left = this.take(files.map((file) => new Attached(file, this.upload)));
    if (left.length) this.host.keep(left);
  }

  /** Put files on their way into the options that fit them best, adding options; return the others. */
  take(files) {
    return files.filter((attached) => {
      const field = this.#placeFor(attached.file);
      field?.take(attached);
      field?.control.focus();
      return !field;
    });
  }

  /** Be sent only after this: files are on their way here. */
  waitFor(coming) {
    this.#coming = Promise.all([this.#coming, coming]);
  }

  /** Give all files away, unless they are about to be sent. */
  release() {
    if (this.#submitting && !this.#left) return [];
    return this.#fields.filter((field) => field instanceof FileField).map((field) => field.release()).filter(Boolean);
  }

  #placeFor(file) {
    const open = this.#fields.filter((field) => field instanceof FileField && field.empty).map(({ option }) => option);
    const options = [...open, ...this.#remaining().filter(({ type }) => type === ATTACHMENT)];
    const best = [2, 1].flatMap((wanted) => options.filter((option) => fit(option, file) === wanted))[0];
    return best && (this.#fieldOf(best) ?? this.#add(best));
  }

  #fieldOf(option) {
    return this.#fields.find((field) => field.option === option);
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

  /** Check every pill; send, once, or go to the first that is wrong. Leaving the form cancels it. */
  async submit() {
    if (this.#submitting) return undefined;
    this.#submitting = true;
    const channel = this.state.current;
    const { options, wrong } = await this.#coming.then(() => this.#checked()).finally(() => (this.#submitting = false));
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
    return this.#put(new (kindOf(option))(option, this));
  }

  #put(field) {
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
