"""A post whose answer was lost is searched for in Discord's time: busy channels, wrong clocks."""

import itertools
import math
from functools import partial
from pathlib import Path

import pytest

from bot.jobs.worker import IDLE_MAX_S
from sandbox.discord import Answer, Reset
from sandbox.kling import Script
from storage.job import Job, State, WaitsFor
from tests.harness.jump_clock import JumpClock
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town

MANY = 1_100
"""More messages than are searched."""
HOUR_S = 3_600.0
VERBS = ("GET", "POST")
"""Of the requests that look for a post, and that send one."""
MINUTES_S = 300.0
FAR_AHEAD_S, FAR_BEHIND_S = 8 * HOUR_S, -8 * HOUR_S
STORED = pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
BY_A_WRONG_CLOCK = pytest.mark.parametrize(
    ("stored", "wrong_s"),
    sampled(
        itertools.product([True, False], [FAR_AHEAD_S, FAR_BEHIND_S]),
        (True, FAR_BEHIND_S),
        (False, FAR_AHEAD_S),
    ),
)


async def fill(town: Town) -> None:
    """Let members write more than is searched, then some time pass."""
    for number in range(MANY):
        await town.discord.say(town.member, town.channel, f"number {number}")


async def lost(town: Town, clock: JumpClock, *, stored: bool, busy: bool = False) -> None:
    """Ask, and return once the only post was begun and its answer was lost."""
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="posted once")
    await town.job_is(State.RUNNING)
    if busy:
        await fill(town)
        pass_both(town, clock, MINUTES_S)
    fault = town.discord.fault("POST", routes.POST, Reset(stored=stored), times=None)
    town.kling.finish(town.kling.creates[0])
    await town.commits.until(partial(_waits, town))
    town.discord.withdraw(fault)


async def _waits(town: Town) -> Job | None:
    job = await town.only_job()
    waits = job.state is State.POSTING and job.failures and job.lease_owner is None
    return job if waits else None


async def _until_it_waits_a_little(town: Town, clock: JumpClock) -> None:
    """Return once the job no longer waits for a moment that its clock has lost."""
    while ((await town.only_job()).due_at or 0.0) - clock.now() >= MINUTES_S:
        clock.asleep.clear()
        clock.jump(IDLE_MAX_S)  # so long may the worker sleep
        await clock.asleep.wait()


def pass_both(town: Town, clock: JumpClock, seconds: float) -> None:
    """Let time pass for everybody."""
    town.clock.jump(seconds)
    if clock is not town.clock:
        clock.jump(seconds)


async def assert_posted(town: Town) -> None:
    await town.settled()
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)


@STORED
async def test_a_busy_channel_proves_what_is_there(town: Town, *, stored: bool) -> None:
    """More messages than are searched, before the try and after it, hide nothing."""
    await lost(town, town.clock, stored=stored, busy=True)
    town.clock.jump(HOUR_S)
    await fill(town)
    await assert_posted(town)
    [part] = await town.store.deliveries((await town.only_job()).id)
    assert part.venue.value == "channel"


@BY_A_WRONG_CLOCK
async def test_a_clock_that_was_always_wrong_proves_nothing(
    *, stored: bool, wrong_s: float, tmp_path: Path
) -> None:
    """Messages are numbered by Discord's clock: the search doesn't look where ours would."""
    wrong = JumpClock()
    wrong.jump(wrong_s)
    async with open_town(tmp_path, dialect="gateway") as town, town.bot(clock=wrong):
        await lost(town, wrong, stored=stored, busy=True)
        pass_both(town, wrong, HOUR_S)
        await fill(town)
        await assert_posted(town)


@BY_A_WRONG_CLOCK
async def test_a_clock_set_wrong_between_two_tries_proves_nothing(
    *, stored: bool, wrong_s: float, tmp_path: Path
) -> None:
    """The times of the two tries are Discord's, whatever ours said at either."""
    ours = JumpClock()
    async with open_town(tmp_path, dialect="gateway") as town, town.bot(clock=ours):
        await lost(town, ours, stored=stored)
        town.clock.jump(MINUTES_S)
        ours.jump(wrong_s)
        await _until_it_waits_a_little(town, ours)
        ours.jump(MINUTES_S)
        await assert_posted(town)


async def test_a_clock_that_stood_still_does_not_stretch_the_nonces_window(tmp_path: Path) -> None:
    """Discord's time says that the window is over, though by ours no second has passed."""
    ours = JumpClock()
    async with open_town(tmp_path, dialect="gateway") as town:
        async with town.bot(clock=ours):
            await lost(town, ours, stored=True)
        town.clock.jump(MINUTES_S)  # ours was set back by as much meanwhile
        async with town.bot(clock=ours):
            await assert_posted(town)


@STORED
async def test_without_a_date_a_quiet_channel_is_read_from_the_card_on(
    *, stored: bool, tmp_path: Path
) -> None:
    """The card's id is a time of Discord's too."""
    async with (
        open_town(tmp_path, discord_options={"sends_date": False}) as town,
        town.bot(),
    ):
        await lost(town, town.clock, stored=stored)
        town.clock.jump(MINUTES_S)
        await assert_posted(town)


async def test_without_a_date_a_busy_channel_proves_nothing(tmp_path: Path) -> None:
    """What can't be proven is not posted again: it waits to be picked up."""
    async with (
        open_town(tmp_path, discord_options={"sends_date": False}) as town,
        town.bot(),
    ):
        await lost(town, town.clock, stored=True, busy=True)
        town.clock.jump(HOUR_S)
        job = await town.job_is(State.WAITING)
        assert job.waits_for is WaitsFor.PICKUP
        assert_posted_once(town.posts(), 1)


async def test_a_lost_post_is_hidden_once_it_is_found(town: Town) -> None:
    """It is not known which message to hide, for longer than a look at it waits: it is hidden."""
    await lost(town, town.clock, stored=True)
    trouble = [town.discord.fault(how, routes.POST, Answer(503), times=None) for how in VERBS]
    [post] = town.posts()
    await town.choose(post, "hide")
    await town.commits.until(partial(_looked, town, 1))
    town.clock.jump(HOUR_S)
    await town.commits.until(partial(_looked, town, 2))
    assert not post.attachments[0].spoiler
    for fault in trouble:
        town.discord.withdraw(fault)
    town.clock.jump(HOUR_S)
    await assert_posted(town)
    town.clock.jump(HOUR_S)
    await town.discord.until(lambda: post.attachments[0].spoiler)


async def _looked(town: Town, times: int) -> bool:
    """Tell whether the messages of the one hidden job were looked at so often, and will be."""
    waiting = await town.store.hidden_due(now=math.inf, limit=1)
    return bool(waiting) and waiting[0].tries >= times
