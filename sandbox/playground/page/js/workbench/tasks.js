// What the local Kling is making, newest first, and the buttons that decide how it ends.

import { el } from "../dom.js";
import { moment } from "../moments.js";
import { say } from "../words.js";

const ORDERS = ["finish", "fail", "moderate", "delay"];
const RUNNING = ["submitted", "processing"];

/** `act` steers a task in the server's world. */
export class Tasks {
  #act;
  #shown = new Map();
  #list = el("ol", { class: "tasks", "aria-label": say("workbench.tasks") });
  #empty = el("p", { class: "none" }, say("workbench.tasks.none"));

  constructor({ act, slow }) {
    this.#act = act;
    this.element = el("div", { class: "tasks-panel", tabIndex: -1 }, slow.element, this.#empty, this.#list);
  }

  /** Show these; an unchanged task keeps its element, and with it the focus. */
  replace(tasks) {
    const before = this.#shown;
    const focused = document.activeElement;
    const held = this.#list.contains(focused) ? { task: focused.closest("li").dataset.id, order: focused.dataset.order } : null;
    this.#shown = new Map(tasks.map((task) => this.#kept(task, before.get(task.id))));
    const elements = [...this.#shown.values()].map(({ element }) => element);
    if (elements.length !== this.#list.children.length || elements.some((element, at) => element !== this.#list.children[at])) this.#list.replaceChildren(...elements);
    this.#empty.hidden = tasks.length > 0;
    if (held && !this.#list.contains(document.activeElement)) this.#focus(held);
  }

  #kept(task, old) {
    const text = JSON.stringify(task);
    return [task.id, old?.text === text ? old : { text, element: this.#card(task) }];
  }

  #focus({ task, order }) {
    const card = this.#shown.get(task)?.element;
    (card?.querySelector(`[data-order="${order}"]`) ?? card)?.focus();
  }

  #card({ id, product, model, prompt, state, created, problem, result }) {
    const said = say(`workbench.state.${state}`);
    const buttons = RUNNING.includes(state) ? ORDERS.map((order) => this.#button(id, order, prompt)) : [];
    return el(
      "li",
      { class: "task", tabIndex: -1, "data-id": id },
      el("div", { class: "task-head" }, el("span", { class: `state ${state}` }, said), el("span", { class: "product" }, product), moment(created, "R")),
      el("p", { class: "prompt" }, prompt),
      el("p", { class: "facts" }, [model, id, result && made(result)].filter(Boolean).join(" · ")),
      problem ? el("p", { class: "problem" }, problem) : null,
      buttons.length ? el("div", { class: "row" }, buttons) : null,
    );
  }

  #button(task, order, prompt) {
    const kind = order === "finish" ? "primary" : "";
    return el("button", { type: "button", class: `button ${kind}`, "data-order": order, "aria-label": say(`workbench.order.${order}.name`, { prompt }), on: { click: () => this.#act("task", { task, order }) } }, say(`workbench.order.${order}`));
  }
}

function made({ pictures, seconds, size }) {
  const what = pictures ? say("workbench.made.pictures", { count: pictures }) : say("workbench.made.seconds", { seconds });
  return size ? `${what}, ${size.join("\u00a0×\u00a0")}` : what;
}
