"""What holds for a member in a place, as the database keeps it. Standard library only."""

import enum
from dataclasses import dataclass
from typing import Final

EVERYWHERE: Final = 0
"""In the place of a server's id."""


class Scope(enum.StrEnum):
    """For whom or what a value is set."""

    SERVER = "server"
    CHANNEL = "channel"
    ROLE = "role"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Set:
    """A value that was set, for the server, channel, role or member with this id."""

    scope: str
    id: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Block:
    """A member who may not use the bot, in one server or everywhere."""

    guild_id: int
    """`EVERYWHERE`, or the server."""
    by_operator: bool
    reason: str = ""
    user_id: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What was set in a server and by a member, and the member's blocks there."""

    settings: tuple[Set, ...] = ()
    blocks: tuple[Block, ...] = ()


NOTHING_SET: Final = Standing()
