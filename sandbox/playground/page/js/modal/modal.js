// A form that the bot opened: a dialog with its fields, which goes back to the bot as a whole.

import { show } from "../dialog.js";
import { el, freshId } from "../dom.js";
import { markdown } from "../markdown/render.js";
import { unknown } from "../messages/components.js";
import { say } from "../words.js";
import { fieldOf } from "./fields.js";

const ROW = 1;
const TEXT = 10;
const LABEL = 18;

/**
 * Open `modal` (Discord's own shape). `context` has `state` and `upload(file)`; `submit(values)`
 * sends what was filled in, by custom id, and rejects with words where it is refused.
 */
export function openModal(modal, context, submit) {
  const title = el("h2", { id: freshId("modal") }, modal.title);
  const fields = [];
  const parts = modal.components.flatMap((part) => drawn(part, fields, context));
  const problem = el("p", { class: "problem", role: "alert" });
  const send = el("button", { type: "submit", class: "button primary" }, say("modal.submit"));
  const form = el(
    "form",
    { noValidate: true, on: { submit: (event) => (event.preventDefault(), finish()) } },
    el("div", { class: "modal-body" }, title, el("p", { class: "modal-warning" }, say("modal.warning", { name: context.state.members.get(context.state.bot)?.name ?? "" })), parts),
    el("footer", {}, problem, el("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, say("modal.cancel")), send),
  );
  const dialog = el("dialog", { class: "modal", "aria-labelledby": title.id }, form);

  async function finish() {
    if (send.disabled) return;
    const wrong = fields.filter((field) => !field.check());
    problem.textContent = wrong.length ? say("modal.wrong") : "";
    if (wrong.length) return wrong[0].focus();
    send.disabled = true;
    try {
      const filled = await Promise.all(fields.map(async (field) => [field.customId, await field.value()]));
      await submit(Object.fromEntries(filled));
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      send.disabled = false;
    }
    return undefined;
  }

  show(dialog);
  (fields[0] ?? send).focus();
}

/** Return the elements of one component of a form, and note its field. */
function drawn(part, fields, context) {
  if (part.type === TEXT) return [el("div", { class: "text" }, markdown(part.content, context.state))];
  if (part.type === ROW) return part.components.map((inner) => labelled(inner, inner, fields, context));
  if (part.type === LABEL) return [labelled(part, part.component, fields, context)];
  return [unknown(part)];
}

function labelled({ label, description }, component, fields, context) {
  const field = fieldOf(component, { label, description }, context);
  if (!field) return unknown(component);
  fields.push(field);
  return field.element;
}
