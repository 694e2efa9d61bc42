// What came of a press or a choice when nothing came of it: words under the control.

import { el } from "../dom.js";

/** Forget what was said under `control` before, and return what says something there now. */
export function failedUnder(control) {
  control.closest(".message")?.querySelector(".failure")?.remove();
  return (text) => (control.closest(".row") ?? control).after(el("p", { class: "problem failure", role: "alert" }, text));
}
