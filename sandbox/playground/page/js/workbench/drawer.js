// The workbench drawer: what happens behind the channel, and switches that interfere.

import { el, icon } from "../dom.js";
import { CROSS, WRENCH } from "../icons.js";
import { say } from "../words.js";
import { Calls } from "./calls.js";
import { Log } from "./log.js";
import { Sizer } from "./sizer.js";
import { Switch } from "./switch.js";
import { Tabs } from "./tabs.js";
import { Tasks } from "./tasks.js";

const KEPT_OPEN = "playground.workbench";
const KEPT_TAB = "playground.workbench.tab";
const FAULTS = ["slow", "full", "throttled", "outage", "killed"];

/** Lives in `box`; `opener` is the button for the header. It requests nothing while closed. */
export class Workbench {
  #box;
  #ask;
  #act;
  #calls;
  #tasks;
  #log;
  #tabs;
  #tab = null;
  #switches;

  constructor(box, { state, ask, act }) {
    this.#box = box;
    this.#ask = ask;
    this.#act = act;
    this.#calls = new Calls({ ask, onText: () => this.#look() });
    this.#log = new Log({ ask });
    const slow = this.#switch("slow");
    const faults = FAULTS.map((name) => this.#switch(name));
    this.#switches = [slow, ...faults];
    this.#tasks = new Tasks({ act, slow });
    this.#tabs = new Tabs({
      label: say("workbench"),
      parts: {
        calls: { label: say("workbench.tab.calls"), element: this.#calls.element },
        kling: { label: say("workbench.tab.kling"), element: this.#tasks.element },
        faults: { label: say("workbench.tab.faults"), element: el("div", { class: "faults-panel" }, faults.map(({ element }) => element)) },
        log: { label: say("workbench.tab.log"), element: this.#log.element },
      },
      onShow: (name) => this.#showTab(name),
    });
    this.opener = el("button", { type: "button", class: "quiet", "aria-label": say("workbench"), title: `${say("workbench")} (Ctrl+\`)`, "aria-controls": box.id, "aria-expanded": "false", "aria-keyshortcuts": "Control+`", on: { click: () => this.toggle() } }, icon(WRENCH));
    box.setAttribute("aria-label", say("workbench"));
    box.append(
      new Sizer(box).element,
      el("div", { class: "workbench-head" }, this.#tabs.list, el("button", { type: "button", class: "quiet", "aria-label": say("workbench.close"), on: { click: () => this.toggle(false) } }, icon(CROSS))),
      this.#tabs.panels,
    );
    this.#listen(state);
    this.#tabs.show(localStorage.getItem(KEPT_TAB));
    if (localStorage.getItem(KEPT_OPEN) === "open") this.#show(true);
  }

  /** Open or close; the focus goes in, and back to where the drawer is opened. */
  toggle(open = this.#box.hidden) {
    localStorage.setItem(KEPT_OPEN, open ? "open" : "closed");
    this.#show(open);
    this.#look();
    if (open) this.#tabs.focus();
    else this.opener.focus();
  }

  /** The server is there (again): it does not know yet what this page watches. */
  resume() {
    if (!this.#box.hidden) this.#look();
  }

  #show(open) {
    this.#box.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    this.#showTab(this.#tab);
  }

  #showTab(name) {
    this.#tab = name;
    localStorage.setItem(KEPT_TAB, name);
    this.#log.shown = name === "log" && !this.#box.hidden;
    if (name === "calls") this.#calls.toEnd();
  }

  async #look() {
    const open = !this.#box.hidden;
    const seen = await this.#ask("workbench", { open, text: this.#calls.text }).catch(() => null);
    if (!open || !seen) return;
    this.#calls.replace(seen.calls);
    this.#tasks.replace(seen.tasks);
    this.#write(seen.faults);
  }

  #write(faults) {
    for (const each of this.#switches) each.on = faults[each.name];
  }

  #switch(name) {
    const onSwitch = (on) => (name === "killed" ? this.#act("bot", { order: on ? "kill" : "start" }) : this.#act("fault", { fault: name, on }));
    return new Switch({ name, label: say(`workbench.fault.${name}`), description: say(`workbench.fault.${name}.text`), onSwitch });
  }

  #listen(state) {
    state.addEventListener("call", ({ detail }) => this.#calls.add(detail.call));
    state.addEventListener("tasks", ({ detail }) => this.#tasks.replace(detail.tasks));
    state.addEventListener("faults", ({ detail }) => this.#write(detail.faults));
    this.#box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle(false);
    });
    addEventListener("keydown", (event) => {
      if (!event.ctrlKey || event.code !== "Backquote") return;
      event.preventDefault();
      this.toggle();
    });
  }
}
