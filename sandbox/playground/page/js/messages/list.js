// The messages of the current channel: the newest are there, older ones come when asked for.

import { el, icon } from "../dom.js";
import { DOWN } from "../icons.js";
import { starters, untried } from "../starters.js";
import { say } from "../words.js";
import { Actions } from "./actions.js";
import { continues, messageElement } from "./message.js";

const NEAR_END_PX = 120;
const NEAR_START_PX = 400;
const BY_HAND = ["wheel", "touchmove", "pointerdown", "keydown"];
const SHOWN_MAX = 150;
const KEPT_WHEN_TRIMMED = 75;
const FLASH_MS = 1200;

/** Draws the current channel into `box` and keeps it up to date. */
export class MessageList {
  #box;
  #state;
  #ask;
  #context;
  #list = el("ol", { class: "messages" });
  #begin = el("div", { class: "begin" });
  #jump;
  #fresh = false;
  #loading = null;
  #pinned = true;
  #reading = false;

  constructor(box, { state, ask, act, reply, mention }) {
    this.#box = box;
    this.#state = state;
    this.#ask = ask;
    this.#context = { state, act };
    this.#jump = el("button", { type: "button", class: "jump", hidden: true, on: { click: () => this.#toEnd() } }, say("messages.new"), icon(DOWN));
    this.scroller = el("div", { class: "scroller", tabIndex: 0 }, this.#begin, this.#list);
    box.append(this.scroller, this.#jump);
    state.addEventListener("view", () => this.#drawAll());
    state.addEventListener("channel", () => this.#drawAll());
    state.addEventListener("commands", () => this.#fresh && this.#writeBegin());
    state.addEventListener("message", ({ detail }) => this.#change(detail));
    state.addEventListener("jump", ({ detail }) => this.#reveal(detail));
    new Actions(this.#list, { state, act, reply, mention });
    this.scroller.addEventListener("keydown", (event) => this.#enter(event));
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    for (const kind of BY_HAND) this.scroller.addEventListener(kind, () => (this.#reading = true), { passive: true });
    this.scroller.addEventListener("load", () => this.#pinned && this.#toEnd(), true);
    const resized = new ResizeObserver(() => this.#pinned && this.#toEnd());
    for (const element of [this.#list, this.scroller]) resized.observe(element);
  }

  #drawAll() {
    const { channel, room } = this.#state;
    const name = channel?.kind === "dm" ? channel.name : `#${channel?.name ?? ""}`;
    this.scroller.setAttribute("role", "log");
    this.scroller.setAttribute("aria-label", say("messages", { channel: name }));
    this.#quietly();
    this.#list.replaceChildren(...this.#elements(room.messages));
    this.#writeBegin();
    this.#toEnd();
  }

  /** What was there before is not read out as new. */
  #quietly() {
    this.scroller.ariaBusy = "true";
    requestAnimationFrame(() => (this.scroller.ariaBusy = "false"));
  }

  /** Many at once are laid out only when they are near the window; single ones at once, so that their height is known. */
  #elements(messages) {
    return messages.map((message, at) => {
      const element = messageElement(message, messages[at - 1], this.#context);
      element.classList.add("deferred");
      return element;
    });
  }

  /** What stands before the first message: how to go on from here, or further back. */
  #writeBegin() {
    const { room, channel, members, bot } = this.#state;
    const about = { channel: channel?.kind === "dm" ? channel.name : `#${channel?.name ?? ""}`, name: members.get(bot)?.name ?? "" };
    const text = room.messages.length ? say("messages.begin", about) : say("messages.none", about);
    this.#begin.replaceChildren(
      room.more ? el("button", { type: "button", class: "button secondary", on: { click: () => this.#older() } }, say("messages.older")) : el("p", {}, text),
      ...[untried(room) && starters(this.#state)].filter(Boolean),
    );
    this.#begin.classList.toggle("empty", !room.messages.length);
    this.#fresh = untried(room);
  }

  #change({ event, message }) {
    const { room, current } = this.#state;
    if (message.channel_id !== current) return;
    const shown = this.#list.querySelector(`[data-id="${message.id}"]`);
    const at = room.messages.findLastIndex(({ id }) => id === message.id);
    if (event === "delete") this.#remove(shown);
    else if (event === "update" && shown) this.#replace(shown, messageElement(message, room.messages[at - 1], this.#context));
    else if (event === "create") this.#append(message, room);
    if (event === "delete") this.#regroup(room);
    if (this.#fresh !== untried(room)) this.#writeBegin();
  }

  #append(message, room) {
    this.#list.append(messageElement(message, room.messages.at(-2), this.#context));
    if (this.#begin.classList.contains("empty")) this.#writeBegin();
    if (!this.#pinned) {
      this.#jump.hidden = false;
      return;
    }
    if (room.messages.length > SHOWN_MAX) {
      this.#state.forgetOlder(KEPT_WHEN_TRIMMED);
      this.#drawAll();
    }
    this.#toEnd();
  }

  /** Put a changed message in place of the old one; the focus stays on the same control of it. */
  #replace(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (!focused) return;
    const same = focused.dataset.key && fresh.querySelector(`[data-key="${CSS.escape(focused.dataset.key)}"]:enabled`);
    (same || fresh).focus({ preventScroll: true });
  }

  #remove(shown) {
    const focused = shown?.contains(document.activeElement);
    const near = shown?.nextElementSibling ?? shown?.previousElementSibling ?? this.scroller;
    shown?.remove();
    if (focused) near.focus({ preventScroll: true });
  }

  /** From the list as a whole, an arrow key leads to its last message. */
  #enter(event) {
    if (event.target !== this.scroller || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    this.#list.lastElementChild?.focus();
  }

  /** Show a message of any channel, however old; where there is none, its channel. */
  async #reveal({ channel, message }) {
    if (channel !== this.#state.current) this.#state.go(channel);
    const find = () => message && this.#list.querySelector(`[data-id="${message}"]`);
    const older = () => this.#state.current === channel && this.#state.room.more && BigInt(this.#state.room.messages[0].id) > BigInt(message);
    while (message && !find() && older()) await this.#older();
    const found = find();
    if (!found) return;
    this.#pinned = false;
    this.#reading = true;
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
    found.animate([{ backgroundColor: "var(--accent-soft)" }, {}], FLASH_MS);
  }

  /** After a message went, the one behind it may need its header. */
  #regroup({ messages }) {
    [...this.#list.children].forEach((element, at) => {
      if (element.classList.contains("grouped") && !continues(messages[at], messages[at - 1])) {
        element.replaceWith(messageElement(messages[at], messages[at - 1], this.#context));
      }
    });
  }

  /** Show older messages; a call while some are loading waits for those. */
  #older() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #load() {
    const { room, current } = this.#state;
    if (!room.more) return;
    const older = await this.#ask("history", { channel: current, before: room.messages[0].id });
    if (this.#state.room !== room) return;
    const below = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.#state.prepend(older);
    const first = this.#list.firstElementChild;
    this.#quietly();
    this.#list.prepend(...this.#elements(older.messages));
    first?.replaceWith(messageElement(room.messages[older.messages.length], older.messages.at(-1), this.#context));
    this.#writeBegin();
    this.scroller.scrollTop = this.scroller.scrollHeight - below;
  }

  /** Only the reader's scrolling leaves the end; growing or shrinking content does not. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX) this.#pinned = true;
    else if (this.#reading) this.#pinned = false;
    if (this.#pinned) this.#jump.hidden = true;
    if (scrollTop < NEAR_START_PX) this.#older();
  }

  #toEnd() {
    this.#pinned = true;
    this.#reading = false;
    this.#jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}
