"""Each wait has a count of its own: what happened before to another is no reason to end it."""

import math
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import pytest

from sandbox.kling import Fault, How, Script
from storage.job import Job, State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.recovery.waiting import HELD
from tests.harness.town import Town

DAY_S = 86_400.0
MINUTE_S = 61.0
MANY = 200
FACES = "/v1/videos/identify-face"
IMAGE = "/v1/images/*"

Trouble = Callable[[Town], Awaitable[None]]


async def unreachable(town: Town) -> None:
    await town.kling.close()


async def refused(town: Town) -> None:
    town.kling.clear_faults()
    town.kling.fault(Fault(How.REFUSE, code=1002, status=401, times=None))


TROUBLES = [
    (unreachable, "can't be reached"),
    (refused, "owner's attention"),
]


async def _tried(town: Town, tries: int) -> Job | None:
    job = await town.only_job()
    rests = job.failures >= tries and not job.lease_owner
    return job if rests or job.outcome is not None else None


async def tried(town: Town, tries: int) -> Job:
    """Return the job at rest after so many tries, or once it has an outcome."""
    return await town.commits.until(partial(_tried, town, tries))


async def tries_again(town: Town, times: int, every_s: float = MINUTE_S) -> Job:
    """Let it try so many times more, until it has an outcome."""
    job = await town.only_job()
    for _ in range(times):
        town.clock.jump(every_s)
        job = await tried(town, job.failures + 1)
        if job.outcome is not None:
            break
    return job


@pytest.mark.sweep
@pytest.mark.parametrize(("trouble", "told"), TROUBLES)
async def test_a_day_of_later_counts_for_nothing_else(
    town: Town, trouble: Trouble, told: str
) -> None:
    """200 times "later", then one try that comes to nothing: it waits, and ends after ten."""
    town.kling.fault(Fault(How.REFUSE, code=1303, times=None))
    asked = await town.ask("image", prompt="patient")
    await tried(town, 1)
    await tries_again(town, MANY, DAY_S / MANY)
    await trouble(town)
    job = await tries_again(town, 1)
    assert (job.state, job.outcome) == (State.QUEUED, None)
    await town.card_says(asked, HELD)
    assert (await tries_again(town, 8)).outcome is None
    await tries_again(town, 1)
    await town.card_says(asked, told)
    assert town.kling.creates == []


@pytest.mark.sweep
@pytest.mark.parametrize(("trouble", "told"), TROUBLES)
async def test_a_lip_sync_counts_its_waits_apart_as_well(
    town: Town, trouble: Trouble, told: str
) -> None:
    """The same before its faces are known: "later" for a day, and then ten of one kind."""
    town.kling.fault(Fault(How.REFUSE, path=FACES, code=1303, times=None))
    asked = await town.ask("lipsync", video=clip(1), audio=voice())
    await tried(town, 1)
    await tries_again(town, 12, DAY_S / 11)
    await trouble(town)
    assert (await tries_again(town, 9)).outcome is None
    await tries_again(town, 1)
    await town.card_says(asked, told)
    assert town.kling.creates == []


@pytest.mark.sweep
async def test_a_day_out_of_reach_says_nothing_about_room(town: Town) -> None:
    """An order of several that finds no room once, after a day without Kling, is not too large."""
    port = urlsplit(town.kling.base_url).port
    assert port is not None
    await town.kling.close()
    asked = await town.ask("image", prompt="several", model="kling-v1-5", n=3)
    await tried(town, 1)
    await tries_again(town, 8)
    town.clock.jump(DAY_S)
    town.kling.fault(Fault(How.REFUSE, code=1303))
    await town.kling.start(port)
    assert (await tries_again(town, 1)).outcome is None
    town.clock.jump(MINUTE_S)
    await town.card_says(asked, "✅")


async def test_an_account_refused_nine_times_is_not_a_lost_answer(town: Town) -> None:
    """A create without an answer is looked up until ten look-ups got none as well."""
    town.kling.fault(Fault(How.DROP, path=IMAGE))
    refusal = town.kling.fault(
        Fault(How.REFUSE, method="GET", path=IMAGE, code=1002, status=401, times=None)
    )
    asked = await town.ask("image", prompt="looked up")
    await tried(town, 1)
    await tries_again(town, 8)
    town.clock.jump(DAY_S)
    await tried(town, 10)
    refusal.code, refusal.status = 5001, 503
    job = await tries_again(town, 1)
    assert (job.state, job.in_vain["unanswered"]) == (State.CREATING, 1)
    refusal.times = 0
    town.clock.jump(MINUTE_S)
    await town.card_says(asked, "✅")


@pytest.mark.sweep
@pytest.mark.parametrize(
    "strange",
    [
        Fault(How.NO_MEDIA, method="GET", path=IMAGE, times=0),
        Fault(
            How.REFUSE,
            method="GET",
            path=IMAGE,
            code=1201,
            message="Task not found by id: gone",
            times=0,
        ),
    ],
    ids=["no media", "not found"],
)
async def test_queries_without_an_answer_are_no_answers(town: Town, strange: Fault) -> None:
    """Nine lost queries and one strange answer end nothing: the result comes."""
    town.kling.script(Script(takes_s=math.inf, times=None))
    asked = await town.ask("image", prompt="quiet")
    await town.card_says(asked, "🎬")
    lost = town.kling.fault(Fault(How.DROP, method="GET", path=IMAGE, times=None))
    await tries_again(town, 9)
    lost.times = 0
    town.kling.finish(town.kling.creates[0])
    strange.times = 1
    town.kling.fault(strange)
    job = await tries_again(town, 1)
    assert strange.times == 0
    assert job.state is State.RUNNING
    town.clock.jump(MINUTE_S)
    await town.card_says(asked, "✅")
