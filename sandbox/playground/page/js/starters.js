// Suggestions in a channel where nothing has been tried yet: commands that are already filled in.
// The only lines of the page that name commands of this bot; one that is not offered is left out.

import { el } from "./dom.js";
import { say } from "./words.js";
import { usable } from "./composer/commands.js";

const STARTERS = [
  { command: "image", words: "starter.image", about: "starter.image.about", values: { prompt: "starter.image.prompt" }, samples: [] },
  { command: "video", words: "starter.video", about: "starter.video.about", values: { prompt: "starter.video.prompt" }, samples: ["portrait.png"] },
  { command: "lipsync", words: "starter.lipsync", about: "starter.lipsync.about", values: {}, samples: ["two-people.mp4", "voice.mp3"] },
];

/** Return the element with what can be tried in the current channel, or null where nothing can. */
export function starters(state) {
  const offered = new Set(usable(state.commands(1)).map(({ name }) => name));
  const buttons = STARTERS.filter(({ command }) => offered.has(command)).map((starter) => button(starter, state));
  return buttons.length ? el("div", { class: "starters", role: "group", "aria-label": say("starter.try") }, buttons) : null;
}

/** Whether nothing has been tried yet: all messages are a bot's own. */
export function untried({ messages, more }) {
  return !more && messages.every(({ author, interaction_metadata: used }) => author.bot && !used);
}

function button({ command, words, about, values, samples }, state) {
  const filled = Object.fromEntries(Object.entries(values).map(([option, key]) => [option, say(key)]));
  return el(
    "button",
    { type: "button", class: "starter", on: { click: () => state.use({ command, values: filled, samples }) } },
    el("b", {}, say(words)),
    el("span", { class: "starter-command" }, `/${command}`),
    el("span", { class: "starter-about" }, say(about)),
  );
}
