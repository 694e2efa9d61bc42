// A failed press or choice: a message under the control.

import { el } from "../dom.js";

/** Clear the message under `control`, and return the function that shows a new one. */
export function failedUnder(control) {
  control.closest(".message")?.querySelector(".failure")?.remove();
  return (text) => (control.closest(".row") ?? control).after(el("p", { class: "problem failure", role: "alert" }, text));
}
