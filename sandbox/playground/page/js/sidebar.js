// The channels, and the current member.

import { el, icon } from "./dom.js";
import { HASH, THREAD } from "./icons.js";
import { avatar } from "./messages/message.js";
import { say } from "./words.js";

/** Draws into `box`; `become(member id)` switches to another member. */
export class Sidebar {
  #channels = el("ul", { class: "channels" });
  #members = el("div", { class: "members", role: "radiogroup", "aria-labelledby": "you-are" });
  #server = el("h1", {});
  #state;
  #become;

  constructor(box, { state, become }) {
    this.#state = state;
    this.#become = become;
    box.setAttribute("aria-label", say("channels"));
    box.append(this.#server, this.#channels, el("h2", { id: "you-are" }, say("members")), this.#members);
    for (const event of ["view", "channel", "channels", "unread"]) state.addEventListener(event, () => this.#draw());
  }

  #draw() {
    const { channels, server } = this.#state;
    this.#server.textContent = server;
    this.#channels.replaceChildren(...channels.map((channel) => this.#channel(channel)));
    const people = [...this.#state.members.values()].filter(({ bot }) => !bot);
    const focused = this.#members.contains(document.activeElement);
    this.#members.replaceChildren(...people.map((member) => this.#member(member)));
    if (focused) this.#members.querySelector("input:checked")?.focus();
  }

  #channel({ id, name, kind }) {
    const here = id === this.#state.current;
    const button = el("button", { type: "button", on: { click: () => this.#state.go(id) } }, kind === "dm" ? el("span", { class: "at", "aria-hidden": "true" }, "@") : icon(kind === "thread" ? THREAD : HASH), el("span", {}, name));
    if (here) button.setAttribute("aria-current", "page");
    return el("li", { class: `${kind}${this.#state.unread.has(id) ? " unread" : ""}` }, button);
  }

  #member({ id, name }) {
    const radio = el("input", { type: "radio", name: "member", value: id, checked: id === this.#state.me });
    radio.addEventListener("change", () => this.#become(id));
    return el("label", {}, radio, avatar({ id, username: name, bot: false }), el("span", {}, name));
  }
}
