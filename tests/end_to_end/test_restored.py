"""A bot that starts from a copy: what happened since the copy was made happens no second time."""

import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import Permission
from sandbox.kling import Script, Switches
from storage.engine import open_database
from storage.facts import PAUSED_FACT
from storage.job import ENDED, Job, State, WaitsFor
from storage.restore import back_up_database, restore_database
from tests.end_to_end.test_elimination import ALONE, ask, lost, resting, told, unsure
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.recovery.operating import jobs
from tests.harness.town import Town

READ_ONLY = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
NONCES_FORGOTTEN_S = 3_600
"""Longer than Discord recognises a repeated message."""
TOKEN_LIFE_S = 15 * 60 + 1


def url_of(town: Town) -> str:
    return town.settings.storage.url.get_secret_value()


async def restored(town: Town, copy: Path) -> None:
    await restore_database(url_of(town), copy, owner="operator", now=town.clock.now())


class Copies:
    """A copy after every commit of the running bot."""

    def __init__(self, town: Town, folder: Path) -> None:
        self._town = town
        self._folder = folder
        self.made: list[Path] = []

    def begin(self) -> None:
        assert self._town.app is not None
        connections = self._town.app.store._connections
        write: Callable[..., Awaitable[Any]] = connections.write

        async def copied(*args: Any, **kwargs: Any) -> Any:
            written = await write(*args, **kwargs)
            target = self._folder / f"copy-{len(self.made)}.db"
            self.made.append(target)
            await back_up_database(url_of(self._town), target, now=self._town.clock.now())
            return written

        connections.write = copied  # type: ignore[method-assign]  # stands in front of it


@pytest.mark.sweep
async def test_a_copy_of_any_moment_pays_and_posts_nothing_twice(tmp_path: Path) -> None:
    """Restored after the job has ended, each copy comes to the same end: one task, one message."""
    async with open_town(tmp_path) as town:
        copies = Copies(town, tmp_path)
        async with town.bot():
            copies.begin()
            await town.ask("video", prompt="a fox in the snow")
            await town.job_is(State.DONE)
        states = set()
        for copy in copies.made:
            town.clock.jump(NONCES_FORGOTTEN_S)
            await restored(town, copy)
            async with open_database(url_of(town), owner="bot") as database:
                jobs = await database.jobs.list_jobs()
                states |= {job.state for job in jobs}
                assert await database.jobs.check_books() == []
            async with town.bot():
                await town.commits.until(lambda: all_ended(town))
            assert_paid_once(town, 1)
            assert_posted_once(town.posts(), 1)
        assert {State.QUEUED, State.CREATING, State.RUNNING, State.POSTING, State.DONE} <= states


async def all_ended(town: Town) -> bool | None:
    jobs = await town.store.list_jobs()
    return True if all(job.state in ENDED and job.card.due_at is None for job in jobs) else None


async def test_what_was_never_sent_is_sent_after_a_look(tmp_path: Path) -> None:
    """A job that Kling does not know is made as always, after it was looked for."""
    async with open_town(tmp_path) as town:
        copy = tmp_path / "copy.db"
        async with town.bot():
            await town.store.set_fact(PAUSED_FACT, "now")
            await town.ask("video", prompt="a fox")
            await town.job_is(State.QUEUED)
            await back_up_database(url_of(town), copy, now=town.clock.now())
        await restored(town, copy)
        async with town.bot():
            await town.store.set_fact(PAUSED_FACT, "")
            job = await town.job_is(State.DONE)
        first = next(r for r in town.kling.requests if "text2video" in r.path)
        assert (first.method, first.path.rpartition("/")[2]) == ("GET", job.id)
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
@pytest.mark.parametrize("echoes", [True, False])
async def test_what_cannot_be_proven_waits_for_a_person(tmp_path: Path, *, echoes: bool) -> None:
    """A lip-sync has no look-up by our id: found by its echo it goes on, otherwise it is unsure."""
    switches = Switches(lip_sync_echoes_external_id=echoes)
    async with open_town(tmp_path, switches=switches) as town:
        copy = tmp_path / "copy.db"
        async with town.bot():
            await town.store.set_fact(PAUSED_FACT, "now")
            await town.ask("lipsync", video=clip(), audio=voice())
            await town.job_is(State.QUEUED)
            await back_up_database(url_of(town), copy, now=town.clock.now())
            await town.store.set_fact(PAUSED_FACT, "")
            await town.job_is(State.DONE)
        await restored(town, copy)
        async with town.bot():
            await town.store.set_fact(PAUSED_FACT, "")

            async def settled() -> Job | None:
                job = await town.only_job()
                if job.state is State.CREATING:
                    town.skip_wait(job)
                ended = job.state is State.DONE or job.waits_for is WaitsFor.UNSURE
                return job if ended else None

            job = await town.commits.until(settled)
        assert job.state is (State.DONE if echoes else State.WAITING)
        assert len(town.kling.creates) == 1
        assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
async def test_what_went_to_the_inbox_is_found_there(tmp_path: Path) -> None:
    """A copy from before does not know that the channel refused: no second direct message comes."""
    async with open_town(tmp_path) as town:
        copy = tmp_path / "copy.db"
        town.kling.script(Script(takes_s=math.inf))
        async with town.bot():
            asked = await town.ask("image", prompt="a fox")
            await town.card_says(asked, "working")
            await back_up_database(url_of(town), copy, now=town.clock.now())
            town.discord.set_permissions(town.channel, READ_ONLY)
            town.clock.jump(TOKEN_LIFE_S)
            town.kling.finish(town.kling.creates[0])
            await town.job_is(State.DONE)
        inbox = town.discord.dm(town.member)
        assert_posted_once(town.posts(inbox), 1)
        await restored(town, copy)
        async with town.bot():
            await town.commits.until(lambda: all_ended(town))
        assert_posted_once(town.posts(inbox), 1)
        assert town.posts() == []
        assert_paid_once(town, 1)


async def test_of_a_time_that_the_copy_does_not_know_nothing_is_eliminated(tmp_path: Path) -> None:
    """A task of a job that came after the copy is not taken for that of one in the copy."""
    async with open_town(tmp_path, env=ALONE) as town:
        copy = tmp_path / "copy.db"
        async with town.bot():
            lost(town, before=True)
            await ask(town)
            await resting(town, unsure)
            await back_up_database(url_of(town), copy, now=town.clock.now())
            await ask(town, by=town.discord.add_user("noa"))
            await resting(town, lambda job: unsure(job) or told(job))
        await restored(town, copy)
        async with town.bot():
            [before] = await town.store.list_jobs()
            await jobs(town, tmp_path, "resolve", before.id, "look")
            since = before.updated_at
            [after] = await resting(
                town, lambda job: told(job) or (unsure(job) and job.updated_at > since)
            )
        assert unsure(after)
        assert len(town.kling.creates) == 1
        assert_posted_once(town.posts(), 1)
