// A message's files: pictures in a gallery, playing clips and sounds, everything else as a card.

import { el, icon, isOwn } from "../dom.js";
import { bytes } from "../files.js";
import { FILE } from "../icons.js";
import { say } from "../words.js";
import { openLightbox } from "./lightbox.js";

/** Discord's flag of an attachment that is a spoiler. */
const IS_SPOILER = 1 << 3;
const PICTURE_MAX_PX = { width: 520, height: 350 };

/** Return the elements that show `files`. */
export function attachments(files) {
  const pictures = files.filter((file) => isKind(file, "image"));
  const shown = files.filter((file) => !isKind(file, "image")).map((file) => covered(file, single(file)));
  return pictures.length ? [gallery(pictures.map(pictureOf)), ...shown] : shown;
}

/** Return a gallery of `pictures` ({url, name, description, width, height}); no arrow leads to a covered one. */
export function gallery(pictures) {
  const box = el("div", { class: `gallery of-${Math.min(pictures.length, 10)}` });
  const open = (picture) => {
    const seen = pictures.filter((_, at) => !tiles[at].inert);
    openLightbox(seen, seen.indexOf(picture));
  };
  const tiles = pictures.map((picture) => tile(picture, () => open(picture)));
  box.append(...pictures.map((picture, at) => covered(picture, tiles[at])));
  return box;
}

/** Cover a file that is a spoiler until it is activated; until then nothing in it is reached. */
function covered({ flags }, shown) {
  if (!(flags & IS_SPOILER)) return shown;
  const cover = el("button", { type: "button", class: "cover", "aria-label": say("message.spoiler") }, el("span", {}, say("message.spoiler.mark")));
  const box = el("div", { class: "covered" }, shown, cover);
  shown.inert = true;
  cover.addEventListener("click", () => {
    shown.inert = false;
    box.replaceWith(shown);
    (shown.matches("button") ? shown : shown.querySelector("video, audio, a"))?.focus();
  });
  return box;
}

/** Return a playing clip. */
export function video(file) {
  const clip = el("video", { src: file.url, controls: true, preload: "auto", playsInline: true, loop: true });
  clip.setAttribute("aria-label", file.description || say("media.video", { name: file.filename ?? "" }));
  reserve(clip, file);
  return el("div", { class: "clip" }, clip);
}

function tile(picture, open) {
  const image = el("img", { src: picture.url, alt: picture.description || picture.name, loading: "lazy", decoding: "async" });
  reserve(image, picture);
  return el("button", { type: "button", class: "tile", "aria-label": say("media.open", { name: picture.description || picture.name }), on: { click: open } }, image);
}

/** Reserve the room of an image before it has loaded, so that nothing jumps. */
function reserve(element, { width, height }) {
  if (!width || !height) return;
  const scale = Math.min(1, PICTURE_MAX_PX.width / width, PICTURE_MAX_PX.height / height);
  element.width = Math.round(width * scale);
  element.height = Math.round(height * scale);
  element.style.setProperty("aspect-ratio", `${width} / ${height}`);
}

function single(file) {
  if (isKind(file, "video")) return video(file);
  if (isKind(file, "audio")) return sound(file);
  return card(file);
}

function sound(file) {
  const player = el("audio", { src: file.url, controls: true, preload: "metadata" });
  player.setAttribute("aria-label", file.description || say("media.sound", { name: file.filename }));
  return el("figure", { class: "sound" }, el("figcaption", {}, nameOf(file)), player);
}

function card(file) {
  return el("div", { class: "file-card" }, icon(FILE), el("div", {}, nameOf(file), el("span", { class: "size" }, bytes(file.size))));
}

function nameOf(file) {
  return el("a", { href: file.url, download: file.filename, "aria-label": say("media.download", { name: file.filename }) }, file.filename);
}

const isKind = (file, kind) => isOwn(file.url) && (file.content_type ?? "").startsWith(`${kind}/`);

const pictureOf = ({ url, filename, description, width, height, flags }) => ({ url, name: filename, description, width, height, flags });
