// The checks of Discord's client before it sends an option: the same limits, in words.

import { say } from "../words.js";

export const STRING = 3;
export const INTEGER = 4;
export const BOOLEAN = 5;
export const USER = 6;
export const CHANNEL = 7;
export const ROLE = 8;
export const MENTIONABLE = 9;
export const NUMBER = 10;
export const ATTACHMENT = 11;
const STRING_MAX = 6000;

/** Return {value} for the typed text, {problem} if it is invalid, {} if it is empty. */
export function checked(option, typed) {
  const text = typed.trim();
  if (!text) return option.required ? { problem: say("rule.required") } : {};
  if (option.type === STRING) return ofLength(option, text);
  const number = Number(text.replace(",", "."));
  if (option.type === INTEGER && !Number.isSafeInteger(number)) return { problem: say("rule.integer") };
  if (!Number.isFinite(number)) return { problem: say("rule.number") };
  const { min_value: low, max_value: high } = option;
  if (low !== undefined && number < low) return { problem: say("rule.low", { low }) };
  if (high !== undefined && number > high) return { problem: say("rule.high", { high }) };
  return { value: number };
}

/** Return a short word about what an option takes, or "". */
export function limits({ type, min_value: low, max_value: high }) {
  if (type !== INTEGER && type !== NUMBER) return "";
  if (low !== undefined && high !== undefined) return say("rule.range", { low, high });
  if (low !== undefined) return say("rule.low", { low });
  return high === undefined ? "" : say("rule.high", { high });
}

function ofLength({ min_length: low = 0, max_length: high = STRING_MAX }, text) {
  const { length } = [...text];
  if (length < low) return { problem: say("rule.short", { low }) };
  if (length > high) return { problem: say("rule.long", { high }) };
  return { value: text };
}
