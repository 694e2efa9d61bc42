// The calls between the bot and Discord, newest last.

import { el } from "../dom.js";
import { locale, say } from "../words.js";
import { fieldErrors, tree } from "./tree.js";

const KEPT = 500;
const NEAR_END_PX = 40;
const SIGNS = { send: "↑", receive: "↓" };
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** `onText` receives the filter; `ask` fetches the payload of an opened call. */
export class Calls {
  #ask;
  #list = el("ol", { class: "calls", "aria-label": say("workbench.calls") });
  #empty = el("p", { class: "none" });
  #filter = el("input", { type: "search", autocomplete: "off", spellcheck: false, placeholder: say("workbench.filter"), "aria-label": say("workbench.filter") });
  #scroller;

  constructor({ ask, onText }) {
    this.#ask = ask;
    this.#scroller = el("div", { class: "follow", tabIndex: 0, role: "group", "aria-label": say("workbench.calls") }, this.#empty, this.#list);
    this.element = el("div", { class: "calls-panel" }, this.#filter, this.#scroller);
    this.#filter.addEventListener("input", () => onText(this.text));
    this.#filter.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#filter.value) event.stopPropagation();
    });
  }

  get text() {
    return this.#filter.value.trim();
  }

  /** Replace the list with these. */
  replace(calls) {
    this.#list.replaceChildren(...calls.map((call) => this.#row(call)));
    this.#writeEmpty();
    this.toEnd();
  }

  /** Add a new call; a reader who has scrolled up stays there. */
  add(call) {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#list.append(this.#row(call));
    if (this.#list.children.length > KEPT) this.#list.firstElementChild.remove();
    this.#writeEmpty();
    if (following) this.toEnd();
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #writeEmpty() {
    this.#empty.hidden = this.#list.children.length > 0;
    this.#empty.textContent = say(this.text ? "workbench.calls.nomatch" : "workbench.calls.none");
  }

  #row({ id, at, kind, method, name, status, code, problem, gist }) {
    const refused = kind === "request" && !(status >= 200 && status < 300);
    const details = el(
      "details",
      {},
      el(
        "summary",
        {},
        el("time", { dateTime: new Date(at * 1000).toISOString() }, clock.format(at * 1000)),
        kind === "request" ? el("b", { class: "verb" }, method) : way(kind),
        el("span", { class: "name" }, breakable(name)),
        kind === "request" ? el("span", { class: `status ${refused ? "bad" : "good"}` }, String(status)) : null,
        problem ? el("span", { class: "gist problem" }, code ? `${code} ${problem}` : problem) : null,
        gist ? el("span", { class: "gist" }, gist) : null,
      ),
    );
    details.addEventListener("toggle", () => this.#open(details, id), { once: true });
    return el("li", {}, details);
  }

  async #open(details, id) {
    const box = el("div", { class: "payload" });
    details.append(box);
    try {
      const payload = await this.#ask("call", { call: id });
      const wrong = fieldErrors(payload.reply?.errors);
      box.append(
        wrong.length ? el("dl", { class: "field-errors" }, wrong.flatMap(([path, text]) => [el("dt", {}, path), el("dd", {}, text)])) : "",
        tree(payload),
      );
    } catch (error) {
      box.append(el("p", { class: "none" }, error.message));
    }
    details.scrollIntoView({ block: "nearest" });
  }
}

/** The direction of a gateway frame: a sign to see, words to hear. */
function way(kind) {
  const words = say(`workbench.call.${kind}`);
  return el("b", { class: `verb ${kind}`, title: words }, el("span", { "aria-hidden": "true" }, SIGNS[kind]), el("span", { class: "unseen" }, words));
}

/** Let a path break between its parts if the line is too short. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));
}
