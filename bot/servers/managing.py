"""What managers do: set values for their server, block members, look at what was changed.

And what members set for themselves, wherever they use the bot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.clock import Clock
from bot.domain.budget import OperatorLimits
from bot.domain.catalogue import Catalogue
from bot.domain.rules_of_place import UNITS_OF
from bot.domain.server_settings import BY_NAME, OF_MEMBERS, OF_SHOWCASE
from bot.domain.units import plain
from bot.errors import Problem
from storage.audit import Change
from storage.standing import EVERYWHERE, Block, Scope, Set
from storage.store import JobStore

LOG_SHOWN_MAX: Final = 20
REASON_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Manager:
    """A person with "Manage Server", and their server."""

    user_id: int
    guild_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """What `/settings show` shows."""

    settings: tuple[Set, ...]
    blocks: tuple[Block, ...]


class Managing:
    """Use cases of `/settings`, `/defaults`, `/block`, `/unblock`; who may is decided before."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        catalogue: Catalogue,
        defaults: Mapping[str, str],
        limits: OperatorLimits,
    ) -> None:
        self._store = store
        self._clock = clock
        self._catalogue = catalogue
        self._defaults = defaults
        self._limits = limits

    async def operators(self, guild_id: int) -> dict[tuple[Scope, str], str]:
        """Return what the operator set for this server, by scope and name of the setting."""
        caps = (await self._store.caps()).get(guild_id, {})
        found = {(Scope.SERVER, name): value for name, value in self._defaults.items()}
        for pack, name in UNITS_OF.items():
            server = caps.get(pack.value, self._limits.server.get(pack))
            for scope, units in (
                (Scope.SERVER, server),
                (Scope.ROLE, self._limits.member.get(pack)),
            ):
                if units is not None:
                    found[scope, name] = plain(units)
        return found

    async def set(
        self, manager: Manager, scope: Scope, of: int, values: Mapping[str, str]
    ) -> list[Set] | list[Problem]:
        """Set values by name for the server, channel or role `of`; an empty one is cleared.

        Returns what was set, or every problem: then nothing was.
        """
        wanted: list[Set] = []
        problems: list[Problem] = []
        for name, text in values.items():
            read = BY_NAME[name].read(text, self._catalogue) if text else ""
            if isinstance(read, Problem):
                option = BY_NAME[name].option or "value"
                problems.append(Problem(read.code, {**read.facts, "option": option}))
            else:
                wanted.append(Set(scope.value, of, name, read))
        if problems:
            return problems
        now = self._clock.now()
        await self._store.put_settings(manager.guild_id, wanted, by=manager.user_id, now=now)
        if any(one.name in OF_SHOWCASE for one in wanted):
            await self._store.try_showcase_again(manager.guild_id, now=now)
        return wanted

    async def set_own(self, user_id: int, name: str, text: str) -> Set | Problem:
        """Set a member's own default by its name, or clear it with an empty text."""
        setting = next((one for one in OF_MEMBERS if one.name == name), None)
        if setting is None:
            allowed = ", ".join(one.name for one in OF_MEMBERS)
            return Problem("choice_unknown", {"allowed": allowed, "option": "name"})
        read = setting.read(text, self._catalogue) if text else ""
        if isinstance(read, Problem):
            return Problem(read.code, {**read.facts, "option": "value"})
        wanted = Set(Scope.MEMBER.value, user_id, name, read)
        await self._store.put_settings(EVERYWHERE, [wanted], by=user_id, now=self._clock.now())
        return wanted

    async def page(self, guild_id: int) -> Page:
        """Return everything that was set in the server, and who is blocked there."""
        settings = await self._store.server_settings(guild_id)
        return Page(tuple(settings), tuple(await self._store.blocks(guild_id)))

    async def log(self, guild_id: int) -> list[Change]:
        """Return the latest changes in the server, newest first."""
        return await self._store.changes(guild_id=guild_id, limit=LOG_SHOWN_MAX)

    async def block(self, manager: Manager, member_id: int, reason: str) -> None:
        """Block a member in the server; running jobs end as usual."""
        await self._store.block(
            member_id,
            manager.guild_id,
            by=manager.user_id,
            reason=reason[:REASON_CHARACTERS_MAX],
            now=self._clock.now(),
        )

    async def unblock(self, manager: Manager, member_id: int) -> tuple[bool, bool]:
        """Lift the managers' block; the operator's stays.

        Returns whether there was one, and whether the operator's still holds there.
        """
        lifted = await self._store.unblock(
            member_id, manager.guild_id, by=manager.user_id, now=self._clock.now()
        )
        standing = await self._store.standing(manager.guild_id, member_id)
        return lifted, any(block.by_operator for block in standing.blocks)
