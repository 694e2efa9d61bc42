// Assembles the page: one connection, one state, and the parts that draw it.

import { Composer } from "./composer/composer.js";
import { Connection, Refused } from "./connection.js";
import { el } from "./dom.js";
import { Header } from "./header.js";
import { MessageList } from "./messages/list.js";
import { openModal } from "./modal/modal.js";
import { notice, showOutage } from "./notices.js";
import { Sidebar } from "./sidebar.js";
import { State } from "./state.js";
import { Workbench } from "./workbench/drawer.js";
import { locale, say } from "./words.js";

const KEPT = "playground.member";
const touched = matchMedia("(pointer: coarse)"); // there the focus would open a keyboard
const state = new State();
const connection = new Connection();
const ask = (what, fields) => connection.ask(what, fields);
const upload = (file) => connection.upload(file);
const box = (id) => document.getElementById(id);

/** Act for the member; true: it was done. `tell` receives the text of a refusal. */
async function act(what, fields, tell = notice) {
  try {
    const { form, modal } = await ask(what, fields);
    if (modal) openModal(modal, { state, upload }, (values) => ask("submit", { form, values }));
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tell(error.message);
    return false;
  }
}

async function look(member) {
  if (member) localStorage.setItem(KEPT, member);
  state.replace(await ask("view", { member: member ?? localStorage.getItem(KEPT), locale }));
}

/** Show or hide the channels where they are out of sight; the focus goes along. */
function toggleSidebar(open) {
  const shown = box("app").classList.toggle("sidebar-open", open);
  header.menu.setAttribute("aria-expanded", String(shown));
  if (shown) box("sidebar").querySelector("[aria-current]")?.focus();
}

new Sidebar(box("sidebar"), { state, become: look });
const header = new Header(box("header"), { state, toggleSidebar: () => toggleSidebar() });
const composer = new Composer(box("composer"), { state, ask, act, upload });
new MessageList(box("messages"), { state, ask, act, reply: (message) => composer.answer(message), mention: (id) => composer.mention(id) });
const workbench = new Workbench(box("workbench"), { state, ask, act });
header.tools.append(workbench.opener);

document.body.prepend(el("header", {}, el("a", { href: "#message-box", class: "skip", on: { click: (event) => (event.preventDefault(), composer.focus()) } }, say("skip"))));

state.addEventListener("channel", () => {
  toggleSidebar(false);
  if (!touched.matches) composer.focus();
});
box("channel").addEventListener("pointerdown", ({ target }) => header.menu.contains(target) || toggleSidebar(false), true);
box("sidebar").addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !box("app").classList.contains("sidebar-open")) return;
  toggleSidebar(false);
  header.menu.focus();
});
connection.addEventListener("open", async () => {
  const first = !state.me;
  showOutage(false);
  await look();
  workbench.resume();
  if (first) composer.focus();
});
connection.addEventListener("lost", () => showOutage(true));
connection.addEventListener("frame", ({ detail }) => {
  if (!state.apply(detail)) look();
});
connection.open();
