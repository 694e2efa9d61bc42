// The page's own words, in the reader's language.

import { en } from "./words/en.js";
import { refusals } from "./words/refusals-zh.js";
import { zh } from "./words/zh.js";

const KEPT = "playground.language";
const LANGUAGES = { "en-US": en, "zh-CN": zh };
const REFUSALS = { "zh-CN": refusals };

function preferred() {
  const kept = localStorage.getItem(KEPT);
  if (kept in LANGUAGES) return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en-US";
}

/** The Discord locale that the page and its members speak. */
export const locale = preferred();
document.documentElement.lang = locale.startsWith("zh") ? "zh-CN" : "en";

/** Return a phrase with its facts put in. */
export function say(key, facts = {}) {
  return filled(LANGUAGES[locale][key] ?? en[key], facts);
}

/** Return what the server refused, in the reader's language where there are words for its reason. */
export function sayRefusal({ refused, reason, facts }) {
  const phrase = REFUSALS[locale]?.[reason];
  return phrase ? filled(phrase, facts) : refused;
}

const filled = (phrase, facts) => phrase.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

/** Return the name or description of a command, option or choice in the reader's language. */
export function localized(thing, field) {
  return thing[`${field}_localizations`]?.[locale] ?? thing[field];
}

/** Read the page in the other language from now on. */
export function switchLanguage() {
  localStorage.setItem(KEPT, locale === "zh-CN" ? "en-US" : "zh-CN");
  location.reload();
}
