// The edge of the drawer, by which it is made larger or smaller: with a pointer or the arrow keys.

import { el } from "../dom.js";
import { say } from "../words.js";

const STEP_PX = 24;
const LARGE_STEP_PX = 96; // with Shift
const AS_SHEET = matchMedia("(max-width: 1000px)"); // as in css/workbench.css
const WAYS = {
  side: { kept: "playground.workbench.width", property: "--drawer-width", orientation: "vertical", grow: "ArrowLeft", shrink: "ArrowRight" },
  sheet: { kept: "playground.workbench.height", property: "--drawer-height", orientation: "horizontal", grow: "ArrowUp", shrink: "ArrowDown" },
};

/** Sizes `box`; the browser remembers its width at the side and its height as a sheet. */
export class Sizer {
  #box;

  constructor(box) {
    this.#box = box;
    this.element = el("div", { class: "sizer", role: "separator", tabIndex: 0, "aria-label": say("workbench.size"), "aria-controls": box.id });
    for (const { kept, property } of Object.values(WAYS)) {
      const size = Number(localStorage.getItem(kept));
      if (size) this.#set(property, size);
    }
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointerdown", (event) => this.#grip(event));
    this.element.addEventListener("pointermove", (event) => this.element.hasPointerCapture(event.pointerId) && this.#drag(event));
    this.element.addEventListener("lostpointercapture", () => document.body.classList.remove("sizing"));
    this.element.addEventListener("dblclick", () => this.#reset());
    AS_SHEET.addEventListener("change", () => this.#write());
    new ResizeObserver(() => this.#write()).observe(box);
    this.#write();
  }

  get #way() {
    return AS_SHEET.matches ? WAYS.sheet : WAYS.side;
  }

  get #size() {
    const { width, height } = this.#box.getBoundingClientRect();
    return Math.round(AS_SHEET.matches ? height : width);
  }

  #set(property, size) {
    document.documentElement.style.setProperty(property, `${size}px`);
  }

  /** The stylesheet keeps a size within its limits; what came of it is kept and told. */
  #resize(size) {
    const { kept, property } = this.#way;
    this.#set(property, Math.max(0, Math.round(size)));
    localStorage.setItem(kept, this.#size);
    this.#set(property, this.#size);
    this.#write();
  }

  #reset() {
    const { kept, property } = this.#way;
    localStorage.removeItem(kept);
    document.documentElement.style.removeProperty(property);
    this.#write();
  }

  #grip(event) {
    if (event.button) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    this.element.focus();
    document.body.classList.add("sizing");
  }

  #drag({ clientX, clientY }) {
    const { right, bottom } = this.#box.getBoundingClientRect();
    this.#resize(AS_SHEET.matches ? bottom - clientY : right - clientX);
  }

  #key(event) {
    const { grow, shrink } = this.#way;
    const step = event.shiftKey ? LARGE_STEP_PX : STEP_PX;
    const size = { [grow]: this.#size + step, [shrink]: this.#size - step, Home: 0, End: Math.max(innerWidth, innerHeight) }[event.key];
    if (size === undefined) return;
    event.preventDefault();
    this.#resize(size);
  }

  #write() {
    const { orientation } = this.#way;
    const size = this.#size;
    if (!size) return; // the drawer is closed
    const style = getComputedStyle(this.#box);
    const [low, high] = ["--drawer-min", "--drawer-max"].map((name) => Math.round(this.#measure(style.getPropertyValue(name))));
    this.element.setAttribute("aria-orientation", orientation);
    this.element.setAttribute("aria-valuemin", low);
    this.element.setAttribute("aria-valuemax", Math.max(low, high));
    this.element.setAttribute("aria-valuenow", size);
    this.element.setAttribute("aria-valuetext", say("workbench.size.now", { size }));
  }

  /** A length of the stylesheet in pixels. */
  #measure(length) {
    const rod = el("div", { class: "rod" });
    rod.style.width = length;
    this.#box.append(rod);
    const { width } = rod.getBoundingClientRect();
    rod.remove();
    return width;
  }
}
