"""Hidden results and copies to be taken out: no row keeps others waiting for its turn."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import insert, update

from bot.delivery import hidden_files, leftovers
from bot.delivery.hidden_files import HiddenFiles
from bot.delivery.leftovers import Leftovers
from bot.discord.poster import Poster
from bot.domain.policy.backoff import DAY_S
from bot.errors import PostImpossible, PostUnclear
from storage.engine import open_database
from storage.schema import deliveries, hidden
from storage.schema import leftovers as owed
from storage.store import JobStore
from tests.harness.jump_clock import JumpClock
from tests.harness.storage.making import SERVER, make_job

CHANNEL = 5
BAD = 1
"""The message at which everything fails."""


UNREADABLE = 0
"""The message whose row a newer version wrote."""


class Bug(Exception):
    """What nobody foresaw."""


class Messages:
    """The part of the poster that changes messages; at one of them it fails."""

    def __init__(self, failure: Exception) -> None:
        self.done: list[int] = []
        self._failure = failure

    async def hide_files(self, channel_id: int, message_id: int) -> None:
        assert channel_id == CHANNEL
        if message_id == BAD:
            raise self._failure
        self.done.append(message_id)

    delete_post = hide_files


class Managers:
    """What managers were told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str, dict[str, str | float]]] = []

    async def __call__(self, guild_id: int, key: str, **facts: str | float) -> bool:
        self.told.append((guild_id, key, facts))
        return True


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


async def posted(store: JobStore, messages: Sequence[int]) -> list[str]:
    """Have one job to be hidden for each of these messages, in their order."""
    jobs = [make_job() for _ in messages]
    for job in jobs:
        await store.insert(job)
    made = [(job.id, message) for job, message in zip(jobs, messages, strict=True)]
    of_delivery: dict[str, Any] = {
        "kind": "r", "part": 0, "planned_at": 0.0, "venue": "channel", "items": [0],
        "form": "as_is", "tries": 1, "channel_id": CHANNEL, "told_at": 0.0,
    }  # fmt: skip
    rows = [{**of_delivery, "job_id": job_id, "message_id": message} for job_id, message in made]
    for row in rows:
        row["form"] = "newer" if row["message_id"] == UNREADABLE else row["form"]
    asked = [
        {"job_id": job_id, "asked_at": 0.0, "due_at": float(at), "tries": 0}
        for at, (job_id, _) in enumerate(made)
    ]
    await store._connections.write(lambda here: here.execute(insert(deliveries), rows).close())
    await store._connections.write(lambda here: here.execute(insert(hidden), asked).close())
    return [job.id for job in jobs]


async def copies(store: JobStore, messages: Sequence[int]) -> None:
    """Owe that these copies of deleted jobs are taken out, in their order."""
    rows = [
        {
            "job_id": f"{message:016}", "part": 0, "channel_id": CHANNEL, "message_id": message,
            "after_id": 1, "due_at": float(at), "tries": 0,
        }
        for at, message in enumerate(messages)
    ]  # fmt: skip
    await store._connections.write(lambda here: here.execute(insert(owed), rows).close())


def steps(
    store: JobStore, clock: JumpClock, messages: Messages
) -> tuple[Callable[[], Awaitable[float | None]], ...]:
    """Return both steps, in their order."""
    poster = cast("Poster", messages)
    files = HiddenFiles(store, poster, clock, Managers())
    return files.hide, Leftovers(store, poster, clock).take_out


async def test_what_always_fails_keeps_no_other_waiting(store: JobStore) -> None:
    """Whatever its failure is, the next one is done, and it is tried again later."""
    clock, messages = JumpClock(), Messages(Bug())
    *bad, _ = await posted(store, (BAD, UNREADABLE, 2))
    await copies(store, (BAD, 3))
    for step in steps(store, clock, messages):
        again_at = await step()
        assert again_at is not None
        assert again_at > clock.now()
    assert messages.done == [2, 3]
    again = await store.hidden_due(now=1e12, limit=9)
    assert {one.job_id: one.tries for one in again if one.job_id in bad} == dict.fromkeys(bad, 1)
    assert [one.tries for one in await store.leftovers_due(now=1e12, limit=9)] == [1]


