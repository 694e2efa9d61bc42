// Files on their way in: dropped or pasted anywhere, and refused where Discord's client refuses them.

import { notice } from "./notices.js";
import { say } from "./words.js";

const DROPPING = "dropping";

/** Give the files that are dropped or pasted onto `element` to `take`. */
export function takesFiles(element, take) {
  const over = (is) => element.classList.toggle(DROPPING, is);
  element.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  element.addEventListener("dragleave", ({ relatedTarget }) => element.contains(relatedTarget) || over(false));
  element.addEventListener("drop", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(false);
    take([...event.dataTransfer.files]);
  });
}

/** Return the files that the channel accepts, and report those that are too large. */
export function smallEnough(files, { channel }) {
  const fits = ({ size }) => size <= channel.upload_limit;
  for (const { name } of files.filter((file) => !fits(file))) notice(say("files.large", { name, limit: bytes(channel.upload_limit) }));
  return files.filter(fits);
}

/** Return a size in the unit that reads best. */
export function bytes(size) {
  const units = ["B", "KB", "MB", "GB"];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, size)) / 10));
  return `${Number((size / 1024 ** unit).toFixed(2))} ${units[unit]}`;
}
