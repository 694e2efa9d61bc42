// The registered commands as rows: each command or subcommand that can be used, best match first.

import { localized } from "../words.js";

const SUBCOMMAND = 1;
const GROUP = 2;
const EXACT = 0;
const NO_MATCH = 4;

/** Return every usable command: {name: "group sub", also: [as it is shown], shown, description, options}. */
export function usable(commands) {
  return commands.flatMap((command) => below(command, [command.name], [localized(command, "name")]));
}

function below(node, path, shown) {
  const branches = (node.options ?? []).filter(({ type }) => type === SUBCOMMAND || type === GROUP);
  if (branches.length) return branches.flatMap((branch) => below(branch, [...path, branch.name], [...shown, localized(branch, "name")]));
  return [{ name: path.join(" "), also: [shown.join(" ")], shown: shown.join(" "), description: localized(node, "description"), options: node.options ?? [] }];
}

/**
 * Return the things that have what was typed, best first: the exact name, names that begin with
 * it, names that contain it, descriptions. `also` lists other names of a thing.
 */
export function matching(things, typed) {
  const wanted = typed.toLowerCase();
  const ranked = things.map((thing) => [rank(thing, wanted), thing]).filter(([order]) => order < NO_MATCH);
  return ranked.sort(([one], [other]) => one - other).map(([, thing]) => thing);
}

/** Whether one of a thing's names is exactly what was typed, in any case. */
export function isNamed(thing, typed) {
  return rank(thing, typed.toLowerCase()) === EXACT;
}

function rank({ name, also = [], description = "" }, wanted) {
  const names = [name, ...also].map((each) => String(each).toLowerCase());
  if (names.includes(wanted)) return EXACT;
  if (names.some((each) => each.startsWith(wanted))) return 1;
  if (names.some((each) => each.includes(wanted))) return 2;
  return description.toLowerCase().includes(wanted) ? 3 : NO_MATCH;
}
