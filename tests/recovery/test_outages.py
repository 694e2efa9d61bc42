"""Kling is away: jobs wait, one tries whether it is back, one notice, and then the line."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import Reset
from sandbox.kling import Fault, How
from storage.job import State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once
from tests.harness.recovery.waiting import (
    HELD,
    SLOTS,
    all_well,
    held,
    noticed,
    notices,
    orders,
    pictures,
    probed,
    well_again,
)
from tests.harness.town import Town, card_text


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot with three slots for pictures and two for clips."""
    async with open_town(tmp_path, env=SLOTS) as made, made.bot():
        yield made


@pytest.mark.sweep
async def test_a_kling_that_answers_with_faults_is_waited_for(town: Town) -> None:
    """Six jobs and many minutes of 503 are one notice, a few tries, and no job that failed."""
    storm = town.kling.fault(Fault(How.REFUSE, code=5001, times=None))
    asked = await pictures(town, 3)
    for one in asked:
        await town.card_says(one, HELD)
    assert "not responding" in await noticed(town, 1)
    asked += await pictures(town, 3, 3)
    for one in asked[3:]:
        assert HELD in card_text(town.card_of(one)), "a card says at once what it waits for"
    tries = orders(town)
    for _ in range(8):
        await probed(town)
    await held(town)
    assert orders(town) - tries <= 16, "one at a time, and each time later"
    assert len(notices(town)) == 1
    assert town.kling.creates == []
    await well_again(town, storm)
    assert "Resolved" in await noticed(town, 2)
    await all_well(town, asked, [f"number {number}" for number in range(6)])


@pytest.mark.sweep
async def test_a_kling_that_cannot_be_reached_is_waited_for(town: Town) -> None:
    """Nothing was sent, so nothing is looked up: the queue stands still until Kling listens."""
    port = urlsplit(town.kling.base_url).port
    assert port is not None
    await town.kling.close()
    asked = await pictures(town, 5)
    assert "not responding" in await noticed(town, 1)
    until = await held(town)
    await town.kling.start(port)
    town.clock.jump(max(0.0, until - town.clock.now()))
    assert "Resolved" in await noticed(town, 2)
    town.clock.jump(61.0)
    await all_well(town, asked, [f"number {number}" for number in range(5)])


async def test_one_job_alone_tries_whether_it_is_back(town: Town) -> None:
    """While the probe has no response nothing else is sent, whatever else is due."""
    storm = town.kling.fault(Fault(How.REFUSE, code=5001, times=None))
    await pictures(town, 3)
    await noticed(town, 1)
    for _ in range(5):
        await probed(town)
    until = await held(town)
    silent = town.kling.fault(Fault(How.HANG, method="*", before=True))
    storm.times = 0
    seen = len(town.kling.requests)
    town.clock.jump(max(0.0, until - town.clock.now()))
    await silent.arrived.wait()
    asked = await town.ask("video", prompt="in the meantime")
    assert HELD in card_text(town.card_of(asked))
    assert len(town.kling.requests) == seen + 1
    silent.release()
    await town.posted(4)
    await town.settled()
    assert_paid_once(town, 4)


@pytest.mark.sweep
async def test_one_job_that_kling_chokes_on_holds_nobody(town: Town) -> None:
    """A picture that makes Kling stumble each time is no outage: others go on beside it."""
    town.kling.fault(
        Fault(How.REFUSE, body=lambda body: body["prompt"] == "poison", code=5000, times=None)
    )
    await town.ask("image", prompt="poison")
    others = await pictures(town, 4)
    for one in others:
        await town.card_says(one, "✅")
    assert notices(town) == []


@pytest.mark.sweep
async def test_jobs_that_kling_chokes_on_hold_nobody_for_long(town: Town) -> None:
    """Three of them look like an outage: their look-ups take turns with those who would get on."""
    poison = Fault(How.REFUSE, body=lambda body: "poison" in body["prompt"], code=5000, times=None)
    town.kling.fault(poison)
    for number in range(3):
        await town.ask("image", prompt=f"poison {number}")
    await noticed(town, 1)
    for _ in range(4):  # until a turn comes later than the next look-up is due
        await probed(town)
    await held(town)
    asked = await town.ask("video", prompt="harmless")
    for _ in range(2):
        if not town.kling.creates:
            await probed(town)
    await town.kling.until(lambda: bool(town.kling.creates), PATIENCE_S)
    await town.card_says(asked, "✅")
    assert "Resolved" in await noticed(town, 2)


@pytest.mark.sweep
async def test_an_operator_who_cannot_be_told_holds_no_job(tmp_path: Path) -> None:
    """Without a network the owner is unknown: jobs go back into the queue all the same."""
    async with open_town(tmp_path, env=SLOTS) as town, town.bot():
        town.discord.fault("GET", "/oauth2/applications/@me", Reset(), times=None)
        storm = town.kling.fault(Fault(How.REFUSE, code=1002, status=401, times=None))
        [asked] = await pictures(town, 1)
        await town.card_says(asked, HELD)
        [job] = await town.store.list_jobs()
        assert job.state is State.QUEUED
        town.discord.faults.clear()
        await probed(town)
        assert "rejected the key" in await noticed(town, 1)
        await well_again(town, storm)
        await all_well(town, [asked], ["number 0"])


@pytest.mark.sweep
async def test_faces_are_not_asked_for_while_kling_is_away(town: Town) -> None:
    """A lip-sync keeps its inputs and waits like any other job, however long; then it continues."""
    storm = town.kling.fault(Fault(How.REFUSE, code=5001, times=None))
    await pictures(town, 3)
    await noticed(town, 1)
    asked = await town.ask("lipsync", video=clip(1), audio=voice())
    for _ in range(16):
        await probed(town)
    await well_again(town, storm)
    await noticed(town, 2)
    town.clock.jump(61.0)
    await town.card_says(asked, "✅")
    await town.settled()
    assert_paid_once(town, 4)
    assert len(notices(town)) == 2
