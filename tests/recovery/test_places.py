"""Kling has fewer places, or fewer units, than an order needs: others go on, and it is told why."""

import math
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.kling import Fault, How, Script
from storage.engine import open_database
from storage.job import Job, State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once
from tests.harness.recovery.waiting import HELD, noticed, notices, orders
from tests.harness.town import Town, card_text

DAY_S = 86_400.0
MINUTE_S = 61.0
"""Longer than any wait between two tries."""
MODEL = "kling-v1-5"
DEAR: dict[str, Any] = {"model": "kling-v2-5-turbo", "mode": "pro", "duration": 10}
"""5 units (Kling's price table, 2026-09)."""
CHEAP: dict[str, Any] = {"model": "kling-v2-5-turbo", "mode": "std", "duration": 5}
"""1.5 units."""


async def _at_rest(town: Town, refused: int, slots: int) -> Job | None:
    """The order of so many, once Kling has refused it so often and no step is at work on it."""
    for job in await town.store.list_jobs():
        if job.slots == slots and job.room_refusals >= refused and not job.lease_owner:
            return job
    return None


async def _refused(town: Town, times: int, slots: int) -> Job:
    """Let the order of so many ask until it was refused so often."""
    for refused in range(1, times):
        await town.commits.until(partial(_at_rest, town, refused, slots))
        town.clock.jump(MINUTE_S)
    return await town.commits.until(partial(_at_rest, town, times, slots))


async def test_an_order_that_never_finds_room_steps_aside(tmp_path: Path) -> None:
    """After ten refusals in ten minutes with nothing in flight: its card and the operator hear why.

    Smaller orders of its model go before it; it is refused only after the longest wait.
    """
    async with open_town(tmp_path, kling_options={"image_slots": 5}) as town, town.bot():
        large = await town.ask("image", prompt="nine", model=MODEL, n=9)
        job = await _refused(town, 9, 9)
        assert (job.aside, notices(town)) == (False, [])
        town.clock.jump(MINUTE_S)
        while not job.aside:
            job = await town.commits.until(partial(_at_rest, town, job.room_refusals + 1, 9))
            town.clock.jump(MINUTE_S)
        assert job.room_refused_since is not None
        assert job.updated_at - job.room_refused_since >= 600.0
        await town.card_says(large, "no room for 9 at once")
        said = await noticed(town, 1)
        assert "no room for 9" in said
        assert MODEL in said
        listed = await town.ask("jobs")
        assert "room for so many" in card_text(town.card_of(listed))
        small = await town.ask("image", prompt="one", model=MODEL)
        town.clock.jump(MINUTE_S)
        await town.card_says(small, "✅")
        assert [task.body["prompt"] for task in town.kling.creates] == ["one"]
        assert "free slots" in await noticed(town, 2)
        town.clock.jump(DAY_S + MINUTE_S)
        await town.card_says(large, "⚠")
        assert "9 at once" in card_text((await town.posted(2))[-1])
        assert_paid_once(town, 1)


async def test_an_order_of_one_is_never_called_too_large(tmp_path: Path) -> None:
    """Others may have every place: it waits for as long as Kling says "later"."""
    async with open_town(tmp_path) as town, town.bot():
        full = town.kling.fault(Fault(How.REFUSE, code=1303, times=None))
        asked = await town.ask("image", prompt="one", model=MODEL)
        for tries in range(1, 14):
            await town.commits.until(partial(_waits, town, tries))
            town.clock.jump(DAY_S if tries == 12 else MINUTE_S)
        job = await town.only_job()
        assert (job.room_refusals, job.aside, job.outcome) == (0, False, None)
        await town.card_says(asked, HELD)
        full.times = 0
        town.clock.jump(MINUTE_S)
        await town.card_says(asked, "✅")


async def _waits(town: Town, tries: int) -> Job | None:
    job = await town.only_job()
    return job if job.failures >= tries and not job.lease_owner else None


async def test_places_that_were_learnt_hold_over_a_restart(tmp_path: Path) -> None:
    """Kling has two places, the settings say nine: after one refusal no more than two are sent."""
    async with open_town(tmp_path, kling_options={"image_slots": 2}) as town:
        town.kling.script(Script(takes_s=math.inf, times=None))
        async with town.bot():
            for number in range(2):
                await town.ask("image", prompt=f"number {number}", model=MODEL)
            await town.kling.until(lambda: len(town.kling.creates) == 2)
            await town.ask("image", prompt="number 2", model=MODEL)
            await town.commits.until(partial(_one_waits, town))
        tries = orders(town)
        async with open_database(f"sqlite:///{tmp_path}/kling.db", owner="test") as database:
            [running, *_] = await database.jobs.list_jobs(states=[State.RUNNING])
            assert await database.jobs.places_learnt(running, now=town.clock.now()) == 2
        town.clock.jump(MINUTE_S)
        async with town.bot():
            other = await town.ask("image", prompt="another model", model="kling-v1")
            await town.kling.until(lambda: orders(town) > tries)
            await town.card_says(other, HELD)
            assert orders(town) == tries + 1, "only the other model was tried"
            town.kling.finish(town.kling.creates[0])
            town.clock.jump(MINUTE_S)
            await town.kling.until(lambda: len(town.kling.creates) == 3)


async def _one_waits(town: Town) -> bool | None:
    waiting = await town.store.list_jobs(states=[State.QUEUED])
    return True if any(job.failures and not job.lease_owner for job in waiting) else None


async def test_too_few_units_for_a_dear_job_are_enough_for_a_cheap_one(tmp_path: Path) -> None:
    """With 4 units left 5 wait to be topped up, 1.5 go on; the operator hears both once."""
    async with open_town(tmp_path) as town, town.bot():
        town.kling.set_pack("video", Decimal(4))
        dear = await town.ask("video", prompt="dear", **DEAR)
        await town.card_says(dear, HELD)
        assert "too few for a job" in await noticed(town, 1)
        for number in range(2):
            cheap = await town.ask("video", prompt=f"cheap {number}", **CHEAP)
            assert HELD not in card_text(town.card_of(cheap))
            await town.card_says(cheap, "✅")
        too_dear = await town.ask("video", prompt="too dear by now", **CHEAP)
        await town.card_says(too_dear, HELD)
        assert len(notices(town)) == 1
        town.kling.set_pack("video", Decimal(100))
        for asked in (too_dear, dear):
            town.clock.jump(MINUTE_S)
            await town.card_says(asked, "✅")
        assert "accepts video jobs again" in await noticed(town, 2)
        assert_paid_once(town, 4)


async def test_a_lip_sync_waits_for_a_kling_that_says_later_for_long(tmp_path: Path) -> None:
    """It is not ended for "later", and nothing is said about a network that is down."""
    async with open_town(tmp_path, env={"KLINGBOT_POLL__GIVE_UP_S": "7200"}) as town, town.bot():
        path = "/v1/videos/identify-face"
        full = town.kling.fault(Fault(How.REFUSE, path=path, code=1303, times=None))
        asked = await town.ask("lipsync", video=clip(1), audio=voice())
        for tries in range(1, 16):
            await town.kling.until(partial(_ordered, town, tries))
            await town.commits.until(partial(_prepares, town))
            town.clock.jump(7_200.0 if tries > 12 else MINUTE_S)
        full.times = 0
        town.clock.jump(MINUTE_S)
        await town.card_says(asked, "✅")
        assert_paid_once(town, 1)


def _ordered(town: Town, tries: int) -> bool:
    return orders(town) >= tries


async def _prepares(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.state is State.PREPARING and not job.lease_owner else None
