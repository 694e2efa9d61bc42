"""Laws of sharing what there is little of."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.turns import Turns


class Served:
    """Takes turns that end when told, and notes the order in which they began."""

    def __init__(self, total: int, each: int | None = None) -> None:
        self.turns = Turns(total, each=each)
        self.began: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, member: str | None, weight: int = 1) -> None:
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._hold(name, member, weight))
        await settle()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await settle()

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._tasks[name]
        await settle()

    async def end_all(self) -> None:
        while running := [n for n in self.began if not self._tasks[n].done()]:
            await self.end(running[0])

    async def _hold(self, name: str, member: str | None, weight: int) -> None:
        async with self.turns.turn(member, weight):
            self.began.append(name)
            await self._ends[name].wait()


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_members_are_served_in_rounds() -> None:
    """However many one member has waiting, another's first comes next: it had no turn yet."""
    served = Served(1)
    for n in range(10):
        await served.ask(f"a{n}", None)
    await served.ask("b0", "b")
    await served.ask("b1", "b")
    await served.end_all()
    assert served.began[:5] == ["a0", "b0", "a1", "b1", "a2"]
    assert served.began[5:] == [f"a{n}" for n in range(3, 10)]


async def test_a_large_share_is_not_overtaken() -> None:
    """Small shares that come later wait behind a large one, which gets its turn."""
    served = Served(10)
    await served.ask("first", "a", 6)
    await served.ask("large", "b", 9)
    await served.ask("small", "c", 1)
    assert served.began == ["first"]
    await served.end("first")
    assert served.began == ["first", "large", "small"]
    await served.end_all()


async def test_more_than_everything_is_everything() -> None:
    """A share larger than the total goes when nothing else is held, alone."""
    served = Served(10)
    await served.ask("huge", "a", 1_000)
    await served.ask("next", "b", 1)
    assert served.began == ["huge"]
    await served.end_all()
    assert served.began == ["huge", "next"]


async def test_one_key_never_holds_more_than_its_share() -> None:
    """What a member may not hold yet waits, and another member's goes ahead."""
    served = Served(4, each=2)
    for n in range(4):
        await served.ask(f"a{n}", None)
    await served.ask("b0", "b")
    assert served.began == ["a0", "a1", "b0"]
    await served.end("a0")
    assert served.began == ["a0", "a1", "b0", "a2"]
    await served.end_all()


async def test_whoever_gives_up_holds_nobody() -> None:
    """A cancelled wait, and a cancelled turn, leave the rest as if they had never come."""
    served = Served(1)
    for name, member in (("a0", "a"), ("a1", "a"), ("b0", "b"), ("c0", "c")):
        await served.ask(name, member)
    await served.cancel("a1")
    await served.cancel("a0")
    assert served.began == ["a0", "b0"]
    await served.end_all()
    assert served.began == ["a0", "b0", "c0"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12)), max_size=30))
def test_the_total_is_never_exceeded(asked: list[tuple[str, int]]) -> None:
    """Whatever is asked for, no more is held than there is, and everybody is served."""
    total, held, most, done = 8, 0, 0, 0

    async def hold(turns: Turns, member: str, weight: int) -> None:
        nonlocal held, most, done
        async with turns.turn(member, weight):
            held += min(weight, total)
            most = max(most, held)
            for _ in range(weight):
                await asyncio.sleep(0)
            held -= min(weight, total)
            done += 1

    async def play() -> None:
        turns = Turns(total)
        tasks = [asyncio.create_task(hold(turns, member, weight)) for member, weight in asked]
        await asyncio.gather(*tasks)

    asyncio.run(play())
    assert most <= total
    assert done == len(asked)


async def test_many_who_give_up_in_one_moment_leave_all_of_it() -> None:
    """Holders and waiters may be cancelled together: nothing is lost and nothing else raised."""
    turns = Turns(3, each=2)

    async def hold(key: int) -> None:
        async with turns.turn(key, 2):
            await asyncio.Event().wait()

    for order in (1, -1):
        holding = [asyncio.ensure_future(hold(key)) for key in (1, 1, 2, 3, 3, 4)]
        await asyncio.sleep(0)
        for task in holding[::order]:
            task.cancel()
        ends = await asyncio.gather(*holding, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * len(holding)
        async with asyncio.timeout(5), turns.turn(5, 2), turns.turn(6, 1):
            pass
