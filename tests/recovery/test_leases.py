"""The loop and its leases: idle it rests, a long step keeps its row, a short end lets it go."""

import asyncio
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.requests import Request, from_json
from bot.jobs.worker import IDLE_MAX_S, LEASE_S
from sandbox.clock import PATIENCE_S
from sandbox.kling import Fault, How, Script
from storage.engine import open_database
from storage.job import Job, Kind, State
from storage.store import JobStore, Lane
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import HASTY, Town, png


async def test_while_everything_waits_for_somebody_else_the_loop_rests(tmp_path: Path) -> None:
    """A task that runs, a full queue, a question, a slow download, a pause: nothing to look at."""
    hourly = {"KLINGBOT_POLL__FIRST_S": "3600", "KLINGBOT_POLL__INTERVAL_S": "3600"}
    async with open_town(tmp_path, env=hourly) as town, town.bot(answer_within=HASTY) as app:
        town.kling.script(Script(takes_s=math.inf, times=None))
        for prompt in ("takes every slot", "waits for them"):
            await town.ask("image", prompt=prompt, n=9)
        await town.job_is(State.RUNNING)
        asked = await town.ask("lipsync", video=clip(2), audio=voice())
        await town.card_says(asked, "👤")
        town.discord.hold("GET", routes.ATTACHED)
        held = town.discord.hold("GET", routes.ATTACHED)
        await town.ask("video", prompt="slow", image=png())
        await held.arrived(30)
        await town.store.set_fact("paused", "yes")
        jobs = await town.commits.until(partial(_quiet, town))
        assert {job.state for job in jobs} == {
            State.RUNNING,
            State.QUEUED,
            State.WAITING,
            State.PREPARING,
        }
        assert await app.worker._next_look_at() >= town.clock.now() + IDLE_MAX_S - 1.0
        held.release()


async def _quiet(town: Town) -> list[Job] | None:
    """Return all jobs once no card is to be edited and only the download is under way."""
    jobs = await town.store.list_jobs()
    held = [job for job in jobs if job.lease_owner is not None]
    owed = [job for job in jobs if job.card.due_at is not None]
    return jobs if not owed and [job.state for job in held] == [State.PREPARING] else None


async def test_a_step_that_takes_long_keeps_its_row(town: Town) -> None:
    """The lease is renewed while the step runs: no other process gets the row; one delivery."""
    slow = town.kling.fault(Fault(How.HANG, method="GET", path="/results/*"))
    asked = await town.ask("image", prompt="a long way")
    await slow.arrived.wait()
    renewals = Renewals(town.store)
    url = town.settings.storage.url.get_secret_value()
    async with open_database(url, owner="another", beside=True) as database:
        for _ in range(5):
            town.clock.jump(LEASE_S * 0.75)
            await renewals.next()
            now = town.clock.now()
            assert await database.jobs.claim(Lane.TELL, now=now, lease_s=60, limit=5) == []
    slow.release()
    await town.card_says(asked, "✅")
    await town.settled()
    assert_posted_once(town.posts(), 1)


class Renewals:
    """Tells when a lease was renewed by the step that holds it."""

    def __init__(self, store: JobStore) -> None:
        self._renewed = asyncio.Event()
        self._renew = store.renew
        store.renew = self._count  # type: ignore[method-assign]  # the one place to listen at

    async def next(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._renewed.wait()
        self._renewed.clear()

    async def _count(self, job: Job, *, until: float) -> None:
        await self._renew(job, until=until)
        self._renewed.set()


async def test_a_clock_that_jumps_past_a_lease_starts_no_second_step(town: Town) -> None:
    """A machine that slept finds its steps where it left them."""
    slow = town.kling.fault(Fault(How.HANG))
    asked = await town.ask("image", prompt="good morning")
    await slow.arrived.wait()
    town.clock.jump(12 * 3_600.0)
    other = await town.ask("image", prompt="goes on beside it")
    await town.card_says(other, "✅")
    slow.release()
    await town.card_says(asked, "✅")
    await town.settled()
    assert_paid_once(town, 2)
    assert_posted_once(town.posts(), 2)


async def test_a_mistake_in_one_step_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, town: Town
) -> None:
    """The row of the step that failed is retried later; the loop continues."""
    mistakes: list[Mapping[str, Any]] = []

    def broken(kind: Kind, data: Mapping[str, Any]) -> Request:
        if data["prompt"] == "poison" and not mistakes:
            mistakes.append(data)
            raise RuntimeError("a mistake of ours")
        return from_json(kind, data)

    monkeypatch.setattr("bot.jobs.claim.from_json", broken)
    bad = await town.ask("image", prompt="poison")
    good = await town.ask("image", prompt="harmless")
    await town.card_says(good, "✅")
    assert mistakes
    town.clock.jump(61.0)
    await town.card_says(bad, "✅")
    await town.settled()
    assert_paid_once(town, 2)
