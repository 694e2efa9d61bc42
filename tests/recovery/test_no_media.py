"""Kling says that a task succeeded, and shows no result that can be read."""

import math
from functools import partial
from pathlib import Path

from sandbox.kling import Fault, How, Script
from storage.job import State
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once
from tests.harness.storage.making import fetched
from tests.harness.town import Town

DAY_S = 86_400.0
ASKED = 10


def queries(town: Town) -> int:
    return sum(1 for request in town.kling.requests if request.method == "GET")


async def _waits(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.lease_owner is None and job.due_at is not None else None


async def test_ten_answers_without_a_result_are_told_and_free_the_slot(town: Town) -> None:
    """Not a day of queries: the member hears of it, and a result that comes later is posted."""
    unreadable = Fault(How.NO_MEDIA, method="GET", times=None)
    town.kling.fault(unreadable)
    asked = await town.ask("image", prompt="nothing to see")
    while queries(town) < ASKED:
        await town.commits.until(partial(_waits, town))
        town.skip_wait(await town.only_job())
    await town.posted(1)
    job = await town.job_is(State.DONE)
    assert queries(town) == ASKED
    assert await town.store.slots_in_use(job.pack) == 0
    assert (job.outcome or {})["problems"][0]["code"] == "result_unreadable"
    unreadable.times = 0
    await town.commits.until(partial(_waits, town))
    town.clock.jump(DAY_S + 1)
    post = (await town.posted(2))[-1]
    assert post.attachments
    await town.card_says(asked, "✅")
    assert_paid_once(town, 1)


async def test_a_task_that_ended_without_a_result_holds_no_slot(tmp_path: Path) -> None:
    """At Kling it has ended: another member's order goes while the result is still asked for."""
    one_slot = {"KLINGBOT_KLING__IMAGE_SLOTS": "1"}
    async with open_town(tmp_path, env=one_slot) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        await town.ask("image", prompt="nothing to see")
        first = await town.job_is(State.RUNNING)
        path = f"*/{first.task_id}"
        town.kling.fault(Fault(How.NO_MEDIA, method="GET", path=path, times=None))
        town.kling.finish(town.kling.creates[0])
        elsewhere = town.discord.add_channel(town.guild, "elsewhere")
        await town.ask("image", by=town.discord.add_user("ben"), at=elsewhere, prompt="next")
        await town.posted(1, elsewhere)
        assert (await fetched(town.store, first)).state is State.RUNNING
