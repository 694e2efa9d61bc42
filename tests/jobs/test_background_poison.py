"""One thing that always fails in the background keeps no other from being done."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from bot.background import STEADY_S, Background, each, kept_running
from bot.jobs.outages import Outages
from bot.jobs.removals import APART_S, Removals
from bot.kling.client import Kling
from sandbox.clock import PATIENCE_S
from storage.character_schema import removals
from storage.engine import open_database
from storage.errors import ClaimLost, RoleLost, RowUnreadable, StorageUnavailable
from storage.store import JobStore
from tests.harness.jump_clock import JumpClock

A_MOMENT_S = 0.01
"""What hangs is cut short after any wait, however late a busy machine notices its end."""
BAD, GOOD = "0000000000000bad", "000000000000good"


class Bug(Exception):
    """What nobody foresaw."""


class Deletes:
    """The part of the client that deletes elements; of one it fails, and not as Kling would."""

    def __init__(self) -> None:
        self.deleted = asyncio.Queue[str]()

    async def delete_element(self, element_id: str) -> None:
        if element_id == BAD:
            raise Bug
        self.deleted.put_nowait(element_id)


class Noting:
    """A clock on which no one waits; it notes for how long they would have."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def _told(key: str, **facts: str | float) -> bool:
    return bool(key) or bool(facts)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


async def test_a_deletion_that_always_fails_keeps_no_other_waiting(store: JobStore) -> None:
    """Whatever its failure is, the next one is deleted, and it is tried again later."""
    clock, kling, background = JumpClock(), Deletes(), Background()
    owed = [
        {"id": one, "element_id": one, "asked_at": at, "due_at": at, "tries": 0, "told": False}
        for at, one in enumerate((BAD, GOOD))
    ]
    await store._connections.write(lambda here: here.execute(insert(removals), owed).close())
    outages = Outages(store, clock, _told, background)
    keeping = asyncio.create_task(
        Removals(cast("Kling", kling), clock, outages, _told).keep_removing(store)
    )
    while kling.deleted.empty() and not keeping.done():
        clock.jump(APART_S)
        await asyncio.sleep(0)
    assert kling.deleted.get_nowait() == GOOD
    [bad] = [one for one in await store.removals(now=1e12) if one.id == BAD]
    assert bad.tries >= 1
    keeping.cancel()
    await background.close()


async def test_what_fails_is_told_after_all_was_done() -> None:
    """A failure is raised after every step's turn, or logged if a database in trouble ends it."""
    done: list[str] = []

    async def step(name: str, failure: Exception | None = None) -> None:
        done.append(name)
        if failure is not None:
            raise failure

    with pytest.raises(ExceptionGroup) as raised:
        await each((lambda: step("bad", Bug()), lambda: step("good")))
    assert done == ["bad", "good"]
    assert [type(one) for one in raised.value.exceptions] == [Bug]
    done.clear()
    one_rows: tuple[Exception, ...] = (ClaimLost(), RowUnreadable("0000000000000bad", "kind"))
    with pytest.raises(ExceptionGroup) as raised:
        await each([*(partial(step, "row", one) for one in one_rows), lambda: step("good")])
    assert done == ["row", "row", "good"]
    assert raised.value.exceptions == one_rows
    trouble = StorageUnavailable("full", "")
    bug = Bug()
    for ending in (trouble, RoleLost()):
        done.clear()
        with capture_logs() as logged, pytest.raises(type(ending)):
            await each([partial(step, "bad", bug), partial(step, "end", ending), partial(step, "")])
        assert done == ["bad", "end"]
        assert [record["exc_info"] for record in logged] == [bug]


async def test_what_is_under_way_has_a_moment_at_the_end() -> None:
    """A notice that was begun just before the process ends is sent; what hangs is cut short."""
    background, ended = Background(), list[str]()
    begun, answered = asyncio.Queue[str](), asyncio.Event()

    async def notice(name: str, until: asyncio.Event) -> None:
        begun.put_nowait(name)
        try:
            await until.wait()
            ended.append(name)
        except asyncio.CancelledError:
            ended.append(f"{name}, cut short")

    background.begin(notice("sent", answered))
    closing = asyncio.ensure_future(background.close(PATIENCE_S))
    assert await begun.get() == "sent"
    answered.set()
    await closing
    background.begin(notice("hangs", asyncio.Event()))
    assert await begun.get() == "hangs"
    await background.close(A_MOMENT_S)
    assert ended == ["sent", "hangs, cut short"]


async def test_what_ran_for_an_hour_is_begun_again_at_once() -> None:
    """The wait before a task is begun again grows with failures in a row, not over its life."""
    clock, waits = Noting(), list[float]()
    runs_s = [0.0, 0.0, STEADY_S - 1.0, STEADY_S, 0.0]

    async def work() -> None:
        waits.extend(clock.slept)
        clock.slept.clear()
        if not runs_s:
            raise asyncio.CancelledError
        clock.at += runs_s.pop(0)
        raise Bug

    with pytest.raises(asyncio.CancelledError):
        await kept_running("purge", work, clock, lambda _name: None)
    assert waits == [1.0, 2.0, 4.0, 1.0, 2.0]


async def test_a_background_task_that_fails_is_begun_again() -> None:
    """However it fails, it runs again, and each failure is told."""
    clock, runs = JumpClock(), 0
    told: list[str] = []
    done = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            done.set()
            await asyncio.Event().wait()
        raise Bug

    keeping = asyncio.create_task(kept_running("purge", work, clock, told.append))
    while not done.is_set():
        clock.jump(600.0)
        await asyncio.sleep(0)
    assert told == ["purge", "purge"]
    keeping.cancel()
