"""Which notices may be sent: one of several processes, and not again for a while."""

import asyncio

from storage.clocks import CLOCKS_APART_S
from storage.store import JobStore
from tests.harness.storage.making import NOW

HOUR_S = 3_600.0
SENDING_S = 60.0


async def _may(store: JobStore, at: float, about: str = "kling is away") -> bool:
    return await store.may_notify(about, now=at, every_s=HOUR_S, sending_s=SENDING_S)


async def test_of_two_processes_one_sends_it(store: JobStore, other: JobStore) -> None:
    """Both see the same trouble at the same moment; the operator reads it once."""
    assert sorted(await asyncio.gather(_may(store, NOW), _may(other, NOW))) == [False, True]
    await store.notified("kling is away", now=NOW)
    assert not await _may(other, NOW + HOUR_S - 1)
    assert await _may(other, NOW + HOUR_S)


async def test_one_that_did_not_arrive_is_sent_by_another(store: JobStore, other: JobStore) -> None:
    """Whoever took it and died, or could not send it, has a minute."""
    assert await _may(store, NOW)
    assert not await _may(other, NOW + SENDING_S - 1)
    assert await _may(other, NOW + SENDING_S)


async def test_a_clock_that_is_seconds_behind_sends_nothing_again(
    store: JobStore, other: JobStore
) -> None:
    """What was sent by another's clock a moment from now was sent just now."""
    assert await _may(store, NOW)
    await store.notified("kling is away", now=NOW)
    assert not await _may(other, NOW - CLOCKS_APART_S)
    assert await _may(other, NOW - HOUR_S)


async def test_a_clock_that_was_ahead_silences_nothing(store: JobStore) -> None:
    """A notice of next year was sent by a wrong clock."""
    assert await _may(store, NOW + 365 * 86_400.0)
    await store.notified("kling is away", now=NOW + 365 * 86_400.0)
    assert await _may(store, NOW)


async def test_old_notices_are_deleted(store: JobStore) -> None:
    """What is too old to matter goes with the purge; what is not stays."""
    await _may(store, NOW, "old")
    await store.notified("old", now=NOW)
    await store.purge_notices(now=NOW + HOUR_S)
    assert not await _may(store, NOW + HOUR_S - 1, "old")
    await store.purge_notices(now=NOW + 25 * HOUR_S)
    assert await _may(store, NOW - HOUR_S, "old")
