"""Doing together what is asked for at the same time."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.batching import Batcher


class Turns:
    """Remembers each turn; holds the first one until it is told to go on."""

    def __init__(self) -> None:
        self.taken: list[list[int]] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.taken.append(list(items))
        self.begun.set()
        await self.go_on.wait()
        if 0 in items:
            raise OSError
        return [KeyError(item) if item < 0 else 10 * item for item in items]


async def test_who_comes_during_a_turn_shares_the_next() -> None:
    """The first goes alone and at once; the ones that arrive then go together, up to a maximum."""
    turns = Turns()
    gathering = Batcher(turns, at_once_max=2)
    first = asyncio.create_task(gathering(1))
    await turns.begun.wait()
    others = [asyncio.create_task(gathering(item)) for item in (2, 3, 4)]
    await asyncio.sleep(0)
    turns.go_on.set()
    assert await asyncio.gather(first, *others) == [10, 20, 30, 40]
    assert turns.taken == [[1], [2, 3], [4]]


async def test_each_gets_its_own_result() -> None:
    """An exception among the results is raised only to the item it belongs to."""
    turns = Turns()
    turns.go_on.set()
    gathering = Batcher(turns)
    results = await asyncio.gather(
        gathering(1), gathering(-2), gathering(3), return_exceptions=True
    )
    assert list(results[::2]) == [10, 30]
    assert isinstance(results[1], KeyError)
    assert turns.taken == [[1, -2, 3]]


async def test_a_failed_turn_fails_for_all_in_it_and_the_next_is_taken() -> None:
    """An exception of a turn is raised to all of its items; later items are served."""
    turns = Turns()
    turns.go_on.set()
    gathering = Batcher(turns)
    results = await asyncio.gather(gathering(0), gathering(1), return_exceptions=True)
    assert [type(result) for result in results] == [OSError, OSError]
    assert await gathering(2) == 20


async def test_who_gives_up_before_the_turn_is_left_out() -> None:
    """A cancelled caller's item is not done unless its turn has begun."""
    turns = Turns()
    gathering = Batcher(turns)
    first = asyncio.create_task(gathering(1))
    await turns.begun.wait()
    second, third = (asyncio.create_task(gathering(item)) for item in (2, 3))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    turns.go_on.set()
    assert list(await asyncio.gather(first, third)) == [10, 30]
    assert turns.taken == [[1], [3]]
