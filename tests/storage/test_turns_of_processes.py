"""Facts on which several processes agree, and turns of which one of them has each."""

import asyncio

from storage.clocks import CLOCKS_APART_S
from storage.store import JobStore
from tests.harness.storage.making import NOW

EVERY_S = 5.0
ASKING = 8


async def test_the_first_value_is_the_one_that_is_agreed_on(store: JobStore) -> None:
    """Whoever comes later is told what the first one said."""
    assert await store.agree_on("shards", "3") == "3"
    assert await store.agree_on("shards", "5") == "3"
    await store.set_fact("shards", "6")
    assert await store.agree_on("shards", "3") == "6"


async def test_a_turn_is_taken_by_one_and_free_again_in_time(store: JobStore) -> None:
    """Of several who ask at once one gets it; the others are told how long it takes."""
    waits = await asyncio.gather(
        *(store.take_turn("identify:0", now=NOW, every_s=EVERY_S) for _ in range(ASKING))
    )
    assert sorted(waits) == [0.0] + [EVERY_S] * (ASKING - 1)
    assert await store.take_turn("identify:0", now=NOW + 2.0, every_s=EVERY_S) == 3.0
    assert await store.take_turn("identify:1", now=NOW + 2.0, every_s=EVERY_S) == 0.0
    assert await store.take_turn("identify:0", now=NOW + 5.0, every_s=EVERY_S) == 0.0


async def test_a_clock_that_is_ahead_holds_a_turn_no_longer(store: JobStore) -> None:
    """Taken an hour from now, by a clock that was wrong: it is free now, and once in its time."""
    await store.take_turn("identify:0", now=NOW + 3_600.0, every_s=EVERY_S)
    assert await store.take_turn("identify:0", now=NOW, every_s=EVERY_S) == 0.0
    assert await store.take_turn("identify:0", now=NOW + 2.0, every_s=EVERY_S) == 3.0
    assert await store.take_turn("identify:0", now=NOW + 5.0, every_s=EVERY_S) == 0.0


async def test_a_clock_that_is_seconds_ahead_keeps_its_turn(store: JobStore) -> None:
    """Asked again after each wait, by a clock as far behind as clocks may be: it ends."""
    await store.take_turn("identify:0", now=NOW + CLOCKS_APART_S, every_s=EVERY_S)
    now, waits = NOW, []
    while wait_s := await store.take_turn("identify:0", now=now, every_s=EVERY_S):
        waits.append(wait_s)
        now += wait_s
    assert waits == [EVERY_S, CLOCKS_APART_S]
