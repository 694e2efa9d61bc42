// Message actions: the small bar on the message under the pointer or with the focus,
// and the menus of messages and members.

import { el, icon } from "../dom.js";
import { DOTS, REPLY } from "../icons.js";
import { openMenu } from "../menu.js";
import { localized, say } from "../words.js";

const MEMBER_MENU = 2;
const MESSAGE_MENU = 3;
const EPHEMERAL = 1 << 6;

const placeOf = ({ clientX, clientY }) => `${clientX} ${clientY}`;

/** Serves the messages in `list`; `reply(message)` and `mention(member id)` go to the composer. */
export class Actions {
  #state;
  #act;
  #reply;
  #mention;
  #at = null;
  #pointer = "";
  #replyButton = el("button", { type: "button", class: "quiet", "aria-label": say("action.reply"), title: say("action.reply"), on: { click: () => this.#reply(this.#at) } }, icon(REPLY));
  #more = el("button", { type: "button", class: "quiet", "aria-label": say("action.more"), title: say("action.more"), "aria-haspopup": "menu", "aria-expanded": "false", on: { click: () => this.#open(this.#at, { anchor: this.#more, align: "end" }) } }, icon(DOTS));
  #bar = el("div", { class: "message-bar", role: "toolbar", "aria-label": say("action.all") }, el("div", { class: "message-buttons" }, this.#replyButton, this.#more));

  constructor(list, { state, act, reply, mention }) {
    this.#state = state;
    this.#act = act;
    this.#reply = reply;
    this.#mention = mention;
    for (const event of ["focusin", "pointerdown"]) list.addEventListener(event, ({ target }) => this.#show(target));
    list.addEventListener("pointerover", (event) => this.#pointed(event));
    document.addEventListener("pointermove", (event) => (this.#pointer = placeOf(event)), { passive: true });
    list.addEventListener("contextmenu", (event) => this.#menu(event));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  #show(target) {
    if (this.#more.ariaExpanded === "true") return; // its menu is open
    const element = target.closest(".message");
    const message = element && this.#messageOf(element);
    if (!message) return;
    this.#at = message;
    if (this.#bar.parentElement === element) return;
    this.#replyButton.hidden = !this.#answerable(message);
    element.append(this.#bar);
  }

  /** What moves under a resting pointer does not take the bar from the message with the focus. */
  #pointed(event) {
    if (placeOf(event) !== this.#pointer) this.#show(event.target);
  }

  /** Arrow keys go from message to message; R answers one, as in Discord. */
  #key(event) {
    const element = event.target;
    if (!element.matches(".message") || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = { ArrowDown: element.nextElementSibling, ArrowUp: element.previousElementSibling }[event.key];
    if (next) next.focus();
    else if (event.key === "r" && this.#answerable(this.#at)) this.#reply(this.#at);
    else return;
    event.preventDefault();
  }

  #menu(event) {
    const element = event.target.closest(".message");
    const message = element && this.#messageOf(element);
    if (!message || event.target.closest("a, pre, textarea") || String(getSelection())) return;
    event.preventDefault();
    const byKey = event.clientX === 0 && event.clientY === 0;
    const { left, top } = event.target.getBoundingClientRect();
    const [x, y] = byKey ? [left + 40, top + 20] : [event.clientX, event.clientY];
    const ofMember = event.target.closest("[data-member]");
    const anchor = new DOMRect(x, y, 0, 0);
    if (ofMember) openMenu({ anchor, label: message.author.username, groups: [this.#ofMember(message)] });
    else this.#open(message, { anchor });
  }

  #open(message, where) {
    openMenu({ ...where, label: say("action.menu", { name: message.author.username }), groups: [this.#own(message), this.#apps(message), this.#ofMember(message)] });
  }

  #own(message) {
    const copy = (text) => () => navigator.clipboard.writeText(text);
    const { guild } = this.#state.channel;
    const link = `https://discord.com/channels/${guild ?? "@me"}/${message.channel_id}/${message.id}`;
    return {
      items: [
        this.#answerable(message) && { label: say("action.reply"), act: () => this.#reply(message) },
        message.content && { label: say("action.copy"), act: copy(message.content) },
        { label: say("action.link"), act: copy(link) },
      ].filter(Boolean),
    };
  }

  #apps(message) {
    if (message.flags & EPHEMERAL) return { items: [] };
    return { title: say("action.apps"), items: this.#commands(MESSAGE_MENU, { message: message.id }) };
  }

  #ofMember({ author }) {
    const commands = this.#commands(MEMBER_MENU, { user: author.id, channel: this.#state.current });
    return { title: author.username, items: [{ label: say("action.mention"), act: () => this.#mention(author.id) }, ...commands] };
  }

  #commands(kind, fields) {
    const channel = this.#state.current;
    return this.#state.commands(kind).map((command) => ({
      label: localized(command, "name"),
      act: () => this.#act("menu", { name: command.name, ...fields }, (text) => this.#state.fail({ channel, command: command.name, text })),
    }));
  }

  #answerable(message) {
    return this.#state.channel.writable && !(message.flags & EPHEMERAL);
  }

  #messageOf(element) {
    return this.#state.room.messages.findLast(({ id }) => id === element.dataset.id);
  }
}
