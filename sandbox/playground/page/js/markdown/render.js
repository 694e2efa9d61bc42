// Turns parsed markdown into elements.

import { usable } from "../composer/commands.js";
import { el, linkable } from "../dom.js";
import { moment } from "../moments.js";
import { say } from "../words.js";
import { blocks } from "./blocks.js";
import { inline } from "./inline.js";

const JUMP = /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?\/?$/;

/** Return the elements of a text with every mark Discord knows. */
export function markdown(text, state) {
  return blocks(text).map((block) => BLOCKS[block.kind](block, state));
}

/** Return the nodes of a text where only inline marks count, as in titles and labels. */
export function marked(text, state) {
  return render(inline(text), state);
}

/** Return a text without its marks, for where no element may stand. */
export function plain(text, state) {
  return render(inline(text), state).map((node) => node.textContent ?? node).join("");
}

const render = (nodes, state) => nodes.map((node) => (typeof node === "string" ? node : INLINE[node.kind](node, state)));

const BLOCKS = {
  text: ({ text }, state) => el("p", {}, marked(text, state)),
  heading: ({ level, children }, state) => el("p", { class: `heading heading-${level}` }, render(children, state)),
  subtext: ({ children }, state) => el("p", { class: "subtext" }, render(children, state)),
  codeblock: ({ text }) => el("pre", { tabIndex: 0 }, el("code", {}, text)),
  quote: (quote, state) => el("blockquote", {}, quote.blocks.map((block) => BLOCKS[block.kind](block, state))),
  list: ({ ordered, start, items }, state) => {
    const list = el(ordered ? "ol" : "ul", ordered ? { start } : {});
    list.append(...items.map(({ depth, children }) => el("li", { class: depth ? "deeper" : "" }, render(children, state))));
    return list;
  },
};

const INLINE = {
  code: ({ text }) => el("code", {}, text),
  strong: ({ children }, state) => el("strong", {}, render(children, state)),
  emphasis: ({ children }, state) => el("em", {}, render(children, state)),
  underline: ({ children }, state) => el("u", {}, render(children, state)),
  strike: ({ children }, state) => el("s", {}, render(children, state)),
  spoiler: ({ children }, state) => spoiler(render(children, state)),
  moment: ({ unix, style }) => moment(unix, style),
  member: ({ id }, state) => mention(`@${state.members.get(id)?.name ?? id}`, id === state.me),
  role: ({ id }, state) => mention(`@${state.roles.get(id)?.name ?? id}`, state.roles.get(id)?.members.includes(state.me)),
  everyone: ({ text }) => mention(text),
  command: ({ name }, state) => command(name, state),
  channel: ({ id }, state) => mention(`#${state.channels.find((channel) => channel.id === id)?.name ?? id}`),
  link: ({ url, children, bare }, state) => link(url, bare && jump(url, state) ? [jumpName(url, state)] : render(children, state), state),
};

function mention(text, me = false) {
  return el("span", { class: me ? "mention me" : "mention" }, text);
}

/** A command that is mentioned opens its form; it is called as the reader's language calls it. */
function command(name, state) {
  const shown = usable(state.commands(1)).find((one) => one.name === name)?.shown ?? name;
  return el("button", { type: "button", class: "mention command-mention", on: { click: () => state.use({ command: name }) } }, `/${shown}`);
}

/** Where a link to a message leads inside this page, or null. */
function jump(url, { channels }) {
  const [, channel, message] = JUMP.exec(url) ?? [];
  return channels.some(({ id }) => id === channel) ? { channel, message: message ?? null } : null;
}

function jumpName(url, state) {
  const { channel, message } = jump(url, state);
  const { name, kind } = state.channels.find(({ id }) => id === channel);
  return `${kind === "dm" ? "@" : "#"}${name}${message ? ` › ${say("message.one")}` : ""}`;
}

/** Return a link that opens beside the page, or inside it, or its text where the address is none. */
export function link(url, children, state) {
  const href = linkable(url);
  if (!href) return el("span", {}, children);
  const target = jump(url, state);
  if (target) return el("a", { href, class: "mention", on: { click: (event) => (event.preventDefault(), state.jump(target)) } }, children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", title: href }, children);
}

function spoiler(children) {
  const hidden = el("button", { type: "button", class: "spoiler", "aria-label": say("message.spoiler") }, el("span", {}, children));
  hidden.addEventListener("click", () => hidden.replaceWith(el("span", { class: "spoiler shown" }, children)));
  return hidden;
}
