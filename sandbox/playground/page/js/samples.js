// Files to try commands with, made by the server; each is called by what it shows.

import { Refused } from "./connection.js";
import { say } from "./words.js";

/** The names under which the server has them, and their words. */
export const SAMPLES = [
  { name: "portrait.png", words: "sample.portrait" },
  { name: "two-people.mp4", words: "sample.people" },
  { name: "voice.mp3", words: "sample.voice" },
];

/** Fetch a sample as a file that could have been chosen; rejects with Refused. */
export async function sample(name) {
  const response = await fetch(`playground/samples/${name}`).catch(() => null);
  if (!response?.ok) throw new Refused(say("connection.lost"));
  const data = await response.blob();
  return new File([data], name, { type: data.type });
}
