// Files that go with a message or a form, shown with previews until they are sent.

import { el, icon } from "../dom.js";
import { CROSS } from "../icons.js";
import { notice } from "../notices.js";
import { say } from "../words.js";
import { Attached } from "./file-field.js";

const FILES_MAX = 10;

/** Holds up to `high` files; `onChange` is called when one was removed. */
export class Tray {
  #files = [];
  #upload;
  #high;
  #onChange;

  constructor(upload, high = FILES_MAX, onChange = () => {}) {
    this.#upload = upload;
    this.#high = high;
    this.#onChange = onChange;
    this.element = el("ul", { class: "tray", hidden: true, "aria-label": say("files") });
  }

  get count() {
    return this.#files.length;
  }

  add(files) {
    const room = this.#high - this.count;
    if (files.length > room) notice(say("files.many", { high: this.#high }));
    this.put(files.slice(0, room).map((file) => new Attached(file, this.#upload)));
  }

  /** Hold files that are on their way already. */
  put(attached) {
    this.#files.push(...attached);
    this.#draw();
  }

  /** Give all files away. */
  take() {
    const taken = this.#files.splice(0);
    this.#draw();
    return taken;
  }

  /** Resolve to the keys of all files once they are on the server. */
  keys() {
    return Promise.all(this.#files.map(({ key }) => key));
  }

  #draw() {
    this.element.hidden = !this.count;
    this.element.replaceChildren(...this.#files.map((attached) => this.#card(attached)));
  }

  #card(attached) {
    const { name } = attached.file;
    const remove = () => {
      const at = this.#files.indexOf(attached);
      attached.forget();
      this.#files.splice(at, 1);
      this.#draw();
      this.element.querySelectorAll("button")[Math.min(at, this.count - 1)]?.focus();
      this.#onChange();
    };
    const button = el("button", { type: "button", class: "quiet remove", "aria-label": say("composer.remove", { option: name }), on: { click: remove } }, icon(CROSS));
    return el("li", {}, attached.preview(), el("span", { class: "file-name" }, name), button);
  }
}
