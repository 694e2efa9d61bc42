// The blocks of Discord's markdown: code, quotes, headings, lists, and lines of text.

import { inline } from "./inline.js";

const FENCE = /```(?:([\w+-]+)\n)?\n?([^]*?)\n?```/g;
const HEADING = /^(#{1,3}) +(.+)$/;
const SUBTEXT = /^-# +(.+)$/;
const ITEM = /^( *)(?:[-*]|(\d+)\.) +(.+)$/;
const QUOTE = /^> (.*)$/;
const QUOTE_TO_END = ">>> ";

/** Return the blocks of a text; a paragraph keeps its marks, which go across its lines. */
export function blocks(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(FENCE)) {
    found.push(...lines(text.slice(from, match.index).replace(/\n$/, "")));
    found.push({ kind: "codeblock", text: match[2] });
    from = match.index + match[0].length;
  }
  return [...found, ...lines(text.slice(from).replace(from ? /^\n/ : /^$/, ""))];
}

function lines(text) {
  const found = [];
  const all = text ? text.split("\n") : [];
  for (let at = 0; at < all.length; at += 1) {
    if (all[at].startsWith(QUOTE_TO_END)) {
      return [...found, { kind: "quote", blocks: lines(all.slice(at).join("\n").slice(QUOTE_TO_END.length)) }];
    }
    add(found, all[at]);
  }
  return found;
}

function add(found, line) {
  const last = found.at(-1);
  const quote = QUOTE.exec(line);
  const item = ITEM.exec(line);
  const heading = HEADING.exec(line);
  const subtext = SUBTEXT.exec(line);
  if (quote) {
    if (last?.kind !== "quote") found.push({ kind: "quote", blocks: [] });
    add(found.at(-1).blocks, quote[1]);
  } else if (heading) {
    found.push({ kind: "heading", level: heading[1].length, children: inline(heading[2]) });
  } else if (subtext) {
    found.push({ kind: "subtext", children: inline(subtext[1]) });
  } else if (item) {
    const ordered = item[2] !== undefined;
    if (last?.kind !== "list" || last.ordered !== ordered) {
      found.push({ kind: "list", ordered, start: Number(item[2] ?? 1), items: [] });
    }
    found.at(-1).items.push({ depth: Math.floor(item[1].length / 2), children: inline(item[3]) });
  } else if (last?.kind === "text") {
    last.text += `\n${line}`;
  } else {
    found.push({ kind: "text", text: line });
  }
}
