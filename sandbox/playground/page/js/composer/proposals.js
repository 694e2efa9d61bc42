// Suggestions while typing: commands after a slash, members after an @.

import { el } from "../dom.js";
import { say } from "../words.js";
import { isNamed, matching, usable } from "./commands.js";

const NAMING = /(?:^|\s)@([\p{L}\p{N}_-]*)$/u;
const COMMANDING = /^\/([\p{L}\p{N}_ -]*)$/u;

/** Proposes for the box `text`; `choose(command)` opens a command's form. */
export class Proposals {
  #text;
  #state;
  #suggestions;
  #choose;

  constructor(text, { state, suggestions, choose }) {
    this.#text = text;
    this.#state = state;
    this.#suggestions = suggestions;
    this.#choose = choose;
  }

  /** Propose what fits the text up to where one writes, or nothing. */
  suggest() {
    const { value, selectionStart } = this.#text;
    const named = NAMING.exec(value.slice(0, selectionStart));
    const commanded = COMMANDING.exec(value);
    if (named) this.#members(named[1]);
    else if (commanded) this.#commands(commanded[1].trim());
    else this.#suggestions.hide();
  }

  /** Choose the command whose whole name was typed; false: there is none. */
  chooseTyped() {
    const { value } = this.#text;
    const command = value.startsWith("/") && usable(this.#state.commands(1)).find((one) => isNamed(one, value.slice(1)));
    if (!command) return false;
    this.#choose(command);
    return true;
  }

  /** Say that this is no command; `send` sends it as text, as a second Enter does. */
  warn(content, send) {
    const name = content.split(/\s/u, 1)[0];
    const problem = el("span", { class: "problem", role: "alert" }, say("slash.unknown", { name }));
    const button = el("button", { type: "button", class: "link-like", on: { click: send } }, say("slash.send"));
    this.#show(matching(usable(this.#state.commands(1)), name.slice(1)), [problem, button], -1);
  }

  #commands(typed) {
    const found = matching(usable(this.#state.commands(1)), typed);
    this.#show(found, found.length ? el("b", {}, say("composer.commands")) : el("span", {}, say("composer.nothing")));
  }

  #show(commands, head, active = 0) {
    const badge = this.#state.members.get(this.#state.bot)?.name;
    this.#suggestions.show(this.#text, {
      label: say("composer.commands"),
      head,
      rows: commands.map((command) => ({ name: `/${command.shown}`, description: command.description, badge, command })),
      active,
      onPick: ({ command }) => this.#choose(command),
    });
  }

  #members(typed) {
    const { members, roles } = this.#state;
    const named = [...members.values(), ...[...roles.values()].filter(({ mentionable }) => mentionable)];
    const rows = matching(named.map(({ name }) => ({ name })), typed);
    if (!rows.length) return this.#suggestions.hide();
    return this.#suggestions.show(this.#text, {
      label: say("composer.members"),
      head: el("b", {}, say("composer.members")),
      rows,
      onPick: ({ name }) => {
        const { selectionStart } = this.#text;
        this.#text.setRangeText(`${name} `, selectionStart - typed.length, selectionStart, "end");
        this.#suggestions.hide();
      },
    });
  }
}
