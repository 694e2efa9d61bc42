"""Calls to Discord keep to the share of the budget, whatever the crowd."""

import asyncio
from collections import deque
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from bot.discord.attempts import trace
from bot.discord.call_budget import (
    AGAIN_S,
    ALONE_PER_S,
    CALLS_PER_S,
    LEASE_S,
    LEAST_PER_S,
    CallBudget,
)
from bot.discord.discord_time import DiscordTime
from bot.meter import NO_METER
from bot.settings.addresses import Address
from bot.web.server import listen
from storage.errors import StorageUnavailable

DISCORDS_PER_S = 50


class Stepping:
    """A clock on which waiting takes no time but its own."""

    def __init__(self) -> None:
        self._now = 1_000_000.0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self._now += seconds


class Shares:
    """Grants what is wanted up to `most`, and remembers it."""

    def __init__(self, most: float = CALLS_PER_S) -> None:
        self.most = most
        self.asked: list[SimpleNamespace] = []

    async def lease_calls(
        self, *, now: float, wanted_per_s: float, total_per_s: float, lease_s: float
    ) -> float:
        self.asked.append(SimpleNamespace(at=now, wanted=wanted_per_s))
        assert (total_per_s, lease_s) == (CALLS_PER_S, LEASE_S)
        return min(wanted_per_s, self.most)


class Away(Shares):
    """A database that can't be used."""

    async def lease_calls(self, **_wanted: float) -> float:
        raise StorageUnavailable("cannot_open")


async def made(clock: Stepping, budget: CallBudget, calls: int) -> list[float]:
    """Return when each of so many calls could be made that came at once."""
    moments: list[float] = []

    async def call() -> None:
        await budget.turn()
        moments.append(clock.now())

    await asyncio.gather(*(call() for _ in range(calls)))
    return moments


def most_in_a_second(moments: list[float]) -> int:
    window: deque[float] = deque()
    most = 0
    for moment in moments:
        window.append(moment)
        while moment - window[0] >= 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


async def test_a_crowd_of_calls_stays_below_discords_limit() -> None:
    """A thousand at once: no second has more than Discord allows, and they go nearly as fast."""
    clock = Stepping()
    moments = await made(clock, CallBudget(Shares(), clock), 1_000)
    assert most_in_a_second(moments) <= DISCORDS_PER_S
    assert moments[-1] - moments[0] <= 1_000 / CALLS_PER_S + 2 * AGAIN_S


async def test_a_small_share_is_kept_to() -> None:
    """With nine a second, no second has more than ten."""
    clock = Stepping()
    moments = await made(clock, CallBudget(Shares(9.0), clock), 60)
    assert most_in_a_second(moments) <= 10


async def test_a_quiet_process_asks_for_little_and_a_busy_one_for_more() -> None:
    """Its wish follows what it does, so that others have the rest."""
    clock, shares = Stepping(), Shares()
    budget = CallBudget(shares, clock)
    await budget.turn()
    assert [one.wanted for one in shares.asked] == [LEAST_PER_S]
    await clock.sleep(AGAIN_S)
    await made(clock, budget, 200)
    assert shares.asked[-1].wanted == CALLS_PER_S
    await clock.sleep(10 * LEASE_S)
    await budget.turn()
    assert shares.asked[-1].wanted == LEAST_PER_S


async def test_without_a_share_it_waits_until_one_is_free() -> None:
    """Others hold everything: it asks again each second, and goes when there is something."""
    clock, shares = Stepping(), Shares(0.0)
    budget = CallBudget(shares, clock)
    waiting = asyncio.ensure_future(budget.turn())
    while len(shares.asked) < 5:  # noqa: ASYNC110 - each turn of the loop is a second of the clock's
        await asyncio.sleep(0)
    assert not waiting.done()
    shares.most = CALLS_PER_S
    await waiting
    pauses = [b.at - a.at for a, b in zip(shares.asked, shares.asked[1:], strict=False)]
    assert min(pauses) >= AGAIN_S


@pytest.mark.parametrize("share", [7e-15, 0.05])
async def test_a_share_of_next_to_nothing_is_waited_for_no_longer_than_its_lease(
    share: float,
) -> None:
    """The second call asks again when the lease is over, and goes with what there is then."""
    clock, shares = Stepping(), Shares(share)
    budget = CallBudget(shares, clock)
    began = clock.now()
    await budget.turn()
    shares.most = CALLS_PER_S
    await budget.turn()
    assert clock.now() - began <= LEASE_S + AGAIN_S


async def test_without_a_database_a_few_calls_go_all_the_same() -> None:
    """The notice that the database is away has to get out."""
    clock = Stepping()
    moments = await made(clock, CallBudget(Away(), clock), 20)
    assert most_in_a_second(moments) <= ALONE_PER_S + 1


async def test_a_clock_set_back_stops_nothing() -> None:
    """The next call goes after a moment, not after a night."""
    clock = Stepping()
    budget = CallBudget(Shares(), clock)
    await made(clock, budget, 10)
    clock._now -= 8 * 3_600.0
    before = clock.now()
    await budget.turn()
    assert clock.now() - before <= 1.0


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("/api/v10/channels/1/messages", True),
        ("/api/v10/users/@me", True),
        ("/api/v10/interactions/1/token/callback", False),
        ("/api/v10/webhooks/1/token/messages/@original", False),
    ],
)
async def test_answers_to_interactions_are_free(path: str, *, counts: bool) -> None:
    """A member's answer waits for no budget: Discord does not count it."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        turns += 1

    async def page(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    tracing = trace(DiscordTime(Stepping()), NO_METER, turn)
    async with (
        listen(app, Address("127.0.0.1", 0), key="test") as address,
        aiohttp.ClientSession(trace_configs=[tracing]) as session,
        session.get(f"http://{address}{path}"),
    ):
        pass
    assert turns == counts
