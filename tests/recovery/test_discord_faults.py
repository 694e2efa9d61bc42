"""Discord says later, or no more: limits are waited out, and what was lost is gone around."""

import math
from collections.abc import AsyncIterator

import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import Answer, Channel, Throttle
from sandbox.discord.faults import Effect
from sandbox.kling import Script
from storage.job import State, WaitsFor
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town

SOON_S = 0.05
TOKEN_DEAD_S = 16 * 60.0
EFFECTS: dict[str, Effect] = {
    "429 of its route": Throttle(SOON_S),
    "429 of a shared resource": Throttle(SOON_S, "shared"),
    "429 of the whole bot": Throttle(SOON_S, "global"),
    "429 without Via": Throttle(SOON_S, via=False),
    "500": Answer(500),
    "503": Answer(503),
}


@pytest.fixture
async def slow(town: Town) -> AsyncIterator[Town]:
    """A town in which tasks end when they are told to."""
    town.kling.script(Script(takes_s=math.inf, times=None))
    yield town
    await town.settled()


@pytest.mark.parametrize("how", sampled(EFFECTS, "429 of its route", "429 of the whole bot", "503"))
async def test_a_post_that_is_put_off_is_made_once(town: Town, how: str) -> None:
    """429 from a route, from the whole bot or from the network in front of Discord: one post."""
    fault = town.discord.fault("POST", routes.POST, EFFECTS[how])
    asked = await town.ask("image", prompt="when it suits you")
    await town.posted()
    await town.card_says(asked, "✅")
    await town.settled()
    assert fault.hits
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)


@pytest.mark.sweep
@pytest.mark.parametrize("how", ["429 of its route", "429 without Via", "503"])
async def test_a_card_that_is_put_off_still_tells_the_end(town: Town, how: str) -> None:
    """An edit that meets trouble is owed until the card is true."""
    fault = town.discord.fault("PATCH", routes.EDIT_ANSWER, EFFECTS[how], times=2)
    asked = await town.ask("image", prompt="in the end")
    await town.posted()
    town.clock.jump(8.0)
    await town.card_says(asked, "✅")
    await town.settled()
    assert fault.hits


async def in_thread(town: Town) -> tuple[Channel, int]:
    thread = town.discord.add_channel(town.guild, "sketches", "thread", parent=town.channel)
    asked = await town.ask("image", at=thread, prompt="a sketch")
    await town.card_says(asked, "🎬")
    return thread, town.card_of(asked).id


@pytest.mark.sweep
async def test_an_archived_thread_is_revived_by_the_result(slow: Town) -> None:
    """Archiving hides a thread and closes nothing: the result comes where it was asked for."""
    thread, card_id = await in_thread(slow)
    slow.discord.archive(thread)
    slow.kling.finish(slow.kling.creates[0])
    [post] = await slow.posted(channel=thread)
    assert post.reference == card_id
    assert post.attachments


@pytest.mark.sweep
async def test_a_locked_thread_is_told_by_the_answer(slow: Town) -> None:
    """Only moderators may revive it: the card turns into the result, which needs no permission."""
    thread, card_id = await in_thread(slow)
    slow.discord.archive(thread, locked=True)
    slow.kling.finish(slow.kling.creates[0])
    card = slow.discord.message(card_id)
    assert card is not None
    await slow.discord.until(lambda: bool(card.attachments), PATIENCE_S)
    assert slow.posts(thread) == []


@pytest.mark.sweep
async def test_kicked_from_the_server_the_answer_still_carries_the_result(slow: Town) -> None:
    """The interaction's token outlives the bot's membership."""
    asked = await slow.ask("image", prompt="a parting gift")
    card = await slow.card_says(asked, "🎬")
    slow.discord.remove_bot(slow.guild)
    slow.kling.finish(slow.kling.creates[0])
    await slow.discord.until(lambda: bool(card.attachments), PATIENCE_S)
    assert slow.posts() == []


@pytest.mark.sweep
async def test_a_requester_who_left_changes_nothing_for_the_channel(slow: Town) -> None:
    """What was asked for in public comes in public, once."""
    asked = await slow.ask("image", prompt="keep it")
    await slow.card_says(asked, "🎬")
    slow.discord.leave(slow.member, slow.guild)
    slow.kling.finish(slow.kling.creates[0])
    [post] = await slow.posted()
    assert post.attachments


@pytest.mark.sweep
async def test_where_nobody_can_be_reached_the_result_waits(town: Town) -> None:
    """No channel, no token, no direct messages: it waits in `/jobs`, and nothing is sent twice."""
    town.kling.script(Script(takes_s=math.inf))
    hermit = town.discord.add_user("hermit", accepts_dms=False)
    asked = await town.ask("image", by=hermit, prompt="nowhere")
    await town.card_says(asked, "🎬")
    town.discord.leave(hermit, town.guild)
    town.discord.delete_channel(town.channel)
    town.clock.jump(TOKEN_DEAD_S)
    town.kling.finish(town.kling.creates[0])
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    assert_paid_once(town, 1)
