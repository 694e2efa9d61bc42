// Above the messages: the channel, whether the bot is online, and the page's own switches.

import { el, icon } from "./dom.js";
import { HASH, MENU, MOON, SUN, THREAD } from "./icons.js";
import { switchTheme, theme } from "./theme.js";
import { say, switchLanguage } from "./words.js";

/** Draws into `box`; `toggleSidebar` shows or hides the channels on a small screen. */
export class Header {
  #title = el("h2", {});
  #presence = el("span", { class: "presence", role: "status" });
  #theme = el("button", { type: "button", class: "quiet" });
  #state;

  constructor(box, { state, toggleSidebar }) {
    this.#state = state;
    this.menu = el("button", { type: "button", class: "quiet burger", "aria-label": say("sidebar.open"), "aria-controls": "sidebar", "aria-expanded": "false", on: { click: toggleSidebar } }, icon(MENU));
    const language = el("button", { type: "button", class: "quiet text", "aria-label": say("language.name"), on: { click: switchLanguage } }, say("language"));
    this.tools = el("div", { class: "tools" }, language, this.#theme);
    box.append(this.menu, this.#title, this.#presence, this.tools);
    this.#theme.addEventListener("click", () => {
      switchTheme();
      this.#drawTheme();
    });
    this.#drawTheme();
    for (const event of ["view", "channel"]) state.addEventListener(event, () => this.#drawTitle());
    for (const event of ["view", "presence"]) state.addEventListener(event, () => this.#drawPresence());
  }

  #drawTheme() {
    const dark = theme() === "dark";
    this.#theme.replaceChildren(icon(dark ? SUN : MOON));
    this.#theme.setAttribute("aria-label", say(dark ? "theme.light" : "theme.dark"));
  }

  #drawTitle() {
    const { channel } = this.#state;
    if (!channel) return;
    const sign = channel.kind === "dm" ? el("span", { class: "at", "aria-hidden": "true" }, "@") : icon(channel.kind === "thread" ? THREAD : HASH);
    this.#title.replaceChildren(sign, el("span", { class: "channel-name" }, channel.name));
    document.title = `${channel.name} · ${this.#state.server}`;
  }

  #drawPresence() {
    const { presence, members, bot } = this.#state;
    const name = members.get(bot)?.name ?? "";
    this.#presence.classList.toggle("online", presence.connected);
    this.#presence.textContent = say(presence.connected ? "presence.online" : "presence.offline", { name });
  }
}