@pytest.mark.parametrize("failure", [PostImpossible(50_001), PostUnclear()], ids=repr)
async def test_managers_hear_once_that_a_result_cannot_be_hidden(
    store: JobStore, failure: Exception
) -> None:
    """At the tenth try in vain, with a link to the message; not before, and not again."""
    clock, managers = JumpClock(), Managers()
    await posted(store, (BAD,))
    files = HiddenFiles(store, cast("Poster", Messages(failure)), clock, managers)
    told = []
    for _ in range(12):
        again_at = await files.hide()
        assert again_at is not None
        clock.jump(again_at - clock.now() + 1.0)
        told.append(len(managers.told))
    assert told == [0] * 9 + [1] * 3
    [notice] = managers.told
    url = f"https://discord.com/channels/{SERVER}/{CHANNEL}/{BAD}"
    assert notice == (SERVER, "notice.not_hidden", {"url": url})


async def test_one_look_does_a_bounded_number(store: JobStore) -> None:
    """However much is due: the other kind has its turn in between, and the rest is due at once."""
    clock, messages = JumpClock(), Messages(Bug())
    first = range(100, 101 + hidden_files.AT_ONCE)
    second = range(200, 201 + leftovers.AT_ONCE)
    await posted(store, first)
    await copies(store, second)
    for step in steps(store, clock, messages):
        again_at = await step()
        assert again_at is not None
        assert again_at <= clock.now()
    assert messages.done == [*first[:-1], *second[:-1]]


async def test_a_clock_that_is_set_back_makes_no_wait_longer(store: JobStore) -> None:
    """What is asked to be hidden is looked at again in ten minutes, whatever the clock says."""
    clock = JumpClock()
    [job_id] = await posted(store, (2,))
    await store.want_hidden(job_id, now=clock.now())
    clock.jump(-3 * DAY_S)
    files = HiddenFiles(store, cast("Poster", Messages(Bug())), clock, Managers())
    [one] = await store.hidden_due(now=1e12, limit=1)
    await store.hidden_again(one, due_at=clock.now())
    again_at = await files.hide()
    assert again_at is not None
    assert again_at - clock.now() <= hidden_files.SENDING_S


@pytest.mark.parametrize("tries", [0, 1], ids=["composed", "sent"])
async def test_what_is_on_its_way_is_hidden_soon_after_it_came(store: JobStore, tries: int) -> None:
    """A message that was composed before is seen for seconds; one that never comes costs little."""
    clock, messages = JumpClock(), Messages(Bug())
    [job_id] = await posted(store, (2,))
    on_its_way = update(deliveries).values(told_at=None, message_id=None, tries=tries)
    await store._connections.write(lambda here: here.execute(on_its_way).close())
    await store.want_hidden(job_id, now=clock.now())
    files = HiddenFiles(store, cast("Poster", messages), clock, Managers())

    async def look() -> float:
        again_at = await files.hide()
        assert again_at is not None
        wait_s = again_at - clock.now()
        clock.jump(wait_s)
        return wait_s

    waits_s = [await look() for _ in range(8)]
    assert sum(waits_s[:2]) <= 10.0
    assert sum(waits_s) >= 300.0
    came = update(deliveries).values(told_at=clock.now(), message_id=2, tries=1)
    await store._connections.write(lambda here: here.execute(came).close())
    await look()
    assert messages.done == [2]


async def test_what_is_hidden_is_not_given_up(
    store: JobStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """However often it was tried: once all is hidden, nothing is left and nobody warned."""
    clock = JumpClock()
    [job_id] = await posted(store, (2,))
    for _ in range(hidden_files.TRIES_MAX):
        [one] = await store.hidden_due(now=1e12, limit=1)
        await store.hidden_again(one, due_at=0.0)
    messages = Messages(Bug())
    files = HiddenFiles(store, cast("Poster", messages), clock, Managers())
    assert await files.hide() is None
    assert messages.done == [2]
    assert await store.is_hidden(job_id)
    assert "given_up" not in capsys.readouterr().out
