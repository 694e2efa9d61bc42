// The registered commands as rows: each command or subcommand that can be used, best match first.

import { localized } from "../words.js";

const SUBCOMMAND = 1;
const GROUP = 2;

/** Return every usable command: {name: "group sub", shown, description, options}. */
export function usable(commands) {
  return commands.flatMap((command) => below(command, [command.name], [localized(command, "name")]));
}

function below(node, path, shown) {
  const branches = (node.options ?? []).filter(({ type }) => type === SUBCOMMAND || type === GROUP);
  if (branches.length) return branches.flatMap((branch) => below(branch, [...path, branch.name], [...shown, localized(branch, "name")]));
  return [{ name: path.join(" "), shown: shown.join(" "), description: localized(node, "description"), options: node.options ?? [] }];
}

/** Return the things whose name (or, after those, description) has what was typed. */
export function matching(things, typed) {
  const wanted = typed.toLowerCase();
  const rank = ({ name, description = "" }) => {
    const lower = String(name).toLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.includes(wanted)) return 1;
    return description.toLowerCase().includes(wanted) ? 2 : 3;
  };
  const ranked = things.map((thing) => [rank(thing), thing]).filter(([order]) => order < 3);
  return ranked.sort(([one], [other]) => one - other).map(([, thing]) => thing);
}
