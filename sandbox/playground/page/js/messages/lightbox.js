// One picture of a gallery, as large as the window allows; arrow keys turn the pages.

import { show } from "../dialog.js";
import { el, icon } from "../dom.js";
import { CROSS, LEFT, RIGHT } from "../icons.js";
import { say } from "../words.js";

/** Open picture number `at`. */
export function openLightbox(pictures, at) {
  let shown = at;
  const image = el("img", {});
  const place = el("span", { class: "place", role: "status" });
  const turn = (by) => {
    shown = (shown + by + pictures.length) % pictures.length;
    const { url, description, name } = pictures[shown];
    image.src = url;
    image.alt = description || name;
    dialog.setAttribute("aria-label", image.alt);
    place.textContent = pictures.length > 1 ? `${shown + 1} / ${pictures.length}` : "";
  };
  const button = (kind, label, path, act) => el("button", { type: "button", class: `quiet ${kind}`, "aria-label": label, on: { click: act } }, icon(path));
  const dialog = el(
    "dialog",
    { class: "lightbox" },
    button("close", say("close"), CROSS, () => dialog.close()),
    pictures.length > 1 ? button("before", say("lightbox.before"), LEFT, () => turn(-1)) : null,
    image,
    pictures.length > 1 ? button("next", say("lightbox.next"), RIGHT, () => turn(1)) : null,
    place,
  );
  dialog.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowRight") turn(1);
    if (key === "ArrowLeft") turn(-1);
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  turn(0);
  show(dialog);
}
