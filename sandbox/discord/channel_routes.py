"""REST of channels and their messages, with their permissions and limits."""

from typing import Any

from sandbox.discord import payloads, refusal
from sandbox.discord.model import (
    BOOSTED_UPLOAD_BYTES,
    DEFAULT_UPLOAD_BYTES,
    Channel,
    ChannelKind,
    Guild,
    Message,
    Permission,
    User,
)
from sandbox.discord.posts import Posts
from sandbox.discord.refusal import FieldErrors, Refusal
from sandbox.discord.rest import Call, Reply, Route
from sandbox.discord.store import Store

OLD_AFTER_S = 3600.0
PAGE_DEFAULT, PAGE_MAX = 50, 100


class ChannelRoutes:
    """Responses for channels.

    Switches: `nonce_window_s` is how long a nonce stays unique; `old_edits_max` how many edits a
    message accepts once it is an hour old (None: any number); `limit_bytes` overrides upload
    limits.
    """

    def __init__(self, store: Store, posts: Posts) -> None:
        self.nonce_window_s = 120.0
        self.old_edits_max: int | None = None
        self.limit_bytes: int | None = None
        self._store = store
        self._posts = posts
        self._nonces: dict[tuple[int, str], Message] = {}

    def routes(self) -> list[Route]:
        """Return every route of this surface."""
        channel = "/channels/{channel_id}"
        message = f"{channel}/messages/{{message_id}}"
        return [
            Route("GET", channel, self.read_channel),
            Route("POST", f"{channel}/typing", self.typing),
            Route("POST", f"{channel}/threads", self.start_thread),
            Route("GET", f"{channel}/messages", self.history),
            Route("POST", f"{channel}/messages", self.post),
            Route("GET", message, self.read),
            Route("PATCH", message, self.edit),
            Route("DELETE", message, self.delete),
            Route("PUT", f"{message}/reactions/{{emoji_name}}/@me", self.react),
        ]

    def upload_limit_bytes(self, guild: Guild | None, user: User | None = None) -> int:
        """Return how large a file may be here; answers to `user` may use that user's limit."""
        if self.limit_bytes is not None:
            return self.limit_bytes
        own = user.upload_limit_bytes if user else 0
        boosted = BOOSTED_UPLOAD_BYTES.get(guild.tier if guild else 0, 0)
        return max(own, boosted, DEFAULT_UPLOAD_BYTES)

    def read_channel(self, call: Call) -> Reply:
        """Return a channel the bot can see."""
        return payloads.channel(self._visible(call))

    def typing(self, call: Call) -> Reply:
        """Show the bot typing."""
        self._writable(self._visible(call))
        return None

    def history(self, call: Call) -> Reply:
        """Return a page of messages, newest first; none without the permission to read it."""
        channel = self._visible(call)
        if Permission.READ_MESSAGE_HISTORY not in channel.permissions(self._store.bot):
            return []
        limit = int(call.query.get("limit", PAGE_DEFAULT))
        if not 1 <= limit <= PAGE_MAX:
            errors = FieldErrors()
            errors.add(("limit",), "NUMBER_TYPE_MAX", f"Must be between 1 and {PAGE_MAX}.")
            errors.raise_if_any()
        page = self._page([m for m in channel.messages if m.visible_to is None], call.query, limit)
        return [payloads.message(m, self._store) for m in reversed(page)]

    def _page(self, posts: list[Message], query: dict[str, str], limit: int) -> list[Message]:
        if "around" in query:
            middle = int(query["around"])
            older = [m for m in posts if m.id < middle][-(limit // 2) or len(posts) :]
            return (older + [m for m in posts if m.id >= middle])[:limit]
        if "after" in query:
            return [m for m in posts if m.id > int(query["after"])][:limit]
        before = query.get("before")
        return [m for m in posts if before is None or m.id < int(before)][-limit:]

    def post(self, call: Call) -> Reply:
        """Store a message, or return the one that the same nonce created a moment ago."""
        channel = self._visible(call)
        body: dict[str, Any] = call.json or {}
        self._writable(channel)
        self._permitted(channel, body, has_files=bool(call.files))
        if channel.recipient is not None and not channel.recipient.accepts_dms:
            raise Refusal(*refusal.DMS_CLOSED)
        nonce = body.get("nonce")
        key = (channel.id, str(nonce))
        if nonce is not None and body.get("enforce_nonce"):
            twin = self._nonces.get(key)
            if twin is not None and self._age_s(twin) < self.nonce_window_s:
                return payloads.message(twin, self._store)
        message = self._posts.create(
            channel,
            self._store.bot,
            body,
            call.files,
            limit_bytes=self.upload_limit_bytes(channel.guild),
            reference=self._reference(channel, body.get("message_reference")),
        )
        if nonce is not None:
            self._nonces[key] = message
        return payloads.message(message, self._store)

    def read(self, call: Call) -> Reply:
        """Return one message."""
        return payloads.message(self._message(call), self._store)

    def edit(self, call: Call) -> Reply:
        """Change one of the bot's own messages."""
        message, body = self._message(call), call.json or {}
        if message.author is not self._store.bot:
            raise Refusal(*refusal.NOT_YOUR_MESSAGE)
        if message.channel.archived:
            raise Refusal(*refusal.THREAD_ARCHIVED)
        self._permitted(message.channel, body, has_files=bool(call.files))
        if self.old_edits_max is not None and self._age_s(message) > OLD_AFTER_S:
            message.edits_when_old += 1
            if message.edits_when_old > self.old_edits_max:
                status, code, text = refusal.TOO_MANY_OLD_EDITS
                refused = Refusal(status, code, text)
                refused.body |= {"retry_after": OLD_AFTER_S, "global": False}
                raise refused
        limit_bytes = self.upload_limit_bytes(message.channel.guild)
        self._posts.edit(message, body, call.files, limit_bytes=limit_bytes)
        return payloads.message(message, self._store)

    def delete(self, call: Call) -> Reply:
        """Delete a message: the bot's own, or any with Manage Messages."""
        message = self._message(call)
        may = Permission.MANAGE_MESSAGES in message.channel.permissions(self._store.bot)
        if message.author is not self._store.bot and not may:
            raise Refusal(*refusal.MISSING_PERMISSIONS)
        self._posts.delete(message)
        return None

    def react(self, call: Call) -> Reply:
        """Accept a reaction."""
        message = self._message(call)
        if Permission.ADD_REACTIONS not in message.channel.permissions(self._store.bot):
            raise Refusal(*refusal.MISSING_PERMISSIONS)
        return None

    def start_thread(self, call: Call) -> Reply:
        """Open a thread, in a forum with its first message."""
        parent, body = self._visible(call), call.json
        if Permission.CREATE_PUBLIC_THREADS not in parent.permissions(self._store.bot):
            raise Refusal(*refusal.MISSING_PERMISSIONS)
        thread = Channel(
            self._store.ids.mint(), body["name"], ChannelKind.THREAD, parent.guild, parent
        )
        first = body.get("message")
        if (first is not None) != (parent.kind is ChannelKind.FORUM):
            raise Refusal(*refusal.NOT_A_TEXT_CHANNEL)
        if parent.guild is not None:
            parent.guild.channels[thread.id] = thread
        self._store.channels[thread.id] = thread
        payload = payloads.channel(thread)
        if first is not None:
            limit_bytes = self.upload_limit_bytes(parent.guild)
            bot = self._store.bot
            message = self._posts.create(thread, bot, first, call.files, limit_bytes=limit_bytes)
            payload["message"] = payloads.message(message, self._store)
        return payload

    def _visible(self, call: Call) -> Channel:
        channel = self._store.channel(call.params["channel_id"])
        if Permission.VIEW_CHANNEL not in channel.permissions(self._store.bot):
            raise Refusal(*refusal.MISSING_ACCESS)
        return channel

    def _message(self, call: Call) -> Message:
        channel = self._visible(call)
        message = self._store.message(channel, call.params["message_id"])
        history = Permission.READ_MESSAGE_HISTORY in channel.permissions(self._store.bot)
        if not history and message.author is not self._store.bot:
            raise Refusal(*refusal.MISSING_PERMISSIONS)
        return message

    def _writable(self, channel: Channel) -> None:
        """Refuse if the bot may not write here, or if no one can."""
        may = channel.permissions(self._store.bot)
        if channel.kind is ChannelKind.FORUM:
            raise Refusal(*refusal.NOT_A_TEXT_CHANNEL)
        if channel.kind is ChannelKind.THREAD:
            if Permission.SEND_MESSAGES_IN_THREADS not in may:
                raise Refusal(*refusal.MISSING_PERMISSIONS)
            if channel.archived and channel.locked and Permission.MANAGE_THREADS not in may:
                raise Refusal(*refusal.THREAD_ARCHIVED)
        elif Permission.SEND_MESSAGES not in may:
            raise Refusal(*refusal.MISSING_PERMISSIONS)

    def _permitted(self, channel: Channel, body: dict[str, Any], *, has_files: bool) -> None:
        may = channel.permissions(self._store.bot)
        if has_files and Permission.ATTACH_FILES not in may:
            raise Refusal(*refusal.MISSING_PERMISSIONS)
        if body.get("embeds") and Permission.EMBED_LINKS not in may:
            raise Refusal(*refusal.MISSING_PERMISSIONS)

    def _reference(self, channel: Channel, wanted: dict[str, Any] | None) -> Message | None:
        """Return the message replied to; None if it is gone and the bot allows that."""
        if not wanted:
            return None
        if Permission.READ_MESSAGE_HISTORY not in channel.permissions(self._store.bot):
            raise Refusal(*refusal.NO_HISTORY_TO_REPLY)
        message = self._store.messages.get(int(wanted["message_id"]))
        if message is not None and message.channel is channel and message.visible_to is None:
            return message
        if wanted.get("fail_if_not_exists", True):
            errors = FieldErrors()
            errors.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            errors.raise_if_any()
        return None

    def _age_s(self, message: Message) -> float:
        return self._store.clock.now() - message.created_at
