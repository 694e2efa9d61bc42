// The files that go with a plain message, shown above the box until it is sent.

import { el, icon } from "../dom.js";
import { CROSS } from "../icons.js";
import { say } from "../words.js";
import { Attached } from "./file-field.js";

const FILES_MAX = 10;

/** Holds up to ten files. */
export class Tray {
  #files = [];
  #upload;

  constructor(upload) {
    this.#upload = upload;
    this.element = el("ul", { class: "tray", hidden: true });
  }

  get empty() {
    return !this.#files.length;
  }

  add(files) {
    const room = FILES_MAX - this.#files.length;
    this.#files.push(...files.slice(0, room).map((file) => new Attached(file, this.#upload)));
    this.#draw();
  }

  clear() {
    for (const attached of this.#files) attached.forget();
    this.#files = [];
    this.#draw();
  }

  /** Resolve to the keys of all files once they are on the server. */
  keys() {
    return Promise.all(this.#files.map(({ key }) => key));
  }

  #draw() {
    this.element.hidden = this.empty;
    this.element.replaceChildren(...this.#files.map((attached) => this.#card(attached)));
  }

  #card(attached) {
    const { name } = attached.file;
    const remove = () => {
      attached.forget();
      this.#files = this.#files.filter((other) => other !== attached);
      this.#draw();
    };
    const button = el("button", { type: "button", class: "quiet remove", "aria-label": say("composer.remove", { option: name }), on: { click: remove } }, icon(CROSS));
    return el("li", {}, attached.preview(), el("span", {}, name), button);
  }
}
