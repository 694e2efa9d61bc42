"""The moments at which the bot may die: around each commit, and around each request it sends.

Between two of them nothing happens that is remembered or could be seen from outside, so they are
all there are. Each is found by letting an operation run once and writing down what it did.
"""

import enum
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.domain.requests import Route
from sandbox.clock import PATIENCE_S
from sandbox.discord import Fault as DiscordFault
from sandbox.discord import Hold, Recorded
from sandbox.kling import Fault, How
from tests.harness.recovery import routes
from tests.harness.recovery.dying import COMMITTED
from tests.harness.recovery.process import RealBot
from tests.harness.town import Town

HELD_MAX_S: Final = 600.0
ALIKE_MAX: Final = 2
"""Of the same question asked again and again the first ones stand for all, and of leases, which
are void at the next start."""
ASKS: Final = ("GET ", "POST /tasks")
CREATES: Final = ("POST /v1/", *(f"POST /{route.value}/" for route in Route if route.newer))
LEASE: Final = ": lease"
LATE_IS_POSSIBLE: Final = (f"POST {routes.POST}", f"POST {routes.ANSWER}")
"""Requests that may reach Discord although the sender is dead. An edit may as well, but it can't be
undone."""
_TASK: Final = re.compile(r"^(/v1/[^/]+/[^/]+)/.+$")
_RESULT: Final = re.compile(r"^/results/.+$")


class Where(enum.StrEnum):
    """Who is looking."""

    COMMIT = "commit"
    DISCORD = "Discord"
    KLING = "Kling"


class When(enum.StrEnum):
    """On which side of the step the bot dies."""

    BEFORE = "before"
    """Nothing of it happened, and nothing will."""
    AFTER = "after"
    """It happened, and the bot never heard."""
    LATE = "late"
    """It was on its way, and happens when the next bot runs already."""


@dataclass(frozen=True)
class Moment:
    """The bot dies before or after the `nth` step of this kind, counted from 1."""

    where: Where
    what: str
    nth: int
    when: When

    def __str__(self) -> str:
        return f"{self.when} {self.where.value}: {self.what} #{self.nth}"


class Trace:
    """What the bot did in a stretch of time: commits and requests, by kind."""

    def __init__(self, town: Town, bot: RealBot) -> None:
        self._town = town
        self._bot = bot
        self._log = bot.log
        self._from = (len(bot.log), len(town.discord.requests), len(town.kling.requests))

    def moments(self) -> list[Moment]:
        """Return every moment of it at which the bot could have died."""
        log, discord, kling = self._from
        if self._bot.log is not self._log:  # it was started since
            log = 0
        commits = Counter(r["what"] for r in self._bot.log[log:] if r["event"] == COMMITTED)
        sent = Counter(discord_kind(r) for r in self._town.discord.requests[discord:])
        orders = Counter(kling_kind(r.method, r.path) for r in self._town.kling.requests[kling:])
        return [
            *_moments(Where.COMMIT, commits, _around_commit),
            *_moments(Where.DISCORD, sent, _around_request),
            *_moments(Where.KLING, orders, _around_request),
        ]


class Struck:
    """A moment that the bot is being waited for at."""

    def __init__(self, moment: Moment, bot: RealBot, order: Path) -> None:
        self._moment = moment
        self._bot = bot
        self._order = order
        self._held: DiscordFault | KlingHold | None = None

    def arm(self, town: Town) -> None:
        """Have the bot, or the far side, wait for the moment."""
        moment = self._moment
        if moment.where is Where.COMMIT:
            order = json.dumps([moment.what, moment.nth, moment.when.value])
            fresh = self._order.with_suffix(".new")
            fresh.write_text(order, encoding="utf-8")
            fresh.replace(self._order)
        elif moment.where is Where.DISCORD:
            method, route = moment.what.split(" ")
            stored = moment.when is When.AFTER
            self._held = town.discord.fault(
                method, route, Hold(stored=stored), when=nth(moment.nth)
            )
        else:
            self._held = hold = KlingHold(moment)
            town.kling.fault(hold)

    async def come(self) -> None:
        """Return once the bot is dead, or is at the point and can be killed there."""
        if self._held is None:
            await self._bot.gone()
        elif isinstance(self._held, KlingHold):
            await self._held.arrived.wait()
        else:
            await self._held.arrived(HELD_MAX_S)

    @property
    def by_itself(self) -> bool:
        """Whether the bot kills itself, at a commit."""
        return self._moment.where is Where.COMMIT

    @property
    def comes_late(self) -> bool:
        """Whether what was on its way arrives after the bot died."""
        return self._moment.when is When.LATE

    def disarm(self, town: Town) -> None:
        """Let the next bot pass, and whatever is still to come: nothing is held for another day."""
        self._order.unlink(missing_ok=True)
        if isinstance(self._held, KlingHold):
            if not self._held.arrived.is_set():
                town.kling.withdraw(self._held)
        elif self._held is not None and not self._held.hits:
            town.discord.withdraw(self._held)

    async def arrive(self, town: Town) -> None:
        """Let what is late arrive, and return once it has."""
        self.let_go()
        if isinstance(self._held, DiscordFault):
            [late] = self._held.hits
            await town.discord.until(lambda: late.status is not None, PATIENCE_S)

    def let_go(self) -> None:
        """Let what is held go on to wherever it goes."""
        if self._held is not None and self._moment.when is When.BEFORE:
            self._held.lose()
        elif self._held is not None:
            self._held.release()


def nth(number: int) -> Callable[[Recorded], bool]:
    """Match the request of this number, from 1."""
    left = number

    def matches(_request: Recorded) -> bool:
        nonlocal left
        left -= 1
        return left == 0

    return matches


class KlingHold(Fault):
    """Holds the request of one number and kind, before or after it is carried out."""

    def __init__(self, moment: Moment) -> None:
        before = moment.when is not When.AFTER
        super().__init__(How.HANG, times=None, before=before)
        self._what = moment.what
        self._left = moment.nth

    def matches(self, method: str, path: str, _body: dict[str, Any] | None) -> bool:
        """Tell whether it is this one; every one of the kind is counted."""
        if kling_kind(method, path) != self._what:
            return False
        self._left -= 1
        return self._left == 0


def kling_kind(method: str, path: str) -> str:
    """Return a request to Kling without what is different each time."""
    task = path if method == "POST" else _TASK.sub(r"\1/*", path)
    kind = _RESULT.sub("/results/*", task)
    return f"{method} {kind}"


def discord_kind(request: Recorded) -> str:
    """Return a request to Discord without what is different each time."""
    return f"{request.method} {request.route}"


def _moments(
    where: Where, kinds: Counter[str], sides: Callable[[str], Iterable[When]]
) -> list[Moment]:
    return [
        Moment(where, what, number, when)
        for what, count in kinds.items()
        for number in range(1, 1 + (min(count, ALIKE_MAX) if _alike(what) else count))
        for when in sides(what)
    ]


def _alike(what: str) -> bool:
    return what.startswith(ASKS) or what.endswith(LEASE)


def _around_commit(what: str) -> Iterable[When]:
    """That a lease was taken is all that may matter of it."""
    return (When.AFTER,) if what.endswith(LEASE) else (When.BEFORE, When.AFTER)


def _around_request(what: str) -> Iterable[When]:
    if what.startswith(ASKS):
        return (When.BEFORE,)  # asking changes nothing, so before and after are one
    late = what in LATE_IS_POSSIBLE or what.startswith(CREATES)
    return (When.BEFORE, When.AFTER, *((When.LATE,) if late else ()))
