// The line above the box that says which message is being answered.

import { el, icon } from "../dom.js";
import { CROSS } from "../icons.js";
import { say } from "../words.js";

/** `message` is the one that is answered, or null; `leave` is called when the reader gives it up. */
export class ReplyBar {
  message = null;
  #leave;

  constructor(leave) {
    this.#leave = leave;
    this.element = el("div", { class: "reply-bar", hidden: true });
  }

  answer(message) {
    this.message = message;
    this.element.hidden = !message;
    if (!message) return;
    const [before, after] = say("composer.replying", { name: "\0" }).split("\0");
    const cancel = () => {
      this.answer(null);
      this.#leave();
    };
    this.element.replaceChildren(
      el("span", {}, before, el("b", {}, message.author.username), after),
      el("button", { type: "button", class: "quiet", "aria-label": say("composer.replying.leave"), on: { click: cancel } }, icon(CROSS)),
    );
  }
}
