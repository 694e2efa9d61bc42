// The composer: plain messages, and commands after a slash.

import { el, icon } from "../dom.js";
import { smallEnough, takesFiles } from "../files.js";
import { SEND } from "../icons.js";
import { notice } from "../notices.js";
import { sample } from "../samples.js";
import { say } from "../words.js";
import { attachButton } from "./attach.js";
import { CommandForm } from "./command-form.js";
import { usable } from "./commands.js";
import { withMentions } from "./mentions.js";
import { Proposals } from "./proposals.js";
import { ReplyBar } from "./reply-bar.js";
import { Suggestions } from "./suggestions.js";
import { Tray } from "./tray.js";
import { written } from "./written.js";

const CONTENT_MAX = 2000;
const COUNTED_FROM = 1800;
const TYPED = "insertText"; // other ways in which text comes: pasted, dropped, put there by a program

/** Lives in `box`; `ask` and `upload` reach the server, `act` does so and tells of refusals. */
export class Composer {
  #form = null;
  #place = null;
  #attaching = false;
  #warned = null;
  #text;
  #proposals;
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
    this.#proposals = new Proposals(this.#text, { state, suggestions: this.suggestions, choose: (command) => this.#choose(command) });
    this.#middle = el("div", { class: "middle" }, this.#text);
    this.#send = el("button", { type: "button", class: "quiet send", "aria-label": say("composer.send"), on: { click: () => this.#submit() } }, icon(SEND));
    const attach = attachButton({ take: (files) => this.#take(files), takeSample: (name) => this.#takeSamples([name]) });
    all.append(this.reply.element, this.tray.element, el("div", { class: "bar" }, attach, this.#middle, this.#count, this.#send));
    box.append(this.suggestions.element, all);
    this.#text.addEventListener("input", ({ inputType, data }) => {
      const atOnce = inputType !== TYPED || data?.length > 1;
      if (!atOnce || !this.#fillIn(this.#text.value)) this.#proposals.suggest();
      this.#writeCount();
    });
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("blur", () => this.suggestions.leave(this.#text));
    takesFiles(document.getElementById("channel"), (files) => this.#take(files));
    for (const event of ["view", "channel"]) state.addEventListener(event, () => this.#write());
    state.addEventListener("use", ({ detail }) => this.#use(detail));
    state.addEventListener("commands", () => document.activeElement === this.#text && this.#proposals.suggest());
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

  /** Return from a command to plain text; files of the message wait for it again. */
  leave() {
    this.#putBack(this.#form?.release() ?? []);
    this.#close();
  }

  /** Send a filled command to the channel it was filled in; when it is refused, it is there again. */
  async send(form, channel, options) {
    if (this.#form === form) this.#close();
    const draft = this.#text.value;
    const command = form.command.name;
    const sent = await this.act("slash", { channel, command, options }, (text) => this.state.fail({ channel, command, text }));
    if (sent) for (const attached of form.release()) attached.forget();
    else if (this.#form || this.#text.value !== draft || this.state.current !== channel) this.#putBack(form.release());
    else this.#show(form);
  }

  /** Keep files that no option takes for the next message, and say so. */
  keep(files) {
    this.tray.put(files.map((attached) => Object.assign(attached, { kept: true })));
    const names = files.map(({ file }) => file.name).join(", ");
    this.#form?.note(say("composer.kept", { names, command: this.#form.command.shown }));
  }

  /** Open a command's form, filled with what was written out and with the files that wait. */
  #open(command, filling = null) {
    const form = new CommandForm(command, this);
    if (filling) form.fill(filling);
    this.#form = form;
    const left = form.take(this.tray.take().map((attached) => Object.assign(attached, { kept: true })));
    if (left.length) this.keep(left);
    this.#show(form);
  }

  /** Open the form of a command that is written out with anything behind it; false: it is none. */
  #fillIn(text) {
    const read = written(text.trim(), usable(this.state.commands(1)));
    if (!read || !(read.values.length || read.unknown.length)) return false;
    this.#text.value = "";
    this.#open(read.command, read);
    return true;
  }

  #choose(command) {
    this.#text.value = "";
    this.#open(command);
  }

  /** Open the form of a command that a mention or a starter names; the draft waits behind it. */
  #use({ command: name, values = {}, samples = [] }) {
    const command = usable(this.state.commands(1)).find((one) => one.name === name);
    if (!command) {
      notice(say("command.gone", { name }));
      return;
    }
    if (this.#form) this.leave();
    const given = command.options.filter((option) => option.name in values).map((option) => ({ option, text: values[option.name] }));
    this.#open(command, { values: given });
    if (samples.length) this.#takeSamples(samples);
  }

  /** Take sample files; a command sent before they arrive waits for them. */
  #takeSamples(names) {
    const form = this.#form;
    const taken = Promise.all(names.map(sample))
      .then((files) => (form && this.#form !== form ? null : this.#take(files)))
      .catch((error) => notice(error.message));
    form?.waitFor(taken);
  }

  #putBack(files) {
    this.tray.put(files.filter(({ kept }) => kept));
    for (const attached of files) if (!attached.kept) attached.forget();
  }

  #close() {
    this.#form = null;
    this.suggestions.hide();
    this.#middle.replaceChildren(this.#text);
    this.#text.focus();
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

  #key(event) {
    if (event.isComposing) return;
    if (event.key === " " && this.#proposals.chooseTyped()) event.preventDefault();
    else if (this.suggestions.key(event)) event.preventDefault();
    else if (event.key === "Escape" && this.#text.getAttribute("aria-activedescendant")) this.suggestions.hide();
    else if (event.key === "Escape") this.reply.answer(null);
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!event.repeat) this.#submit();
    }
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
    if (content.startsWith("/") && this.#warned !== content) {
      this.#warned = content;
      if (!this.#fillIn(content)) this.#proposals.warn(content, () => this.#submit());
      return;
    }
    await this.#say(content);
  }

  /** Send a message once its files are on the server; what is refused is there again. */
  async #say(content) {
    const reply = this.reply.message;
    const channel = this.state.current;
    this.#attaching = true;
    let files = [];
    try {
      const uploads = await this.tray.keys().finally(() => (this.#attaching = false));
      this.#text.value = "";
      this.#warned = null;
      this.#writeCount();
      this.suggestions.hide();
      this.reply.answer(null);
      files = this.tray.take();
      await this.ask("say", { channel, content: withMentions(content, this.state), uploads, reply_to: reply?.id });
      for (const attached of files) attached.forget();
    } catch (error) {
      this.#text.value ||= content;
      this.tray.put(files);
      notice(`${say("composer.failed")}: ${error.message}`);
    }
  }

  #take(files) {
    const taken = smallEnough(files, this.state);
    if (this.#form) {
      this.#form.takeFiles(taken);
      return;
    }
    this.tray.add(taken);
    this.#text.focus();
  }
}
