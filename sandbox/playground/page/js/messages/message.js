// One message: who wrote it, what it answers, and everything in it.

import { el, icon } from "../dom.js";
import { EYE } from "../icons.js";
import { markdown, plain } from "../markdown/render.js";
import { written } from "../moments.js";
import { say } from "../words.js";
import { attachments } from "./attachments.js";
import { components } from "./components.js";
import { embed } from "./embed.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const LAID_OUT = 1 << 15; // its components show its files
const GROUP_MS = 7 * 60_000;
const PREVIEW_CHARACTERS = 120;

/** Whether `message` continues what `before` said: same author, close in time, answering nothing. */
export function continues(message, before) {
  if (!before || before.author.id !== message.author.id) return false;
  if (message.message_reference || message.interaction_metadata || (message.flags ^ before.flags) & EPHEMERAL) return false;
  return Date.parse(message.timestamp) - Date.parse(before.timestamp) < GROUP_MS;
}

/** Return the element of a message; `act(what, fields)` asks the server in the member's name. */
export function messageElement(message, before, { state, act }) {
  const grouped = continues(message, before);
  const article = el("li", { class: "message", tabIndex: -1 });
  article.dataset.id = message.id;
  article.classList.toggle("grouped", grouped);
  article.classList.toggle("ephemeral", Boolean(message.flags & EPHEMERAL));
  article.classList.toggle("pinged", isPinged(message, state));
  const body = el("div", { class: "body" }, content(message, { state, act, message }));
  if (message.flags & EPHEMERAL) body.append(onlyYou(message, state));
  const head = grouped ? null : [...origin(message, state), avatar(message.author), header(message)];
  article.append(...(head ?? [el("span", { class: "when" }, written(message.timestamp))]), body);
  return article;
}

function isPinged({ mention_everyone: everyone, mentions, mention_roles: roles }, { me, roles: known }) {
  return everyone || mentions.some(({ id }) => id === me) || roles.some((role) => known.get(role)?.members.includes(me));
}

function onlyYou(message, state) {
  const dismiss = el("button", { type: "button", class: "link-like", on: { click: () => state.dismiss(message) } }, say("message.dismiss"));
  return el("p", { class: "only-you" }, icon(EYE), say("message.ephemeral"), el("span", { "aria-hidden": "true" }, "·"), dismiss);
}

function content(message, context) {
  const { state } = context;
  if (message.flags & LOADING) {
    return [el("p", { class: "thinking" }, el("span", { class: "dots", "aria-hidden": "true" }), say("message.thinking", { name: message.author.username }))];
  }
  return [
    message.problem ? el("p", { class: "problem", role: "alert" }, message.problem) : null,
    message.content ? el("div", { class: "text" }, markdown(message.content, state), edited(message)) : null,
    ...message.embeds.map((data) => embed(data, state)),
    ...(message.flags & LAID_OUT ? [] : attachments(message.attachments)),
    ...components(message.components, context),
  ];
}

function edited(message) {
  if (!message.edited_timestamp || message.webhook_id) return null;
  return el("span", { class: "edited" }, ` (${say("message.edited")})`);
}

function header({ author, timestamp }) {
  return el(
    "h3",
    { class: "head" },
    el("span", { class: `author hue-${hue(author)}`, "data-member": author.id }, author.username),
    author.bot ? el("span", { class: "badge" }, say("message.app")) : null,
    written(timestamp),
  );
}

/** Return the circle with a name's first letter. */
export function avatar({ id, username, bot }) {
  return el("span", { class: `avatar hue-${hue({ username, bot })}`, "aria-hidden": "true", "data-member": id }, username[0].toUpperCase());
}

/** A name always has the same of five colours; the bot has the house colour. */
const hue = ({ username, bot }) => (bot ? 0 : 1 + ([...username].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 5));

function origin(message, state) {
  const { interaction_metadata: used, referenced_message: answered } = message;
  if (answered) return [reference(answered, state)];
  if (message.message_reference) return [el("p", { class: "origin gone" }, say("message.gone"))];
  if (used?.name) return [command(used, state)];
  return [];
}

/** Names of menu commands have no slash. */
function command({ user, name }, state) {
  const slash = state.commands(1).some((known) => known.name === name.split(" ")[0]) ? "/" : "";
  const [before, between, after] = say("message.used", { member: "\0", command: "\0" }).split("\0");
  return el("p", { class: "origin" }, before, el("b", {}, user.username), between, el("span", { class: "mention" }, `${slash}${name}`), after);
}

function reference(message, state) {
  const text = message.content || message.embeds[0]?.title || message.embeds[0]?.description || say("message.attachment");
  const shown = el("button", { type: "button", class: "origin", "aria-label": say("message.reply", { name: message.author.username }) });
  shown.append(el("b", { class: `hue-${hue(message.author)}` }, message.author.username), el("span", { class: "preview" }, plain(text.split("\n")[0].slice(0, PREVIEW_CHARACTERS), state)));
  shown.addEventListener("click", () => state.jump({ channel: message.channel_id, message: message.id }));
  return shown;
}
