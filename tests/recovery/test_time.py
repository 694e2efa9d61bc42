"""Hours and days of injected time: dead tokens, late results, expired links and sessions."""

import math
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from sandbox.discord import Interaction
from sandbox.kling import Fault, How, Script, Switches
from storage.job import Job, State, WaitsFor
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S
MINUTE_S = 61.0
LINK_LIFE_S = 60.0
LINKS_EXPIRE = Switches(link_life_s=LINK_LIFE_S)


@pytest.fixture
async def slow(town: Town) -> Town:
    """A town in which tasks run until a test ends them."""
    town.kling.script(Script(takes_s=math.inf, times=None))
    return town


async def running(town: Town) -> Interaction:
    asked = await town.ask("image", prompt="all the time in the world")
    await town.card_says(asked, "🎬")
    return asked


async def given_up(town: Town) -> Interaction:
    """Ask, wait for longer than anybody waits, and return once the member was told."""
    asked = await running(town)
    town.clock.jump(DAY_S + 1)
    [post] = await town.posted()
    assert town.member in post.mentions
    await town.card_says(asked, "⌛")
    await town.commits.until(partial(at_rest, town))
    return asked


async def at_rest(town: Town) -> Job | None:
    job = await town.only_job()
    return job if job.state is State.DONE and job.card.due_at is None else None


async def test_an_hour_later_the_result_is_still_posted_where_it_was_asked(slow: Town) -> None:
    """The interaction's token is long dead; the bot's own is not."""
    asked = await running(slow)
    slow.clock.jump(HOUR_S)
    await slow.card_says(asked, "longer than usual")
    slow.kling.finish(slow.kling.creates[0])
    slow.clock.jump(HOUR_S)
    [post] = await slow.posted()
    assert post.reference == slow.card_of(asked).id
    await slow.card_says(asked, "✅")
    await slow.settled()
    assert_posted_once(slow.posts(), 1)
    assert_paid_once(slow, 1)


async def test_giving_up_is_told_once_and_frees_the_slot(slow: Town) -> None:
    """After the longest wait the member knows, and others may go."""
    await given_up(slow)
    job = await slow.only_job()
    assert await slow.store.slots_in_use(job.pack) == 0
    for _ in range(3):
        due_at = await slow.commits.until(partial(_next_look_at, slow))
        queries = len(slow.kling.requests)
        slow.clock.jump(due_at - slow.clock.now())
        await slow.kling.until(partial(_asked_again, slow, queries))
    await slow.commits.until(partial(at_rest, slow))
    assert_posted_once(slow.posts(), 1)


async def _next_look_at(town: Town) -> float | None:
    job = await town.only_job()
    return job.due_at if job.due_at and job.due_at > town.clock.now() else None


def _asked_again(town: Town, queries: int) -> bool:
    return len(town.kling.requests) > queries


async def test_a_result_that_comes_after_giving_up_is_delivered(slow: Town) -> None:
    """Late success beats timeout: it is found by the daily look, posted, and shown on the card."""
    asked = await given_up(slow)
    slow.clock.jump(2 * DAY_S)
    slow.kling.finish(slow.kling.creates[0])
    slow.clock.jump(DAY_S)
    post = (await slow.posted(2))[1]
    assert post.attachments
    await slow.card_says(asked, "✅")
    await slow.commits.until(partial(at_rest, slow))
    assert_posted_once(slow.posts(), 2)
    assert_paid_once(slow, 1)
    assert (await slow.only_job()).due_at is None


async def test_a_late_failure_is_not_told_a_second_time(slow: Town) -> None:
    """The member was told that it was given up; that it failed is no news."""
    await given_up(slow)
    slow.kling.fail(slow.kling.creates[0], "out of paint")
    slow.clock.jump(DAY_S + 1)
    await slow.commits.until(partial(_never_again, slow))
    assert_posted_once(slow.posts(), 1)


