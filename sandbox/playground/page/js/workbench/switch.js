// A switch that shows the server's state and asks for the other one.

import { el, freshId } from "../dom.js";

/** `onSwitch(on)` asks for the other state and resolves when that is done or refused. */
export class Switch {
  #button;
  #busy = false;
  #onSwitch;

  constructor({ name, label, description, onSwitch }) {
    this.name = name;
    this.#onSwitch = onSwitch;
    const [labelId, textId] = [freshId("switch"), freshId("switch")];
    this.#button = el("button", { type: "button", class: "switch", role: "switch", "aria-checked": "false", "aria-labelledby": labelId, "aria-describedby": textId, on: { click: () => this.#press() } });
    this.element = el("div", { class: "fault" }, el("span", { id: labelId, class: "fault-name", on: { click: () => this.#press() } }, label), el("p", { id: textId, class: "facts" }, description), this.#button);
  }

  set on(on) {
    this.#button.setAttribute("aria-checked", String(on));
    this.element.classList.toggle("active", on);
  }

  async #press() {
    if (this.#busy) return;
    const on = this.#button.getAttribute("aria-checked") !== "true";
    this.#busy = true;
    this.#button.setAttribute("aria-busy", "true");
    try {
      await this.#onSwitch(on);
    } finally {
      this.#busy = false;
      this.#button.removeAttribute("aria-busy");
    }
  }
}
