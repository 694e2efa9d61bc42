// A message's components, each kind drawn by one function; unknown kinds are shown as JSON.

import { el, isOwn } from "../dom.js";
import { link, markdown } from "../markdown/render.js";
import { say } from "../words.js";
import { attachments, gallery, video } from "./attachments.js";
import { failedUnder } from "./failure.js";
import { select } from "./select.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

/**
 * Return the elements of `components`. `context` has `state`, the `message`, and `act(what, fields)`,
 * which asks the server in the member's name.
 */
export function components(list, context) {
  return list.map((component) => (KINDS[component.type] ?? unknown)(component, context));
}

const KINDS = {
  1: (row, context) => el("div", { class: "row" }, components(row.components, context)),
  2: button,
  3: select,
  5: select,
  6: select,
  7: select,
  8: select,
  9: (section, context) => el("div", { class: "section" }, el("div", {}, components(section.components, context)), components([section.accessory], context)),
  10: (text, { state }) => el("div", { class: "text" }, markdown(text.content, state)),
  11: ({ media, description }, { state }) => (isOwn(media.url) ? el("img", { class: "thumbnail", src: media.url, alt: description ?? "" }) : link(media.url, [media.url], state)),
  12: mediaGallery,
  13: ({ file }, { message }) => el("div", {}, attachments(message.attachments.filter(({ id }) => id === file.attachment_id))),
  14: ({ divider = true, spacing = 1 }) => el("hr", { class: `separator spacing-${spacing}${divider ? "" : " bare"}` }),
  17: (container, context) => {
    const box = el("div", { class: "container" }, components(container.components, context));
    if (container.accent_color) box.style.setProperty("--edge", `#${container.accent_color.toString(16).padStart(6, "0")}`);
    return box;
  },
};

function button(data, { act, message, state }) {
  const label = [data.emoji?.name && el("span", { "aria-hidden": "true" }, `${data.emoji.name} `), data.label];
  if (data.style === 5) {
    const shown = link(data.url, label, state);
    shown.classList.add("button", "link");
    return shown;
  }
  const shown = el("button", { type: "button", class: `button ${BUTTON_STYLES[data.style] ?? "secondary"}`, disabled: Boolean(data.disabled), "data-key": data.custom_id }, label);
  if (!data.label && data.emoji) shown.setAttribute("aria-label", data.emoji.name);
  shown.addEventListener("click", async () => {
    if (shown.classList.contains("busy")) return;
    shown.classList.add("busy");
    await act("click", { message: message.id, custom_id: data.custom_id }, failedUnder(shown));
    shown.classList.remove("busy");
  });
  return shown;
}

function mediaGallery({ items }, { state }) {
  const own = items.filter(({ media }) => isOwn(media.url));
  const clips = own.filter(({ media }) => media.content_type?.startsWith("video/"));
  const pictures = own.filter((item) => !clips.includes(item));
  const elsewhere = items.filter((item) => !own.includes(item));
  return el(
    "div",
    { class: "media" },
    pictures.length ? gallery(pictures.map(({ media, description }) => ({ ...media, description, name: description ?? "" }))) : null,
    clips.map(({ media, description }) => video({ ...media, description })),
    elsewhere.map(({ media }) => link(media.url, [media.url], state)),
  );
}

/** Return a component that the page does not know, as the JSON that it is. */
export function unknown(component) {
  const title = say("message.component", { type: component.type });
  return el("details", { class: "unknown", open: true }, el("summary", {}, title), el("pre", { tabIndex: 0 }, JSON.stringify(component, null, 2)));
}
