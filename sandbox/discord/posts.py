"""Creating, editing and deleting messages, for every route that does so."""

import copy
import re
from collections.abc import Callable
from typing import Any

from sandbox.discord import payloads, refusal
from sandbox.discord.components import with_ids
from sandbox.discord.files import Files, safe_name
from sandbox.discord.gateway import DIRECT_MESSAGES, GUILD_MESSAGES, Gateway
from sandbox.discord.model import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Attachment,
    Channel,
    Message,
    Permission,
    Upload,
    User,
)
from sandbox.discord.payloads import REPLY
from sandbox.discord.refusal import FieldErrors, Refusal
from sandbox.discord.store import Store
from sandbox.discord.validation import check_message

ATTACHMENTS_MAX = 10
PLAIN = 0
SPOILER = "SPOILER_"
"""Files whose names begin so are spoilers."""
SUPPRESS_EMBEDS = 1 << 2
SENT_FLAGS = EPHEMERAL | COMPONENTS_V2 | SUPPRESS_EMBEDS | 1 << 12  # the last: silent
MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")

Body = dict[str, Any]
MessageListener = Callable[[str, Message], None]


class Posts:
    """Creates, edits and deletes messages, checks them, and tells the gateway."""

    def __init__(self, store: Store, gateway: Gateway, files: Files) -> None:
        self.listeners: list[MessageListener] = []
        self._store = store
        self._gateway = gateway
        self._files = files

    def create(
        self,
        channel: Channel,
        author: User,
        body: Body,
        uploads: dict[int, Upload],
        *,
        limit_bytes: int,
        kind: int = PLAIN,
        reference: Message | None = None,
        interaction: dict[str, Any] | None = None,
        visible_to: User | None = None,
    ) -> Message:
        """Store a new message and announce it, unless only `visible_to` sees it.

        Raises:
            Refusal: 50035, 50006, 30015 or 40005 for what Discord would not store.
        """
        names = self._check(body, uploads, [], limit_bytes)
        check_message(body, names)
        post = Message(
            id=self._store.ids.mint(),
            channel=channel,
            author=author,
            created_at=self._store.clock.now(),
            content=body.get("content") or "",
            embeds=copy.deepcopy(body.get("embeds") or []),
            components=with_ids(body.get("components") or []),
            poll=body.get("poll"),
            flags=(body.get("flags") or 0) & SENT_FLAGS,
            kind=REPLY if reference is not None else kind,
            nonce=body.get("nonce"),
            reference=reference.id if reference is not None else None,
            interaction=interaction,
            visible_to=visible_to,
        )
        if visible_to is not None:
            post.flags |= EPHEMERAL
        post.attachments = self._attach(post, body, uploads)
        self._mention(post, body, reference)
        self.place(post)
        return post

    def place(self, post: Message) -> None:
        """Put a complete message into its channel and announce it."""
        self._store.messages[post.id] = post
        post.channel.messages.append(post)
        post.channel.archived = False  # a message revives a thread; locked ones were refused
        self._announce("MESSAGE_CREATE", post)

    def edit(
        self, post: Message, body: Body, uploads: dict[int, Upload], *, limit_bytes: int
    ) -> None:
        """Change the fields in `body`; of the attachments only the listed ones stay.

        Raises:
            Refusal: as `create`, for the resulting message.
        """
        names = self._check(body, uploads, post.attachments, limit_bytes)
        # The flag for Components V2 cannot be removed.
        result = {
            "content": body.get("content", post.content),
            "embeds": body.get("embeds", post.embeds),
            "components": body.get("components", post.components),
            "flags": (body.get("flags") or 0) | post.flags & COMPONENTS_V2,
            "allowed_mentions": body.get("allowed_mentions"),
            "poll": post.poll,
        }
        check_message(result, names)
        post.content = result["content"] or ""
        post.embeds = copy.deepcopy(result["embeds"] or [])
        if "components" in body:
            post.components = with_ids(body["components"] or [])
        post.flags = post.flags & ~LOADING | result["flags"] & COMPONENTS_V2
        if body.get("flags") is not None:  # without them they stay as they are
            post.flags = post.flags & ~SUPPRESS_EMBEDS | body["flags"] & SUPPRESS_EMBEDS
        if "attachments" in body or uploads:
            post.attachments = self._attach(post, body, uploads)
        self._mention(post, body, self._store.messages.get(post.reference or 0))
        post.edited_at = self._store.clock.now()
        self._announce("MESSAGE_UPDATE", post)

    def delete(self, post: Message) -> None:
        """Remove a message and its files."""
        post.deleted = True
        self._store.messages.pop(post.id, None)
        post.channel.messages.remove(post)
        for file in post.attachments:
            self._files.forget(file)
        self._announce("MESSAGE_DELETE", post)

    def _check(
        self, body: Body, uploads: dict[int, Upload], kept: list[Attachment], limit_bytes: int
    ) -> set[str]:
        """Refuse too many or too large files; return the names the message will have."""
        if any(len(upload.data) > limit_bytes for upload in uploads.values()):
            raise Refusal(*refusal.TOO_LARGE)
        listed = body.get("attachments")
        by_id = {file.id: file for file in kept}
        errors = FieldErrors()
        for number, entry in enumerate(listed or []):
            if int(entry.get("id", -1)) not in by_id.keys() | uploads.keys():
                path = ("attachments", number, "id")
                errors.add(path, "BASE_TYPE_CHOICES", "Not an attachment or a file")
            errors.length(("attachments", number, "description"), entry.get("description"), 0, 1024)
        errors.raise_if_any()
        stay = by_id if listed is None else by_id.keys() & {int(e["id"]) for e in listed}
        if len(stay) + len(uploads) > ATTACHMENTS_MAX:
            raise Refusal(*refusal.TOO_MANY_ATTACHMENTS)
        return {by_id[key].filename for key in stay} | {
            safe_name(u.filename) for u in uploads.values()
        }

    def _attach(self, post: Message, body: Body, uploads: dict[int, Upload]) -> list[Attachment]:
        listed = {int(entry["id"]): entry for entry in body.get("attachments") or []}
        shown = set(payloads.cited(post.embeds))
        result = [
            file
            for file in post.attachments
            if body.get("attachments") is None or file.id in listed or file.filename in shown
        ]
        for file in result:
            _describe(file, listed.get(file.id, {}))
        folder = f"attachments/{post.channel.id}"
        if post.visible_to is not None:
            folder = f"ephemeral-attachments/{self._store.application_id}"
        for number, upload in sorted(uploads.items()):
            file = self._files.keep(upload, folder)
            file.spoiler = file.filename.startswith(SPOILER)
            _describe(file, listed.get(number, {}))
            result.append(file)
        for file in post.attachments:
            if file not in result:
                self._files.forget(file)
        return result

    def _mention(self, post: Message, body: Body, reference: Message | None) -> None:
        """Work out who is really pinged, by `allowed_mentions`; if absent, everyone named."""
        allowed = body.get("allowed_mentions")
        parse = (
            {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or ())
        )
        chosen = {str(key) for key in (allowed or {}).get("users") or ()}
        text = " ".join([post.content, *_texts(post.components)])
        pinged = [key for key in MENTION.findall(text) if "users" in parse or key in chosen]
        if reference is not None and (allowed is None or allowed.get("replied_user")):
            pinged.append(str(reference.author.id))
        known = (self._store.users.get(int(key)) for key in dict.fromkeys(pinged))
        post.mentions = [person for person in known if person is not None]
        may = Permission.MENTION_EVERYONE in post.channel.permissions(post.author)
        named_roles = {str(key) for key in (allowed or {}).get("roles") or ()}
        roles = post.channel.guild.roles if post.channel.guild else {}
        found = [roles.get(int(key)) for key in dict.fromkeys(ROLE_MENTION.findall(text))]
        post.mentioned_roles = [
            role
            for role in found
            if role is not None
            and ("roles" in parse or str(role.id) in named_roles)
            and (role.mentionable or may)
        ]
        named = "@everyone" in text or "@here" in text
        post.mentions_everyone = named and may and "everyone" in parse

    def _announce(self, event: str, post: Message) -> None:
        guild = post.channel.guild
        bot = self._store.bot
        can_see = Permission.VIEW_CHANNEL in post.channel.permissions(bot)
        if post.visible_to is None and can_see:
            payload = payloads.message(post, self._store)
            if event == "MESSAGE_DELETE":
                payload = {"id": str(post.id), "channel_id": str(post.channel.id)}
            if guild is not None:
                payload["guild_id"] = str(guild.id)
            intent = GUILD_MESSAGES if guild is not None else DIRECT_MESSAGES
            self._gateway.emit(event, payload, guild=guild, intent=intent)
        for listener in self.listeners:
            listener(event, post)
        self._store.changed()


def _describe(file: Attachment, entry: dict[str, Any]) -> None:
    """Take what a request says of a file, a new one or one that stays."""
    if "description" in entry:
        file.description = entry["description"]
    if entry.get("is_spoiler") is not None:
        file.spoiler = entry["is_spoiler"]


def _texts(components: list[dict[str, Any]]) -> list[str]:
    """Return the texts of every text display, at any depth."""
    found = []
    for part in components:
        if isinstance(part.get("content"), str):
            found.append(part["content"])
        found += _texts(part.get("components") or [])
    return found