async def _never_again(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.state is State.DONE and job.due_at is None else None


async def test_the_daily_look_ends_after_thirty_days(slow: Town) -> None:
    """Kling deletes results then, so there is nothing to look for."""
    await given_up(slow)
    slow.clock.jump(31 * DAY_S)
    await slow.commits.until(partial(_never_again, slow))
    assert_posted_once(slow.posts(), 1)


async def test_a_task_that_kling_forgot_is_told(slow: Town) -> None:
    """Unknown for long and often enough: the member hears of it instead of waiting for a day."""
    await running(slow)
    slow.kling.fault(
        Fault(How.REFUSE, method="GET", times=None, code=1201, message="Task not found by id: gone")
    )
    for queries in range(1, 6):
        await slow.commits.until(partial(_failed_queries, slow, queries))
        slow.clock.jump(200.0)
    [post] = await slow.posted()
    assert slow.member in post.mentions
    await slow.settled()


async def _failed_queries(town: Town, queries: int) -> bool | None:
    job = await town.only_job()
    return True if job.failures >= queries or job.state is not State.RUNNING else None


async def test_being_late_is_told_although_kling_does_not_answer(slow: Town) -> None:
    """An outage of Kling's does not keep the card from telling the truth."""
    asked = await running(slow)
    slow.kling.fault(Fault(How.REFUSE, method="GET", times=None, code=5001, status=503))
    slow.clock.jump(HOUR_S)
    for _ in range(2):  # retries wait by the same clock
        slow.clock.jump(10.0)
    await slow.card_says(asked, "longer than usual")


async def test_a_face_session_that_ran_out_is_renewed(tmp_path: Path) -> None:
    """The same faces are found again: the choice stands, and there is no second question."""
    async with open_town(tmp_path) as town, town.bot():
        asked = await town.ask("lipsync", video=clip(2), audio=voice())
        card = await town.card_says(asked, "👤")
        town.clock.jump(23.5 * HOUR_S)
        await town.choose(card, "1")
        await town.posted()
        await town.settled()
        identified = [r for r in town.kling.requests if r.path.endswith("identify-face")]
        assert len(identified) == 2
        assert_paid_once(town, 1)
        chosen = town.kling.creates[0].body["face_choose"][0]["face_id"]
        assert chosen == "1"


async def test_a_face_that_nobody_chooses_is_told(town: Town) -> None:
    """A question has an end, and so has the job."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    await town.card_says(asked, "👤")
    assert (await town.only_job()).waits_for is WaitsFor.FACE
    town.clock.jump(3 * DAY_S + 1)
    await town.posted()
    await town.settled()
    await town.card_says(asked, "⚠️")
    assert town.kling.creates == []


async def test_an_address_that_expired_is_asked_for_again(tmp_path: Path) -> None:
    """Before a result is called gone, Kling is asked for a fresh address."""
    async with open_town(tmp_path, switches=LINKS_EXPIRE) as town, town.bot():
        await expires_and_is_told(town, lambda: town.ask("image", prompt="mayfly"))


async def expires_and_is_told(town: Town, ask: Callable[[], Awaitable[Interaction]]) -> None:
    """Let the address of a result expire while it can't be fetched; the result is told once."""
    gone = town.kling.fault(
        Fault(How.REFUSE, method="GET", path="/results/*", status=503, times=None)
    )
    asked = await ask()
    await gone.arrived.wait()
    await town.commits.until(partial(fetch_failed, town))
    town.clock.jump(LINK_LIFE_S + 1.0)
    town.kling.clear_faults()
    [post] = await town.posted()
    assert post.attachments
    await town.card_says(asked, "✅")
    await town.settled()
    assert_posted_once(town.posts(), 1)


async def fetch_failed(town: Town) -> bool | None:
    return True if (await town.only_job()).in_vain.get("download") else None


async def test_a_pause_longer_than_anyone_waits_ends_nothing(tmp_path: Path) -> None:
    """The bot sleeps through the longest wait; a query that then fails is no reason to give up."""
    async with open_town(tmp_path) as town:
        town.kling.script(Script(takes_s=math.inf, times=None))
        async with town.bot():
            asked = await running(town)
        fault = Fault(How.ANSWER, path="/v1/images/*", method="GET", status=503, times=3)
        town.kling.fault(fault)
        town.clock.jump(3 * DAY_S)
        town.kling.finish(town.kling.creates[0])
        async with town.bot():
            [post] = await town.posted()
            await town.card_says(asked, "✅")
            await town.settled()
        assert post.attachments
        assert fault.times == 0


async def test_a_clock_set_back_holds_up_no_task(slow: Town) -> None:
    """What was written by a clock eight hours ahead is looked at within a minute."""
    asked = await running(slow)
    slow.clock.jump(-8 * HOUR_S)
    slow.kling.finish(slow.kling.creates[0])
    slow.clock.jump(MINUTE_S)
    await slow.commits.until(partial(_due_within_a_minute, slow))
    slow.clock.jump(MINUTE_S)
    await slow.posted()
    await slow.card_says(asked, "✅")


async def test_a_clock_set_back_over_a_restart_holds_up_no_task(tmp_path: Path) -> None:
    """The same, when the clock is put right while the bot is stopped."""
    async with open_town(tmp_path) as town:
        town.kling.script(Script(takes_s=math.inf, times=None))
        async with town.bot():
            await running(town)
        town.clock.jump(-8 * HOUR_S)
        town.kling.finish(town.kling.creates[0])
        async with town.bot():
            await town.commits.until(partial(_due_within_a_minute, town))
            town.clock.jump(MINUTE_S)
            await town.posted()


async def _due_within_a_minute(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.due_at is None or job.due_at <= town.clock.now() + MINUTE_S else None


async def test_deliver_again_posts_after_the_clock_was_set_back(town: Town) -> None:
    """What a press promised is the newest plan, whatever the time says."""
    await town.ask("image", prompt="and again")
    await town.posted()
    [job] = await town.settled()
    town.clock.jump(-8 * HOUR_S)
    for task in town.kling.creates:  # only our clock was wrong: at Kling it ended long ago
        task.created_s, task.starts_s, task.ends_s = (
            at - 8 * HOUR_S for at in (task.created_s, task.starts_s, task.ends_s)
        )
    listed = await town.ask("jobs")
    page = await town.choose(town.card_of(listed), job.id)
    await town.press(town.card_of(page), "deliver")
    await town.posted(2)
