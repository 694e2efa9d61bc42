// An attachment option as a pill, and the small preview of a file that goes with it.

import { el, freshId, icon } from "../dom.js";
import { smallEnough } from "../files.js";
import { CROSS, FILE } from "../icons.js";
import { say } from "../words.js";
import { Field } from "./fields.js";

const KINDS = ["image", "video", "audio"];

/** How well a file fits an option: 2 it names the file's kind, 1 it names none, 0 it names another. */
export function fit({ name }, { type }) {
  const wanted = KINDS.filter((kind) => name.includes(kind));
  if (!wanted.length || !type) return 1;
  return wanted.some((kind) => type.startsWith(`${kind}/`)) ? 2 : 0;
}

/** A file being uploaded: `key` resolves to its key for a request. */
export class Attached {
  /** Whether it waited with a message before: there it goes back to. */
  kept = false;

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
  #about = el("span", { class: "unseen", id: freshId("about") });

  constructor(option, form) {
    super(option, form);
    this.build(el("button", { type: "button", class: "file-button" }, this.#shown));
    this.element.append(this.#input, this.#about);
    this.control.setAttribute("aria-describedby", this.#about.id);
    this.control.addEventListener("click", () => this.#input.click());
    this.#input.addEventListener("change", () => {
      const [file] = smallEnough([...this.#input.files], form.state);
      this.#input.value = "";
      if (file) this.take(new Attached(file, form.upload));
      this.control.focus();
    });
    this.#write();
  }

  get empty() {
    return !this.#attached;
  }

  /** Hold this file instead of another. */
  take(attached) {
    this.#attached?.forget();
    this.#attached = attached;
    this.mark("");
  }

  /** Give the file away; null where there is none. */
  release() {
    const attached = this.#attached;
    this.#attached = null;
    this.#write();
    return attached;
  }

  /** A written command can only name a file. */
  fill(name) {
    this.mark(name ? say("rule.file.named", { name }) : "");
  }

  /** A button can be neither required nor invalid: its description says so. */
  mark(problem) {
    this.problem = problem;
    this.element.classList.toggle("wrong", Boolean(problem));
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
    this.release()?.forget();
  }

  #write() {
    const attached = this.#attached;
    this.#about.textContent = this.problem || (this.option.required && !attached ? say("rule.file") : "");
    this.#shown.replaceChildren(...(attached ? [attached.preview(), el("span", { class: "file-name", title: attached.file.name }, attached.file.name)] : [say("composer.file")]));
    this.element.querySelector(".remove")?.remove();
    if (attached) {
      const label = say("composer.remove", { option: attached.file.name });
      this.element.append(el("button", { type: "button", class: "quiet remove", "aria-label": label, on: { click: () => this.#clear() } }, icon(CROSS)));
    }
  }
}
