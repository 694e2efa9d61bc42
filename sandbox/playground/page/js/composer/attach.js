// The "+" beside the box: a file of the reader's own, or one of the samples.

import { el, icon } from "../dom.js";
import { PLUS } from "../icons.js";
import { openMenu } from "../menu.js";
import { SAMPLES } from "../samples.js";
import { say } from "../words.js";

/** Return the elements of the button; `take(files)` and `takeSample(name)` hear what was chosen. */
export function attachButton({ take, takeSample }) {
  const choose = el("input", { type: "file", multiple: true, class: "unseen", tabIndex: -1, "aria-hidden": "true" });
  choose.addEventListener("change", () => {
    take([...choose.files]);
    choose.value = "";
  });
  const groups = [
    { items: [{ label: say("attach.own"), act: () => choose.click() }] },
    { title: say("attach.samples"), items: SAMPLES.map(({ name, words }) => ({ label: say(words), act: () => takeSample(name) })) },
  ];
  const open = () => openMenu({ anchor: button, label: say("composer.attach"), side: "above", groups });
  const button = el("button", { type: "button", class: "quiet attach", "aria-label": say("composer.attach"), "aria-haspopup": "menu", "aria-expanded": "false", on: { click: open } }, icon(PLUS));
  return [button, choose];
}
