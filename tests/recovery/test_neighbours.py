"""What one member's outsiders do is that member's trouble: the others' results arrive."""

import math
from functools import partial
from pathlib import Path

import pytest

from sandbox.discord import Answer, Hold, Recorded, Throttle
from sandbox.discord.limits import Bucket, Limits
from sandbox.kling import Fault, How, Script
from storage.job import Job, State
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text

HELD_S = 500.0
PAST_WINDOW_S = 300.0
MANY = 6


def into(channel_id: str) -> "partial[bool]":
    return partial(_into, channel_id)


def _into(channel_id: str, request: Recorded) -> bool:
    return request.params.get("channel_id") == channel_id


async def test_a_result_that_does_not_come_holds_only_its_member(town: Town) -> None:
    """While a server keeps a member's downloads open, another member's result is posted."""
    stuck = town.kling.fault(Fault(How.HANG, method="GET", path="/results/*.png", times=None))
    for n in range(MANY):
        await town.ask("image", prompt=f"number {n}")
    await town.commits.until(partial(_all_ready, town))
    elsewhere = town.discord.add_channel(town.guild, "elsewhere")
    await town.ask("video", by=town.discord.add_user("ben"), at=elsewhere, prompt="a neighbour's")
    await town.posted(1, elsewhere)
    assert town.posts() == []
    stuck.times = 0  # from here on the server answers
    stuck.release()
    await town.posted(MANY)
    await town.settled()
    assert_posted_once(town.posts(), MANY)


async def test_many_members_that_are_stuck_hold_no_one_else(town: Town) -> None:
    """Steps that wait for a server give their places back, however many members they are of."""
    elsewhere = town.discord.add_channel(town.guild, "elsewhere")
    stuck = town.discord.fault(
        "POST",
        routes.POST,
        Hold(),
        times=None,
        when=lambda sent: not _into(str(elsewhere.id), sent),
    )
    for n in range(MANY):
        at = town.discord.add_channel(town.guild, f"channel {n}")
        await town.ask("image", by=town.discord.add_user(f"user {n}"), at=at, prompt="stuck")
    await town.commits.until(partial(_all_ready, town))
    await town.ask("video", by=town.discord.add_user("ben"), at=elsewhere, prompt="a neighbour's")
    await town.posted(1, elsewhere)
    town.discord.withdraw(stuck)
    await town.settled()
    assert len(town.discord.sent("POST", routes.POST)) == MANY + 1


async def test_a_card_that_may_not_be_edited_again_soon_is_edited_later(tmp_path: Path) -> None:
    """An edit that uses up what Discord allows has ended; only the next one is late."""
    scarce = Limits(buckets={("PATCH", routes.EDIT_ANSWER): Bucket(1, HELD_S)})
    async with open_town(tmp_path, discord_options={"limits": scarce}) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        asked = await town.ask("image", prompt="later")
        await town.card_says(asked, "🎬")
        town.kling.finish(town.kling.creates[0])
        await town.posted()
        assert "✅" not in card_text(town.card_of(asked))
        await town.commits.until(partial(_card_waits, town))
        town.clock.jump(HELD_S)
        await town.card_says(asked, "✅")


async def _card_waits(town: Town) -> Job | None:
    job = await town.only_job()
    waits = (job.card.due_at or 0.0) - town.clock.now() > HELD_S / 2
    return job if waits and job.lease_owner is None else None


@pytest.mark.parametrize("via", [True, False])
async def test_a_channel_that_is_rate_limited_holds_only_its_own(town: Town, *, via: bool) -> None:
    """A long rate limit becomes "later", Cloudflare's too: no step waits for it, or asks before."""
    limit, mine = Throttle(HELD_S, via=via), into(str(town.channel.id))
    fault = town.discord.fault("POST", routes.POST, limit, times=None, when=mine)
    for n in range(MANY):
        await town.ask("image", prompt=f"number {n}")
    await fault.arrived()
    elsewhere = town.discord.add_channel(town.guild, "elsewhere")
    await town.ask("image", by=town.discord.add_user("ben"), at=elsewhere, prompt="a neighbour's")
    await town.posted(1, elsewhere)
    await town.commits.until(partial(_all_held, town))
    assert town.posts() == []
    assert len(fault.hits) == MANY, "each was refused once, and none was sent again"
    assert town.discord.sent("GET", routes.HISTORY) == []


async def test_an_edit_that_is_rate_limited_for_long_is_made_later(town: Town) -> None:
    """discord.py would wait inside the call, however long Discord says: the row is put back."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="later")
    await town.card_says(asked, "🎬")
    fault = town.discord.fault("PATCH", routes.EDIT_ANSWER, Throttle(HELD_S))
    town.kling.finish(town.kling.creates[0])
    await town.posted()
    await fault.arrived()
    await town.commits.until(partial(_card_waits, town))
    town.clock.jump(HELD_S)
    await town.card_says(asked, "✅")


async def test_what_a_rate_limit_held_is_posted_once_it_ends(town: Town) -> None:
    """The refused try counts as none: nothing is searched for, and the message comes once."""
    town.discord.fault("POST", routes.POST, Throttle(HELD_S))
    asked = await town.ask("image", prompt="later")
    job = await town.commits.until(partial(_held, town))
    [part] = await town.store.deliveries(job.id)
    assert (part.tries, part.first_tried_at, job.failures) == (0, None, 0)
    town.clock.jump(HELD_S)
    await town.posted()
    await town.settled()
    await town.card_says(asked, "✅")
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)
    assert town.discord.sent("GET", routes.HISTORY) == []


async def _all_ready(town: Town) -> bool | None:
    jobs = await town.store.list_jobs()
    ready = [job for job in jobs if job.state in {State.READY, State.POSTING}]
    return len(ready) == MANY or None


async def _held(town: Town) -> Job | None:
    job = await town.only_job()
    return job if _is_held(job, town.clock.now()) else None


async def _all_held(town: Town) -> bool | None:
    now = town.clock.now()
    return sum(_is_held(job, now) for job in await town.store.list_jobs()) == MANY or None


def _is_held(job: Job, now: float) -> bool:
    waits = (job.due_at or 0.0) - now > HELD_S / 2
    return job.state is State.POSTING and job.lease_owner is None and waits


async def test_a_repeat_that_comes_too_late_is_not_made(town: Town) -> None:
    """The nonce's window is watched inside a request too: past it the channel is searched first."""
    fault = town.discord.fault("POST", routes.POST, Answer(502, stored=True))
    asked = await town.ask("image", prompt="posted once")
    await fault.arrived()
    town.clock.jump(PAST_WINDOW_S)  # discord.py is about to send the same request again
    await town.posted()
    await town.settled()
    await town.card_says(asked, "✅")
    assert_posted_once(town.posts(), 1)
    assert len(town.discord.sent("POST", routes.POST)) == 1
