"""A process stays with its shards whatever a renewal of their leases fails with."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.discord.shard_leases import LOOK_EVERY_S, ShardLeases, patience_s
from bot.domain.sharding import Shards
from bot.errors import ShardsTaken
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.shard_leases import Asked, HeldShard
from storage.store import JobStore
from tests.harness.storage.making import NOW

GRACE_S = 12.0
LEASE_S = 10.0
TWICE = Shards(1, (0, 0))
"""The same row twice: PostgreSQL refuses it with an error that the store passes on."""


class Steps:
    """A clock on which nothing but sleeping takes time, with something to do in each sleep."""

    def __init__(self, *steps: Callable[[], Awaitable[object]]) -> None:
        self._steps = list(steps)
        self._now = NOW

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds
        await self._steps.pop(0)()


@pytest.fixture
async def two(postgres_at_newest: str) -> AsyncIterator[tuple[JobStore, JobStore]]:
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        yield first.jobs, second.jobs


async def test_a_renewal_that_fails_oddly_ends_nothing(two: tuple[JobStore, JobStore]) -> None:
    """It is logged as a fault of ours, and the next renewal is tried as if nothing had been."""
    first, second = two

    async def nothing() -> None:
        pass

    async def another_takes_it() -> None:
        assert (await second.take_shards(1, [0], now=NOW, lease_s=LEASE_S)).held is None

    leases = ShardLeases(first, Steps(nothing, another_takes_it), GRACE_S)
    with capture_logs() as logs, pytest.raises(ShardsTaken):
        await leases.keep(TWICE)
    assert [(said["event"], said["log_level"]) for said in logs] == [
        ("discord.shards_unleased", "error")
    ]


async def test_one_that_stops_slowly_is_waited_for(two: tuple[JobStore, JobStore]) -> None:
    """Three times as long as the operator lets stopping take, where that is over half a minute."""
    first, second = two

    async def still_there() -> None:
        await first.take_shards(1, [0], now=clock.now(), lease_s=LEASE_S)

    stopping = int(3 * GRACE_S / LOOK_EVERY_S) - 1
    clock = Steps(*[still_there] * stopping, first.leave_shards)
    await still_there()
    await ShardLeases(second, clock, patience_s(GRACE_S)).take(Shards(1, (0,)))
    asked = await first.take_shards(1, [0], now=clock.now(), lease_s=LEASE_S)
    assert asked.held == HeldShard(0, 1)


@pytest.mark.parametrize("jump_s", [86_400.0, -86_400.0])
async def test_patience_is_measured_by_no_clock(jump_s: float) -> None:
    """Set forward or back by a day while one waits: it waits neither shorter nor longer."""
    asked = 0

    class Held:
        async def take_shards(self, *_asked: object, **_more: object) -> Asked:
            nonlocal asked
            asked += 1
            return Asked(HeldShard(0, 1))

    async def nothing() -> None:
        pass

    async def jump() -> None:
        clock._now += jump_s

    looks = int(patience_s(GRACE_S) / LOOK_EVERY_S)
    clock = Steps(nothing, jump, *[nothing] * (looks - 2))
    with pytest.raises(ShardsTaken):
        await ShardLeases(cast("JobStore", Held()), clock, patience_s(GRACE_S)).take(
            Shards(1, (0,))
        )
    assert asked == looks + 1


async def test_a_lease_that_is_overridden_is_told(two: tuple[JobStore, JobStore]) -> None:
    """By a clock that is a minute behind: both may serve the shard now, and the log says which."""
    first, second = two
    await first.take_shards(1, [0], now=NOW + 60.0, lease_s=LEASE_S)
    with capture_logs() as logs:
        await ShardLeases(second, Steps(), patience_s(GRACE_S)).take(Shards(1, (0,)))
    assert [(said["event"], said["shard"], said["of"]) for said in logs] == [
        ("discord.shards_overridden", 0, 1)
    ]


async def test_leaving_that_fails_oddly_disturbs_nothing(two: tuple[JobStore, JobStore]) -> None:
    """Whoever stops has more to close: the table may even be gone."""
    first, _ = two
    write = first._connections.write
    await write(lambda here: here.execute(text("ALTER TABLE roles RENAME TO gone")).close())
    try:
        with capture_logs() as logs:
            await ShardLeases(first, Steps(), GRACE_S).leave()
    finally:
        await write(lambda here: here.execute(text("ALTER TABLE gone RENAME TO roles")).close())
    assert [said["event"] for said in logs] == ["discord.shards_not_left"]


async def test_a_statement_that_was_broken_off(two: tuple[JobStore, JobStore]) -> None:
    """By the server's `statement_timeout`: the database could not be used, and may be next time."""
    asked = text("SELECT set_config('statement_timeout', '1', true)"), text("SELECT pg_sleep(60)")
    with pytest.raises(StorageUnavailable) as refused:
        await two[0]._connections.write(lambda here: [here.execute(one).all() for one in asked])
    assert refused.value.reason == "cannot_open"
    assert "statement_timeout" in refused.value.detail
