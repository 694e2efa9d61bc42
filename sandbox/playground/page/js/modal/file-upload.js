// A field that takes files: chosen, dropped or pasted, shown with previews until the form is sent.

import { Tray } from "../composer/tray.js";
import { el } from "../dom.js";
import { smallEnough, takesFiles } from "../files.js";
import { say } from "../words.js";
import { Labelled } from "./labelled.js";

export class FileUpload extends Labelled {
  #tray;

  constructor(component, words, { state, upload }) {
    super(component, words);
    this.low = component.min_values ?? 1;
    this.high = component.max_values ?? 1;
    this.#tray = new Tray(upload, this.high, () => this.#removed());
    const choose = el("input", { type: "file", multiple: this.high > 1, class: "unseen", tabIndex: -1, "aria-hidden": "true" });
    const button = el("button", { type: "button", id: this.id, class: "drop-zone", on: { click: () => choose.click() } }, say(this.high > 1 ? "modal.files" : "modal.file", { high: this.high }));
    choose.addEventListener("change", () => {
      this.#take([...choose.files], state);
      choose.value = "";
    });
    const content = el("div", { class: "file-upload" }, this.#tray.element, button, choose);
    this.build(content, button);
    takesFiles(this.element, (files) => this.#take(files, state));
  }

  value() {
    return this.#tray.keys().then((keys) => keys.map((key) => ({ upload: key })));
  }

  problem() {
    const { count } = this.#tray;
    if (!count) return this.required ? say("rule.file") : "";
    return count < this.low ? say("rule.few", { low: this.low }) : "";
  }

  #removed() {
    this.check();
    if (!this.#tray.count) this.focus();
  }

  #take(files, state) {
    this.#tray.add(smallEnough(files, state));
    this.check();
  }
}
