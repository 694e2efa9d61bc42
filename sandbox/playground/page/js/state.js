// The page's data, with an event for every change.

const EPHEMERAL = 1 << 6;
const EPOCH_MS = 1_420_070_400_000n; // from which Discord counts the time in its ids
let told = 0n;

/**
 * Events: `view` (everything is new), `channel` (another channel is looked at), `message`
 * (detail: {event, message}), `presence`, `commands`, `channels`, `unread`, `jump`
 * (detail: {channel, message}: a message to show), `use` (detail: {command, values, samples}:
 * a command to fill in).
 */
export class State extends EventTarget {
  me = null;
  bot = null;
  server = "";
  members = new Map();
  roles = new Map();
  channels = [];
  current = null;
  presence = { connected: false };
  unread = new Set();
  #commands = {};
  #rooms = new Map();

  /** Replace everything by the view of one member. */
  replace(view) {
    this.me = view.me;
    this.bot = view.bot;
    this.server = view.server;
    this.members = new Map(view.members.map((member) => [member.id, member]));
    this.roles = new Map(view.roles.map((role) => [role.id, role]));
    this.channels = view.channels;
    this.presence = view.presence;
    this.#commands = view.commands;
    this.#rooms = new Map(Object.entries(view.messages));
    if (!this.#rooms.has(this.current)) this.current = view.channels[0]?.id ?? null;
    this.#tell("view");
  }

  /** Process an event; false: the page must reload its view. */
  apply(frame) {
    if (frame.type === "message") return this.#message(frame);
    if (frame.type === "presence") this.presence = frame.presence;
    if (frame.type === "commands") this.#commands = frame.commands;
    if (frame.type === "channels") this.#setChannels(frame.channels);
    this.#tell(frame.type, frame);
    return true;
  }

  /** Look at another channel. */
  go(channel) {
    this.current = channel;
    this.unread.delete(channel);
    this.#tell("channel");
  }

  /** Lead the reader to a message (null: to the channel's end). */
  jump(target) {
    this.#tell("jump", target);
  }

  /** Lead the reader to a command's form, with values by option and sample files in it. */
  use(wanted) {
    this.#tell("use", wanted);
  }

  /** Show under the member's command, as Discord's client does, that it came to nothing. */
  fail({ channel, command, text }) {
    told += 1n;
    const [bot, me] = [this.members.get(this.bot), this.members.get(this.me)];
    const message = {
      id: String(((BigInt(Date.now()) - EPOCH_MS) << 22n) + told),
      channel_id: channel,
      author: { id: this.bot, username: bot?.name ?? "?", bot: true },
      interaction_metadata: { name: command, user: { id: this.me, username: me?.name ?? "" } },
      timestamp: new Date().toISOString(),
      flags: EPHEMERAL,
      content: "",
      problem: text,
      embeds: [],
      attachments: [],
      components: [],
      mentions: [],
      mention_roles: [],
    };
    this.#message({ event: "create", message });
  }

  /** Remove a message from this page; the bot is not told. */
  dismiss(message) {
    this.#message({ event: "delete", message });
  }

  get channel() {
    return this.channels.find(({ id }) => id === this.current);
  }

  get room() {
    return this.#rooms.get(this.current) ?? { messages: [], more: false };
  }

  /** The commands offered in the current channel, of one kind (1: slash, 2: member menu, 3: message menu). */
  commands(kind) {
    return (this.#commands[this.current] ?? []).filter((command) => command.type === kind);
  }

  /** Put older messages in front. */
  prepend({ messages, more }) {
    this.room.messages.unshift(...messages);
    this.room.more = more;
  }

  /** Forget all but the newest messages of the current channel; they can be asked for again. */
  forgetOlder(keep) {
    const { room } = this;
    if (room.messages.length <= keep) return;
    room.messages.splice(0, room.messages.length - keep);
    room.more = true;
  }

  /** Channels that are new have no messages yet: those follow one by one. */
  #setChannels(channels) {
    this.channels = channels;
    for (const { id } of channels) {
      if (!this.#rooms.has(id)) this.#rooms.set(id, { messages: [], more: false });
    }
  }

  #message({ event, message }) {
    const room = this.#rooms.get(message.channel_id);
    if (!room) return false;
    const at = room.messages.findLastIndex(({ id }) => id === message.id);
    if (event === "delete" && at >= 0) room.messages.splice(at, 1);
    else if (event === "update" && at >= 0) room.messages[at] = message;
    else if (event === "create") room.messages.push(message);
    if (event === "create" && message.channel_id !== this.current) {
      this.unread.add(message.channel_id);
      this.#tell("unread");
    }
    this.#tell("message", { event, message });
    return true;
  }

  #tell(kind, detail = null) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
