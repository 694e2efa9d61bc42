"""What holds for a member in a place, from everything that was set. Pure."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final

from bot.domain.server_settings import BY_NAME, ON, SERVER_SETTINGS, Takes, hundredths
from bot.errors import Problem
from storage.job import Pack
from storage.standing import NOTHING_SET, Scope, Set, Standing

NAMES_CHANNEL: Final = frozenset(
    setting.name for setting in SERVER_SETTINGS if setting.takes is Takes.CHANNEL
)
UNITS_OF: Final[Mapping[Pack, str]] = {Pack.VIDEO: "video_units", Pack.IMAGE: "image_units"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who uses the bot, and where. Ids are Discord snowflakes."""

    user_id: int
    guild_id: int | None = None
    channels: tuple[int, ...] = ()
    """The channel; of a thread, then the channel that it belongs to."""
    roles: frozenset[int] = frozenset()
    there: Container[int] | None = None
    """Channels and roles that the server has; None: not known. What names others is void."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and for whom or what it was set; None: nobody set it."""

    value: str
    source: Scope | None = None


@dataclass(frozen=True, slots=True)
class ShowcaseOf:
    """Where a server shows results that enough members want to see there."""

    channel_id: int
    stars: int
    """So many members, the requester not counted."""


class RulesOfPlace:
    """Answers what holds for one visitor."""

    def __init__(self, visitor: Visitor, standing: Standing = NOTHING_SET) -> None:
        self.visitor = visitor
        self._blocks = standing.blocks
        self._set = {
            (one.scope, one.id, one.name): one.value
            for one in standing.settings
            if one.name in BY_NAME and not is_void(one, visitor.there)
        }

    def value(self, name: str) -> Value:
        """Return what holds: the member's own, then the channel's, the server's, what is built in.

        An option that the member set comes before all of them, and `config.toml` after.
        """
        visitor = self.visitor
        asked = [
            (Scope.MEMBER, visitor.user_id),
            *((Scope.CHANNEL, channel) for channel in visitor.channels),
            (Scope.SERVER, visitor.guild_id or 0),
        ]
        for scope, whose in asked:
            found = self._set.get((scope, whose, name))
            if found is not None:
                return Value(found, scope)
        return Value(BY_NAME[name].otherwise)

    def is_on(self, name: str) -> bool:
        """Tell whether a flag is on."""
        return self.value(name).value == ON

    def server_units(self, pack: Pack) -> int | None:
        """Return the managers' limit for their server's month, in hundredths of a unit."""
        found = self._set.get((Scope.SERVER, self.visitor.guild_id or 0, UNITS_OF[pack]))
        return None if found is None else hundredths(found)

    def role_units(self, pack: Pack) -> int | None:
        """Return the highest limit of the member's roles for a day, in hundredths of a unit."""
        found = [
            hundredths(value)
            for role in self.visitor.roles
            if (value := self._set.get((Scope.ROLE, role, UNITS_OF[pack]))) is not None
        ]
        return max(found, default=None)

    def notices(self) -> int | None:
        """Return the channel that the managers chose for notices."""
        found = self._set.get((Scope.SERVER, self.visitor.guild_id or 0, "notices"))
        return None if found is None else int(found)

    def showcase(self) -> ShowcaseOf | None:
        """Return the showcase that the managers chose, None if there is none."""
        server = self.visitor.guild_id or 0
        channel = self._set.get((Scope.SERVER, server, "showcase"))
        number = self._set.get((Scope.SERVER, server, "showcase_stars"))
        if channel is None or number is None:
            return None
        return ShowcaseOf(int(channel), int(number))

    def blocked(self) -> Problem | None:
        """Return why this member may not use the bot; the operator's block comes first."""
        blocks = sorted(self._blocks, key=lambda block: not block.by_operator)
        if not blocks:
            return None
        block = blocks[0]
        code = "blocked_by_operator" if block.by_operator else "blocked"
        if block.reason:
            return Problem(f"{code}_why", {"reason": block.reason})
        return Problem(code)

    def not_here(self) -> Problem | None:
        """Return why nothing may be made here: the channel, or the roles of the member.

        Of a thread the channel that it belongs to counts too. As soon as one channel is allowed,
        all others are not; the same for roles.
        """
        channels = self._allowed(Scope.CHANNEL)
        own = [channels[one] for one in self.visitor.channels if one in channels]
        if not (own[0] if own else True not in channels.values()):
            return Problem("channel_not_allowed")
        roles = self._allowed(Scope.ROLE)
        mine = [roles[one] for one in self.visitor.roles if one in roles]
        if not (any(mine) if mine else True not in roles.values()):
            return Problem("role_not_allowed")
        return None

    def _allowed(self, scope: Scope) -> dict[int, bool]:
        return {
            whose: value == ON
            for (of, whose, name), value in self._set.items()
            if of == scope and name == "allowed"
        }


def is_void(one: Set, there: Container[int] | None) -> bool:
    """Tell whether a value names a channel or a role that the server no longer has."""
    if there is None:
        return False
    if one.scope in {Scope.CHANNEL, Scope.ROLE}:
        return one.id not in there
    return one.name in NAMES_CHANNEL and int(one.value) not in there


NO_RULES: Final = RulesOfPlace(Visitor(0))
"""Where nothing was set."""
