// The marks inside a line of Discord's markdown, as a tree: {kind, …, children} or plain strings.

const RULES = [
  [/^\\([^A-Za-z0-9\s])/, ([, character]) => character],
  [/^(`{1,2})(.+?)\1(?!`)/s, ([, , code]) => ({ kind: "code", text: code })],
  [/^<@!?(\d+)>/, ([, id]) => ({ kind: "member", id })],
  [/^<@&(\d+)>/, ([, id]) => ({ kind: "role", id })],
  [/^<#(\d+)>/, ([, id]) => ({ kind: "channel", id })],
  [/^<\/([\p{L}\p{N}_ -]+):\d+>/u, ([, name]) => ({ kind: "command", name })],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, ([, unix, style]) => ({ kind: "moment", unix: Number(unix), style })],
  [/^<a?(:\w+:)\d+>/, ([, name]) => name],
  [/^<(https?:\/\/[^\s<>]+)>/, ([, url]) => ({ kind: "link", url, children: [url], bare: true })],
  [/^@(everyone|here)\b/, ([whole]) => ({ kind: "everyone", text: whole })],
  [/^\[((?:\\.|[^[\]\\])+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)/, ([, text, url]) => ({ kind: "link", url, children: inline(text) })],
  [/^https?:\/\/[^\s<>]+[^\s<>.,:;"'\])]/, ([url]) => ({ kind: "link", url, children: [url], bare: true })],
  [/^\*\*((?:\\.|[^\\])+?)\*\*(?!\*)/s, ([, text]) => ({ kind: "strong", children: inline(text) })],
  [/^__((?:\\.|[^\\])+?)__(?!_)/s, ([, text]) => ({ kind: "underline", children: inline(text) })],
  [/^\*(?=\S)((?:\\.|\*\*|[^\\*])+?)\*(?!\*)/s, ([, text]) => ({ kind: "emphasis", children: inline(text) })],
  [/^_((?:\\.|__|[^\\_])+?)_(?!\w)/s, ([, text]) => ({ kind: "emphasis", children: inline(text) })],
  [/^~~((?:\\.|[^\\])+?)~~/s, ([, text]) => ({ kind: "strike", children: inline(text) })],
  [/^\|\|((?:\\.|[^\\])+?)\|\|/s, ([, text]) => ({ kind: "spoiler", children: inline(text) })],
];
const PLAIN = /^(?:[A-Za-z0-9]+(?<!https?)|[^])/;

/** Return the nodes of a text. */
export function inline(text) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const [length, node] = step(rest);
    if (typeof node === "string" && typeof nodes.at(-1) === "string") nodes[nodes.length - 1] += node;
    else nodes.push(node);
    rest = rest.slice(length);
  }
  return nodes;
}

function step(rest) {
  for (const [pattern, build] of RULES) {
    const found = pattern.exec(rest);
    if (found) return [found[0].length, build(found)];
  }
  const [plain] = PLAIN.exec(rest);
  return [plain.length, plain];
}
