// An embed: title, text, fields, pictures and footer behind a coloured edge.

import { el, isOwn } from "../dom.js";
import { link, markdown, marked } from "../markdown/render.js";
import { written } from "../moments.js";
import { gallery } from "./attachments.js";

/** Return the element of one embed. */
export function embed(data, state) {
  const box = el("article", { class: "embed" });
  if (data.color) box.style.setProperty("--edge", `#${data.color.toString(16).padStart(6, "0")}`);
  const { author, title, description, fields, image, thumbnail, footer, timestamp } = data;
  if (author?.name) box.append(el("div", { class: "embed-author" }, author.url ? link(author.url, [author.name], state) : author.name));
  if (title) box.append(el("div", { class: "embed-title" }, data.url ? link(data.url, marked(title, state), state) : marked(title, state)));
  if (description) box.append(el("div", { class: "embed-text" }, markdown(description, state)));
  if (fields?.length) box.append(el("dl", { class: "embed-fields" }, fields.map((field) => fieldOf(field, state))));
  if (thumbnail && isOwn(thumbnail.url)) box.append(el("img", { class: "embed-thumbnail", src: thumbnail.url, alt: "" }));
  if (image) box.append(picture(image, title, state));
  if (footer?.text || timestamp) {
    box.append(el("footer", {}, footer?.text, footer?.text && timestamp ? " · " : null, timestamp ? written(timestamp) : null));
  }
  return box;
}

function fieldOf({ name, value, inline }, state) {
  return el("div", { class: inline ? "inline" : "" }, el("dt", {}, marked(name, state)), el("dd", {}, markdown(value, state)));
}

/** A picture from elsewhere is a link: the page loads nothing that is not its own. */
function picture(image, title, state) {
  if (!isOwn(image.url)) return link(image.url, [image.url], state);
  return gallery([{ ...image, name: title || "" }]);
}
