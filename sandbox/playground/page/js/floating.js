// Floating lists and menus, each beside its anchor, where there is room.

const EDGE_PX = 8;
const GAP_PX = 4;

/** The visible part of the window: an on-screen keyboard covers some of it. */
function room() {
  const { offsetLeft = 0, offsetTop = 0, width = innerWidth, height = innerHeight } = visualViewport ?? {};
  return { left: offsetLeft + EDGE_PX, top: offsetTop + EDGE_PX, right: offsetLeft + width - EDGE_PX, bottom: offsetTop + height - EDGE_PX };
}

/**
 * Keeps `element` beside an anchor for as long as it is open: on the preferred `side` ("below" or
 * "above") where it fits there, else on the other; where it fits on neither it takes the roomier
 * one and scrolls. Sideways it begins (`align`: "start") or ends with its anchor, is as wide as it
 * is (`wide`), and is shifted back into the window. `onGone` hears when the anchor went out of sight.
 */
export class Floating {
  #element;
  #anchor = null;
  #side;
  #align;
  #wide;
  #onGone;
  #resized = new ResizeObserver(() => this.#place());
  #seen;

  constructor(element, { side = "below", align = "start", wide = false, onGone = () => {} } = {}) {
    this.#element = element;
    this.#side = side;
    this.#align = align;
    this.#wide = wide;
    this.#onGone = onGone;
    element.popover = "manual";
    element.classList.add("floating");
    this.#seen = new IntersectionObserver((entries) => entries.at(-1).isIntersecting || this.#onGone());
  }

  get isOpen() {
    return this.#anchor !== null;
  }

  /** Show it beside `anchor`: an element, which may move, or a rectangle of the window. */
  open(anchor) {
    if (this.isOpen) this.close();
    this.#anchor = anchor;
    this.#element.showPopover();
    this.#place();
    this.#resized.observe(this.#element);
    if (anchor instanceof Element) {
      this.#resized.observe(anchor);
      this.#seen.observe(anchor);
    }
    document.addEventListener("scroll", this.#moved, { capture: true, passive: true });
    addEventListener("resize", this.#moved);
    for (const event of ["resize", "scroll"]) visualViewport?.addEventListener(event, this.#moved);
  }

  close() {
    if (!this.isOpen) return;
    this.#anchor = null;
    this.#resized.disconnect();
    this.#seen.disconnect();
    document.removeEventListener("scroll", this.#moved, { capture: true });
    removeEventListener("resize", this.#moved);
    for (const event of ["resize", "scroll"]) visualViewport?.removeEventListener(event, this.#moved);
    if (this.#element.isConnected) this.#element.hidePopover();
  }

  #moved = ({ target }) => this.#element.contains(target instanceof Node ? target : null) || this.#place();

  #place() {
    if (!this.isOpen) return;
    const { style } = this.#element;
    const free = room();
    const anchor = this.#anchor instanceof Element ? this.#anchor.getBoundingClientRect() : this.#anchor;
    style.maxHeight = "";
    style.maxWidth = `${free.right - free.left}px`;
    style.width = this.#wide ? `${anchor.width}px` : "";
    const { offsetHeight: height, offsetWidth: width } = this.#element;
    const above = anchor.top - GAP_PX - free.top;
    const below = free.bottom - anchor.bottom - GAP_PX;
    const [first, other] = this.#side === "above" ? [above, below] : [below, above];
    const up = (first >= height || first >= other) === (this.#side === "above");
    if (height > (up ? above : below)) style.maxHeight = `${up ? above : below}px`;
    style.top = up ? "auto" : `${anchor.bottom + GAP_PX}px`;
    style.bottom = up ? `${document.documentElement.clientHeight - anchor.top + GAP_PX}px` : "auto";
    const left = this.#align === "end" ? anchor.right - width : anchor.left;
    style.left = `${Math.max(free.left, Math.min(left, free.right - width))}px`;
  }
}
