// Where one writes: plain messages, and commands after a slash.

import { el, icon } from "../dom.js";
import { PLUS, SEND } from "../icons.js";
import { notice } from "../notices.js";
import { say } from "../words.js";
import { CommandForm } from "./command-form.js";
import { matching, usable } from "./commands.js";
import { Tray } from "./tray.js";
import { Suggestions } from "./suggestions.js";

/** Lives in `box`; `ask` and `upload` reach the server, `act` does so and tells of refusals. */
export class Composer {
  #form = null;
  #text;
  #middle;
  #send;

  constructor(box, { state, ask, act, upload }) {
    this.state = state;
    this.ask = ask;
    this.upload = upload;
    this.act = act;
    this.suggestions = new Suggestions();
    this.tray = new Tray(upload);
    this.#text = el("textarea", { id: "message-box", rows: 1, autocomplete: "off", "aria-autocomplete": "list" });
    this.#middle = el("div", { class: "middle" }, this.#text);
    this.#send = el("button", { type: "button", class: "quiet send", "aria-label": say("composer.send"), on: { click: () => this.#submit() } }, icon(SEND));
    const choose = el("input", { type: "file", multiple: true, class: "unseen", tabIndex: -1, "aria-hidden": "true" });
    const attach = el("button", { type: "button", class: "quiet attach", "aria-label": say("composer.attach"), on: { click: () => choose.click() } }, icon(PLUS));
    choose.addEventListener("change", () => {
      this.#take([...choose.files]);
      choose.value = "";
    });
    box.append(this.suggestions.element, this.tray.element, el("div", { class: "bar" }, attach, choose, this.#middle, this.#send));
    this.#text.addEventListener("input", () => this.#suggestCommands());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("blur", () => this.suggestions.leave(this.#text));
    this.#listenForFiles(document.getElementById("channel"));
    for (const event of ["view", "channel"]) state.addEventListener(event, () => this.#write());
  }

  focus() {
    if (this.#form) this.#form.focus();
    else this.#text.focus();
  }

  /** Back from a command to plain writing. */
  leave() {
    this.#form = null;
    this.suggestions.hide();
    this.#middle.replaceChildren(this.#text);
    this.#text.focus();
  }

  /** Send a filled command; it stays where it is when it is refused. */
  async send(command, options) {
    const form = this.#form;
    this.leave();
    const sent = await this.act("slash", { channel: this.state.current, command: command.name, options });
    if (sent || this.#form || this.#text.value) return;
    this.#show(form);
  }

  #show(form) {
    this.#form = form;
    this.#middle.replaceChildren(form.element);
    form.focus();
  }

  #write() {
    const { channel } = this.state;
    if (!channel) return;
    const name = channel.kind === "dm" ? `@${channel.name}` : `#${channel.name}`;
    this.#text.setAttribute("aria-label", say("composer.label", { channel: name }));
    this.#text.placeholder = channel.writable ? say("composer.placeholder", { channel: name }) : say("composer.readonly");
    if (this.#form) this.leave();
    this.suggestions.hide();
  }

  #suggestCommands() {
    const typed = /^\/([\w -]*)$/u.exec(this.#text.value);
    if (!typed) {
      this.suggestions.hide();
      return;
    }
    const rows = matching(usable(this.state.commands(1)), typed[1].trim());
    const name = this.state.members.get(this.state.bot)?.name;
    this.suggestions.show(this.#text, {
      label: say("composer.commands"),
      head: rows.length ? el("b", {}, say("composer.commands")) : el("span", {}, say("composer.nothing")),
      rows: rows.map((command) => ({ name: `/${command.shown}`, description: command.description, badge: name, command })),
      onPick: ({ command }) => {
        this.#text.value = "";
        this.#show(new CommandForm(command, this));
      },
    });
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === " " && this.#chooseTyped()) event.preventDefault();
    else if (this.suggestions.key(event)) event.preventDefault();
    else if (event.key === "Escape") this.suggestions.hide();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  /** A space behind the whole name of a command chooses it. */
  #chooseTyped() {
    const typed = this.#text.value.slice(1);
    const command = this.#text.value.startsWith("/") && usable(this.state.commands(1)).find(({ name }) => name === typed);
    if (!command) return false;
    this.#text.value = "";
    this.#show(new CommandForm(command, this));
    return true;
  }

  async #submit() {
    if (this.#form) {
      await this.#form.submit();
      return;
    }
    const content = this.#text.value.trim();
    if (!content && this.tray.empty) return;
    try {
      const uploads = await this.tray.keys();
      this.#text.value = "";
      this.suggestions.hide();
      this.tray.clear();
      await this.ask("say", { channel: this.state.current, content, uploads });
    } catch (error) {
      this.#text.value ||= content;
      notice(`${say("composer.failed")}: ${error.message}`);
    }
  }

  #take(files) {
    if (this.#form) this.#form.takeFiles(files);
    else this.tray.add(files);
  }

  #listenForFiles(room) {
    room.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      this.#take(files);
    });
    room.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      room.classList.add("dropping");
    });
    room.addEventListener("dragleave", ({ relatedTarget }) => room.contains(relatedTarget) || room.classList.remove("dropping"));
    room.addEventListener("drop", (event) => {
      event.preventDefault();
      room.classList.remove("dropping");
      this.#take([...event.dataTransfer.files]);
    });
  }
}
