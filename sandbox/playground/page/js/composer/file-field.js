// An attachment option as a pill, and the small preview of a file that goes with it.

import { el, icon } from "../dom.js";
import { smallEnough } from "../files.js";
import { CROSS, FILE } from "../icons.js";
import { say } from "../words.js";
import { Field } from "./fields.js";

/** A file on its way to the server: `key` resolves to what stands for it in a request. */
export class Attached {
  constructor(file, upload) {
    this.file = file;
    this.url = URL.createObjectURL(file);
    this.key = upload(file);
    this.key.catch(() => {});
  }

  forget() {
    URL.revokeObjectURL(this.url);
  }

  /** Return a thumbnail of a picture or clip, an icon for everything else. */
  preview() {
    const { type } = this.file;
    if (type.startsWith("image/")) return el("img", { src: this.url, alt: "" });
    if (type.startsWith("video/")) return el("video", { src: this.url, muted: true, preload: "metadata" });
    return icon(FILE);
  }
}

/** Takes one file: chosen, dropped or pasted. */
export class FileField extends Field {
  #attached = null;
  #input = el("input", { type: "file", class: "unseen", tabIndex: -1, "aria-hidden": "true" });
  #shown = el("span", { class: "chosen" });

  constructor(option, form) {
    super(option, form);
    this.build(el("button", { type: "button", class: "file-button" }, this.#shown));
    this.element.append(this.#input);
    this.control.addEventListener("click", () => this.#input.click());
    this.#input.addEventListener("change", () => {
      const [file] = smallEnough([...this.#input.files], form.state);
      this.#input.value = "";
      if (file) this.take(file);
      this.control.focus();
    });
    this.#write();
  }

  get empty() {
    return !this.#attached;
  }

  /** Attach `file`. */
  take(file) {
    this.#attached?.forget();
    this.#attached = new Attached(file, this.form.upload);
    this.mark("");
    this.#write();
  }

  key(event) {
    if (event.key === "Enter" && this.empty) return;
    if ((event.key === "Backspace" || event.key === "Delete") && !this.empty) {
      this.#clear();
      event.preventDefault();
      return;
    }
    super.key(event);
  }

  async result() {
    if (!this.#attached) return this.option.required ? { problem: say("rule.file") } : {};
    try {
      return { value: { upload: await this.#attached.key } };
    } catch (error) {
      return { problem: error.message };
    }
  }

  #clear() {
    this.#attached?.forget();
    this.#attached = null;
    this.#write();
  }

  #write() {
    const attached = this.#attached;
    this.#shown.replaceChildren(...(attached ? [attached.preview(), el("span", { class: "file-name", title: attached.file.name }, attached.file.name)] : [say("composer.file")]));
    this.element.querySelector(".remove")?.remove();
    if (attached) {
      const label = say("composer.remove", { option: attached.file.name });
      this.element.append(el("button", { type: "button", class: "quiet remove", "aria-label": label, on: { click: () => this.#clear() } }, icon(CROSS)));
    }
  }
}
