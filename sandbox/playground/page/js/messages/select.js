// A select menu of a message: the options of the bot, or the server's members, roles and channels.

import { el } from "../dom.js";
import { Picker } from "../picker.js";
import { say } from "../words.js";
import { failedUnder } from "./failure.js";

const STRINGS = 3;
const MEMBERS = 5;
const ROLES = 6;
const CHANNELS = 8;

/** Return the element of a select component. */
export function select(data, { state, message, act }) {
  const options = choicesOf(data, state);
  const picker = new Picker({
    label: data.placeholder ?? say("select.placeholder"),
    options,
    low: data.min_values ?? 1,
    high: data.max_values ?? 1,
    disabled: Boolean(data.disabled),
    picked: options.filter((option) => option.default),
    onPick: async (picked) => {
      picker.busy = true;
      const values = picked.map(({ value }) => value);
      await act("choose", { message: message.id, custom_id: data.custom_id, values }, failedUnder(picker.element));
      picker.busy = false;
    },
  });
  picker.button.dataset.key = data.custom_id;
  return el("div", { class: "select" }, picker.element);
}

/** Return what a select offers as {label, description, value}; values are as the server takes them. */
export function choicesOf(data, state) {
  if (data.type === STRINGS) return data.options;
  const chosen = new Set((data.default_values ?? []).map(({ id }) => id));
  const choice = (kind, sign) => ({ id, name }) => ({ label: `${sign}${name}`, value: { [kind]: id }, default: chosen.has(id) });
  if (data.type === CHANNELS) return state.channels.map(choice("channel", "#"));
  const members = [...state.members.values()].map(choice("user", "@"));
  const roles = state.channel?.guild ? [...state.roles.values()].map(choice("role", "@")) : [];
  if (data.type === MEMBERS) return members;
  return data.type === ROLES ? roles : [...members, ...roles];
}
