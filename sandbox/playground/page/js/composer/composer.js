// Where one writes: plain messages, and commands after a slash.

import { el, icon } from "../dom.js";
import { smallEnough, takesFiles } from "../files.js";
import { PLUS, SEND } from "../icons.js";
import { notice } from "../notices.js";
import { say } from "../words.js";
import { CommandForm } from "./command-form.js";
import { isNamed, matching, usable } from "./commands.js";
import { withMentions } from "./mentions.js";
import { ReplyBar } from "./reply-bar.js";
import { Suggestions } from "./suggestions.js";
import { Tray } from "./tray.js";

const CONTENT_MAX = 2000;
const COUNTED_FROM = 1800;
const NAMING = /(?:^|\s)@([\w-]*)$/u;

/** Lives in `box`; `ask` and `upload` reach the server, `act` does so and tells of refusals. */
export class Composer {
  #form = null;
  #place = null;
  #attaching = false;
  #text;
  #middle;
  #send;
  #count = el("span", { class: "count", role: "status" });

  constructor(box, { state, ask, act, upload }) {
    this.state = state;
    this.ask = ask;
    this.upload = upload;
    this.act = act;
    const all = el("div", {});
    this.suggestions = new Suggestions(all);
    this.tray = new Tray(upload, undefined, () => this.tray.count || this.focus());
    this.reply = new ReplyBar(() => this.focus());
    this.#text = el("textarea", { id: "message-box", rows: 1, autocomplete: "off", "aria-autocomplete": "list" });
    this.#middle = el("div", { class: "middle" }, this.#text);
    this.#send = el("button", { type: "button", class: "quiet send", "aria-label": say("composer.send"), on: { click: () => this.#submit() } }, icon(SEND));
    const choose = el("input", { type: "file", multiple: true, class: "unseen", tabIndex: -1, "aria-hidden": "true" });
    const attach = el("button", { type: "button", class: "quiet attach", "aria-label": say("composer.attach"), on: { click: () => choose.click() } }, icon(PLUS));
    choose.addEventListener("change", () => {
      this.#take([...choose.files]);
      choose.value = "";
    });
    all.append(this.reply.element, this.tray.element, el("div", { class: "bar" }, attach, choose, this.#middle, this.#count, this.#send));
    box.append(this.suggestions.element, all);
    this.#text.addEventListener("input", () => {
      this.#suggest();
      this.#writeCount();
    });
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("blur", () => this.suggestions.leave(this.#text));
    takesFiles(document.getElementById("channel"), (files) => this.#take(files));
    for (const event of ["view", "channel"]) state.addEventListener(event, () => this.#write());
    state.addEventListener("commands", () => document.activeElement === this.#text && this.#suggest());
  }

  focus() {
    if (this.#form) this.#form.focus();
    else this.#text.focus();
  }

  /** Answer `message` with what is written next. */
  answer(message) {
    if (this.#form) this.leave();
    this.reply.answer(message);
    this.focus();
  }

  /** Name a member in the box. */
  mention(id) {
    if (this.#form) this.leave();
    const { value } = this.#text;
    this.#text.value = `${value}${value && !value.endsWith(" ") ? " " : ""}@${this.state.members.get(id).name} `;
    this.focus();
  }

  /** Back from a command to plain writing. */
  leave() {
    this.#form = null;
    this.suggestions.hide();
    this.#middle.replaceChildren(this.#text);
    this.#text.focus();
  }

  /** Send a filled command to the channel it was filled in; when it is refused, it is there again. */
  async send(form, channel, options) {
    if (this.#form === form) this.leave();
    const sent = await this.act("slash", { channel, command: form.command.name, options });
    if (sent || this.#form || this.#text.value || this.state.current !== channel) return;
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
    this.#text.readOnly = !channel.writable;
    const place = `${this.state.me} ${channel.id}`;
    if (place === this.#place) return; // the same view anew, after the connection was lost
    this.#place = place;
    if (this.#form) this.leave();
    this.reply.answer(null);
    this.suggestions.hide();
  }

  #writeCount() {
    const { length } = this.#text.value.trim();
    this.#count.textContent = length >= COUNTED_FROM ? CONTENT_MAX - length : "";
    this.#count.classList.toggle("problem", length > CONTENT_MAX);
  }

  #suggest() {
    const named = NAMING.exec(this.#text.value.slice(0, this.#text.selectionStart));
    if (named) this.#suggestMembers(named[1]);
    else this.#suggestCommands();
  }

  #suggestMembers(typed) {
    const rows = matching([...this.state.members.values()].map(({ name }) => ({ name })), typed);
    if (!rows.length) return this.suggestions.hide();
    return this.suggestions.show(this.#text, {
      label: say("composer.members"),
      head: el("b", {}, say("composer.members")),
      rows,
      onPick: ({ name }) => {
        const { selectionStart } = this.#text;
        this.#text.setRangeText(`${name} `, selectionStart - typed.length, selectionStart, "end");
        this.suggestions.hide();
      },
    });
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
    else if (event.key === "Escape" && this.#text.getAttribute("aria-activedescendant")) this.suggestions.hide();
    else if (event.key === "Escape") this.reply.answer(null);
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  /** A space behind the whole name of a command chooses it. */
  #chooseTyped() {
    const typed = this.#text.value.slice(1);
    const command = this.#text.value.startsWith("/") && usable(this.state.commands(1)).find((one) => isNamed(one, typed));
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
    if (this.#attaching || (!content && !this.tray.count)) return;
    if (content.length > CONTENT_MAX) {
      notice(say("composer.long", { high: CONTENT_MAX }));
      return;
    }
    const reply = this.reply.message;
    const channel = this.state.current;
    this.#attaching = true;
    try {
      const uploads = await this.tray.keys().finally(() => (this.#attaching = false));
      this.#text.value = "";
      this.#writeCount();
      this.suggestions.hide();
      this.reply.answer(null);
      this.tray.clear();
      await this.ask("say", { channel, content: withMentions(content, this.state), uploads, reply_to: reply?.id });
    } catch (error) {
      this.#text.value ||= content;
      notice(`${say("composer.failed")}: ${error.message}`);
    }
  }

  #take(files) {
    const taken = smallEnough(files, this.state);
    if (this.#form) this.#form.takeFiles(taken);
    else this.tray.add(taken);
  }
}
