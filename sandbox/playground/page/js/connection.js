// The one websocket: requests with answers, and events.

import { say, sayRefusal } from "./words.js";

const RETRY_MS = [250, 500, 1000, 2000];

/** A request that the server refused; the message is for the reader. */
export class Refused extends Error {}

/**
 * Keeps a websocket open. Events: `open` each time it is there, `lost` when it went,
 * `frame` (detail: the frame) for every other frame.
 */
export class Connection extends EventTarget {
  #socket = null;
  #waiting = new Map();
  #latest = 0;
  #failures = 0;

  open() {
    const url = new URL("playground/socket", location.href);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.dispatchEvent(new Event("open"));
    });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)));
    socket.addEventListener("close", () => this.#lost());
  }

  /** Ask the server to do something; resolves to its answer, rejects with Refused. */
  ask(what, fields = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Refused(say("connection.lost")));
    const id = ++this.#latest;
    this.#socket.send(JSON.stringify({ id, do: what, ...fields }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Send a file; resolves to the key that stands for it in a request. */
  async upload(file) {
    const response = await fetch(`playground/uploads?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": file.type || "application/octet-stream" },
      body: file,
    }).catch(() => null);
    if (!response) throw new Refused(say("connection.lost"));
    if (!response.ok) throw new Refused(say("upload.failed", { name: file.name, status: response.status }));
    return (await response.json()).upload;
  }

  #receive(frame) {
    if (frame.type !== "answer") {
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
      return;
    }
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if ("refused" in frame) waiting?.reject(new Refused(sayRefusal(frame)));
    else waiting?.resolve(frame.ok);
  }

  #lost() {
    for (const { reject } of this.#waiting.values()) reject(new Refused(say("connection.lost")));
    this.#waiting.clear();
    this.dispatchEvent(new Event("lost"));
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    setTimeout(() => this.open(), wait);
  }
}
