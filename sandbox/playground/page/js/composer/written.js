// A command that is written out, `/name option: value other: value`, as what fills its form.

import { localized } from "../words.js";
import { isNamed } from "./commands.js";
import { STRING } from "./rules.js";

const MARK = /(?<=^|\s)([\p{L}\p{N}_-]{1,32})[:：]/gu;
const GOES_ON = /^\s|^$/u; // what looks like an option but is none is one word before a blank, not a link

/**
 * Read a text as a command of `commands`. Return null where it names none, else
 * {command, values: [{option, text}], unknown: [{name, text}], inside: [name, …]}: `unknown` belongs
 * to no option, and `inside` looks like an option but is part of another one's text. Text before
 * the first option is the first text that the command needs.
 */
export function written(text, commands) {
  const found = commandOf(text, commands);
  if (!found) return null;
  const { command, rest } = found;
  const marks = [...rest.matchAll(MARK)].map((match) => markOf(match, rest, command)).filter(Boolean);
  const named = new Set(marks.map(({ option }) => option?.name));
  const needed = command.options.find((one) => one.required && isFree(one) && !named.has(one.name)) ?? null;
  const { parts, inside } = split(rest, marks, rest.slice(0, marks[0]?.at).trim() ? needed : null);
  return {
    command,
    values: parts.filter(({ option }) => option),
    unknown: parts.filter(({ option, name, text: given }) => !option && (name || given)),
    inside,
  };
}

/** The command with the longest name that the text begins with, and what follows it. */
function commandOf(text, commands) {
  if (!text.startsWith("/")) return null;
  const body = text.slice(1);
  const begins = (name) => body.toLowerCase().startsWith(name.toLowerCase()) && GOES_ON.test(body.slice(name.length));
  const named = commands.flatMap((command) => [command.name, ...command.also].filter(begins).map((name) => ({ command, name })));
  const [longest] = named.sort((one, other) => other.name.length - one.name.length);
  return longest ? { command: longest.command, rest: body.slice(longest.name.length).trim() } : null;
}

/** Where an option begins, or what looks like one (`option`: null). */
function markOf(match, rest, { options }) {
  const [whole, name] = match;
  const end = match.index + whole.length;
  const option = options.find((one) => isNamed({ name: one.name, also: [localized(one, "name")] }, name)) ?? null;
  return option || GOES_ON.test(rest.slice(end)) ? { at: match.index, end, name, option } : null;
}

/** Cut the text at its marks. In free text a mark that is no option, or one again, stays text. */
function split(rest, marks, first) {
  const parts = [{ name: "", option: first, from: 0 }];
  const inside = [];
  const used = new Set([first?.name]);
  for (const { at, end, name, option } of marks) {
    const open = parts.at(-1);
    const known = option && !used.has(option.name) ? option : null;
    if (!known && isFree(open.option)) {
      inside.push(name);
      continue;
    }
    used.add(known?.name);
    open.to = at;
    parts.push({ name, option: known, from: end });
  }
  return { parts: parts.map(({ name, option, from, to }) => ({ name, option, text: rest.slice(from, to).trim() })), inside };
}

const isFree = (option) => option?.type === STRING && !option.choices?.length && !option.autocomplete;
