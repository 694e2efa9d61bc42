// Discord's timestamps: <t:unix:style>, and relative ones that update themselves.

import { el } from "./dom.js";
import { locale } from "./words.js";

const STEPS = [["second", 1], ["minute", 60], ["hour", 3600], ["day", 86_400], ["month", 2_592_000], ["year", 31_536_000]];
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const full = new Intl.DateTimeFormat(locale, STYLES.F);
const dated = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" });
const short = new Intl.DateTimeFormat(locale, STYLES.t);
const TICK_MS = 1000;

/** In the shortest unit whose rounded count does not make a longer one. */
function distance(unixS) {
  const seconds = unixS - Math.round(Date.now() / 1000);
  const rounded = ([, length]) => Math.round(Math.abs(seconds) / length);
  const at = STEPS.findIndex((step, index) => rounded(step) * step[1] < (STEPS[index + 1]?.[1] ?? Infinity));
  return relative.format(Math.sign(seconds) * rounded(STEPS[at]), STEPS[at][0]);
}

/** Return a <time> for `<t:unixS:style>`. */
export function moment(unixS, style = "f") {
  const date = new Date(unixS * 1000);
  if (Number.isNaN(date.getTime())) return el("span", {}, "Invalid date");
  const time = el("time", { class: "moment", dateTime: date.toISOString(), title: full.format(date) });
  if (style === "R") time.dataset.relative = unixS;
  time.textContent = style === "R" ? distance(unixS) : new Intl.DateTimeFormat(locale, STYLES[style]).format(date);
  return time;
}

/** Return when something was written: the time of day, with the date unless that is today. */
export function written(timestamp) {
  const date = new Date(timestamp);
  const today = date.toDateString() === new Date().toDateString();
  return el("time", { dateTime: timestamp, title: full.format(date) }, (today ? short : dated).format(date));
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const text = distance(Number(time.dataset.relative));
    if (time.textContent !== text) time.textContent = text;
  }
}, TICK_MS);
