"""The data of a Discord server: users, servers, channels, messages, files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

MIB = 1024 * 1024
DEFAULT_UPLOAD_BYTES = 20 * MIB  # since September 2026; 10 before that, and in discord.py
BOOSTED_UPLOAD_BYTES = {2: 50 * MIB, 3: 100 * MIB}

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15
IS_SPOILER = 1 << 3
"""The flag of an attachment."""


class Permission(IntFlag):
    """The permissions that matter to a bot that posts (Discord's API documentation)."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


EVERY_PERMISSION = Permission(sum(Permission))
POSTING = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
)
MEMBER_PERMISSIONS = (
    POSTING | Permission.USE_APPLICATION_COMMANDS | Permission.CREATE_PUBLIC_THREADS
) | Permission.USE_EXTERNAL_APPS


class ChannelKind(IntEnum):
    """The numbers Discord gives to kinds of channels."""

    TEXT = 0
    DM = 1
    THREAD = 11
    FORUM = 15


@dataclass(eq=False, slots=True)
class User:
    """A person, or the bot. `installed`: they added the application to their account."""

    id: int
    name: str
    locale: str = "en-US"
    bot: bool = False
    installed: bool = False
    accepts_dms: bool = True
    upload_limit_bytes: int = DEFAULT_UPLOAD_BYTES

    @property
    def mention(self) -> str:
        """The text that mentions this user."""
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Role:
    """A named group of members (`members`: their ids) of a server; it gives no permissions."""

    id: int
    name: str
    position: int
    color: int = 0
    mentionable: bool = False
    members: set[int] = field(default_factory=set)

    @property
    def mention(self) -> str:
        """The text that mentions this role."""
        return f"<@&{self.id}>"


@dataclass(eq=False, slots=True)
class Guild:
    """A server; `members` maps user ids to their permissions in it, the bot's included."""

    id: int
    name: str
    owner: User
    tier: int = 0
    locale: str = "en-US"
    members: dict[int, Permission] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Channel:
    """A place for messages; `overrides` replace a member's permissions here.

    Under the id of the server is what the role of everyone may, which may nothing elsewhere.
    """

    id: int
    name: str
    kind: ChannelKind
    guild: Guild | None = None
    parent: "Channel | None" = None
    recipient: User | None = None
    nsfw: bool = False
    archived: bool = False
    locked: bool = False
    overrides: dict[int, Permission] = field(default_factory=dict)
    messages: "list[Message]" = field(default_factory=list)

    def permissions(self, user: User) -> Permission:
        """Return the permissions of `user` here; none for a user who is not in the server."""
        if self.guild is None:
            return MEMBER_PERMISSIONS if user.bot or user is self.recipient else Permission(0)
        if user is self.guild.owner:
            return EVERY_PERMISSION
        base = self.guild.members.get(user.id, Permission(0))
        if Permission.ADMINISTRATOR in base:
            return EVERY_PERMISSION
        place = self.parent if self.kind is ChannelKind.THREAD and self.parent else self
        return place.overrides.get(user.id, base) if base else base

    def visible(self, user: User) -> bool:
        """Whether `user` may view it."""
        return Permission.VIEW_CHANNEL in self.permissions(user)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to upload; without `content_type` its name decides."""

    data: bytes
    filename: str
    content_type: str | None = None


@dataclass(eq=False, slots=True)
class Attachment:
    """A stored file. `data` is None if only `size` and `sha256` were kept."""

    id: int
    filename: str
    size: int
    sha256: str
    content_type: str | None
    data: bytes | None
    folder: str
    sign: Callable[["Attachment"], str] = field(repr=False)
    width: int | None = None
    height: int | None = None
    description: str | None = None
    spoiler: bool = False

    @property
    def flags(self) -> int | None:
        """Discord's flags of it, as far as this world has them."""
        return IS_SPOILER if self.spoiler else None

    @property
    def url(self) -> str:
        """A freshly signed link, valid for a day of the server's clock."""
        return self.sign(self)


@dataclass(eq=False, slots=True)
class Message:
    """A message; ephemeral ones name the only user who sees them in `visible_to`.

    `embeds` and `components` are as the bot sent them (components with the ids Discord adds);
    `mentions`, `mentioned_roles` and `mentions_everyone` are the actual pings; `reference` is the
    message that this one answers; `interaction` is Discord's interaction metadata.
    """

    id: int
    channel: Channel
    author: User
    created_at: float
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    poll: dict[str, Any] | None = None
    flags: int = 0
    kind: int = 0
    nonce: str | int | None = None
    reference: int | None = None
    mentions: list[User] = field(default_factory=list)
    mentioned_roles: list[Role] = field(default_factory=list)
    mentions_everyone: bool = False
    interaction: dict[str, Any] | None = None
    visible_to: User | None = None
    edited_at: float | None = None
    deleted: bool = False
    edits_when_old: int = 0

    @property
    def ephemeral(self) -> bool:
        """Whether only one member sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        """Whether it still shows that the bot is thinking."""
        return bool(self.flags & LOADING)

    def seen_by(self, viewer: User | None) -> bool:
        """Whether `viewer` (None: the public) sees it."""
        return self.visible_to is None or self.visible_to is viewer
