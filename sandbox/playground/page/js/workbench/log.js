// The last lines of the bot's log, while it is visible.

import { el } from "../dom.js";
import { say } from "../words.js";

const EVERY_MS = 1000;
const NEAR_END_PX = 40;

export class Log {
  #ask;
  #timer = null;
  #text = el("pre", { class: "log", tabIndex: 0, role: "region", "aria-label": say("workbench.log") });

  constructor({ ask }) {
    this.#ask = ask;
    this.element = this.#text;
  }

  /** Start or stop fetching. */
  set shown(shown) {
    clearInterval(this.#timer);
    this.#timer = shown ? setInterval(() => this.#read(), EVERY_MS) : null;
    if (shown) this.#read();
  }

  async #read() {
    const { text } = await this.#ask("log").catch(() => ({ text: this.#text.textContent }));
    if (text === this.#text.textContent) return;
    const { scrollHeight, scrollTop, clientHeight } = this.#text;
    const following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#text.textContent = text;
    if (following) this.#text.scrollTop = this.#text.scrollHeight;
  }
}
