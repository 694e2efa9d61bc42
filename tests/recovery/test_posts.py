"""Discord has the message, or not, and does not say so: each part is posted exactly once."""

import asyncio
import math
import shutil
from functools import partial
from pathlib import Path

import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import POSTING, Answer, Interaction, Permission, Reset
from sandbox.discord.faults import Effect
from sandbox.kling import Fault, How, Script
from storage.job import Job, State, WaitsFor
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.recovery.points import noise, small_limit
from tests.harness.town import Town

PAST_WINDOW_S = 300.0
TOKEN_DEAD_S = 16 * 60.0
NO_HISTORY = POSTING & ~Permission.READ_MESSAGE_HISTORY


async def unclear_post(town: Town, effect: Effect) -> Interaction:
    """Ask, and return once Discord has lost the answer to the post."""
    fault = town.discord.fault("POST", routes.POST, effect, times=None)
    asked = await town.ask("image", prompt="posted once")
    await town.commits.until(partial(_tried_later, town))
    assert fault.hits
    town.discord.faults.clear()
    return asked


async def _tried_later(town: Town) -> Job | None:
    job = await town.only_job()
    return job if job.state is State.POSTING and job.failures and job.due_at else None


async def assert_one_post(town: Town, asked: Interaction) -> None:
    await town.settled()
    await town.card_says(asked, "✅")
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)


@pytest.mark.sweep
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_stored_post_that_was_answered_with_a_fault_is_not_made_twice(
    status: int, town: Town
) -> None:
    """The repeat bears the same nonce and returns the message that is there."""
    town.discord.fault("POST", routes.POST, Answer(status, stored=True))
    asked = await town.ask("image", prompt="posted once")
    await assert_one_post(town, asked)
    assert len(town.discord.sent("POST", routes.POST)) == 2


@pytest.mark.sweep
async def test_a_stored_post_whose_connection_was_reset_is_not_made_twice(town: Town) -> None:
    """Within the nonce's window the next try returns the message that is there."""
    asked = await unclear_post(town, Reset(stored=True))
    await assert_one_post(town, asked)
    assert len(town.discord.sent("POST", routes.POST)) == 2


async def test_past_the_window_the_bot_finds_its_own_message(town: Town) -> None:
    """Once the nonce no longer deduplicates, the channel is searched before anything is sent."""
    asked = await unclear_post(town, Reset(stored=True))
    sent = len(town.discord.sent("POST", routes.POST))
    town.clock.jump(PAST_WINDOW_S)
    await assert_one_post(town, asked)
    assert len(town.discord.sent("POST", routes.POST)) == sent


@pytest.mark.sweep
async def test_a_history_that_is_refused_once_is_read_again(town: Town) -> None:
    """A failed search proves nothing: it is repeated, and what it finds is not posted again."""
    asked = await unclear_post(town, Reset(stored=True))
    sent = len(town.discord.sent("POST", routes.POST))
    refused = town.discord.fault("GET", routes.HISTORY, Answer(500))
    town.clock.jump(PAST_WINDOW_S)
    await assert_one_post(town, asked)
    assert len(refused.hits) == 1
    assert len(town.discord.sent("POST", routes.POST)) == sent


@pytest.mark.sweep
async def test_past_the_window_a_message_that_is_not_there_is_posted(town: Town) -> None:
    """A readable channel without the message proves that it was not stored."""
    asked = await unclear_post(town, Reset())
    town.clock.jump(PAST_WINDOW_S)
    await assert_one_post(town, asked)


@pytest.mark.sweep
async def test_where_the_channel_cannot_be_read_the_result_waits(town: Town) -> None:
    """Discord shows an empty history to those who may not read it: that proves nothing."""
    asked = await unclear_post(town, Reset(stored=True))
    town.discord.set_permissions(town.channel, NO_HISTORY)
    town.clock.jump(PAST_WINDOW_S)
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    assert_posted_once(town.posts(), 1)
    card = await town.card_says(asked, "📬")
    taken = await town.press(card, "pick_up")
    private = town.card_of(taken)
    await town.discord.until(lambda: private.attachments, PATIENCE_S)
    assert private.ephemeral
    await town.settled()
    assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
async def test_composing_that_takes_longer_than_the_window_looks_again(town: Town) -> None:
    """The nonce is still good when the second try begins, and is not when it is ready to send."""
    asked = await unclear_post(town, Reset(stored=True))
    slow = town.kling.fault(Fault(How.HANG, method="GET", path="/results/*"))
    database = town.settings.storage.sqlite_path
    assert database is not None
    scratch = database.with_name(f"{database.name}.scratch")
    await asyncio.to_thread(shutil.rmtree, scratch)  # as a clean-up program may: fetch it again
    job = await town.only_job()
    town.clock.jump((job.due_at or 0) - town.clock.now() + 0.01)
    await slow.arrived.wait()
    town.clock.jump(PAST_WINDOW_S)
    slow.release()
    await assert_one_post(town, asked)


@pytest.mark.sweep
async def test_a_file_that_is_refused_for_its_size_is_made_smaller(tmp_path: Path) -> None:
    """413 is the last word about the limit: the same part goes out again, fitted."""
    limit = 5_600_000
    async with open_town(tmp_path, discord_options={"message_limit": limit}) as town:
        town.guild.tier = 2
        named = {"attachment_size_limit": 50 * 2**20}
        town.discord.gateway.retouches["INTERACTION_CREATE"] = lambda data: data.update(named)
        async with town.bot():
            asked = await town.ask(
                "image", prompt="grain", image=noise(), resolution="2k", aspect_ratio="1:1", n=2
            )
            [post] = await town.posted()
            assert len(post.attachments) == 2
            assert all(file.size <= limit for file in post.attachments)
            await assert_one_post(town, asked)
            statuses = [sent.status for sent in town.discord.sent("POST", routes.POST)]
            assert statuses == [413, 200]


@pytest.mark.sweep
async def test_a_clip_that_fits_nowhere_is_posted_as_a_link(tmp_path: Path) -> None:
    """Something always arrives: a link, once, instead of the file."""
    async with (
        open_town(tmp_path, discord_options={"message_limit": 60_000}) as town,
        town.bot(),
    ):
        asked = await town.ask("video", prompt="huge", duration=10)
        [post] = await town.posted()
        assert town.kling.base_url in post.content
        await assert_one_post(town, asked)


@pytest.mark.sweep
@pytest.mark.parametrize("when", ["at once", "later"])
async def test_an_interaction_that_comes_twice_is_one_job(when: str, town: Town) -> None:
    """A replay after a bad resume makes no second job, no second card and no second answer."""
    command = {"prompt": "twice"}
    asked = await town.discord.slash(town.member, town.channel, "image", command)
    if when == "at once":
        town.discord.replay(asked)
    await town.recorded(await asked.answered())
    if when == "later":
        await town.posted()
        town.discord.replay(asked)
    await town.posted()
    again = await town.ask("image", prompt="a marker behind it")
    await town.posted(2)
    await town.settled()
    assert len(await town.store.list_jobs()) == 2
    assert_paid_once(town, 2)
    assert_posted_once(town.posts(), 2)
    assert asked.followups == again.followups == []


@pytest.mark.sweep
async def test_without_the_permission_the_answer_carries_the_result(town: Town) -> None:
    """Where the bot may no longer post, the card itself becomes the result."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="in the card")
    await town.card_says(asked, "🎬")
    town.discord.set_permissions(town.channel, Permission.VIEW_CHANNEL)
    town.kling.finish(town.kling.creates[0])
    card = town.card_of(asked)
    await town.discord.until(lambda: card.attachments, PATIENCE_S)
    await town.settled()
    assert town.posts() == []
    assert_paid_once(town, 1)


@pytest.mark.sweep
async def test_when_the_channel_is_gone_the_inbox_gets_it(town: Town) -> None:
    """Channel deleted and token dead: a direct message, once."""
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="moved out")
    await town.job_is(State.RUNNING)
    town.discord.delete_channel(town.channel)
    town.clock.jump(TOKEN_DEAD_S)
    town.kling.finish(town.kling.creates[0])
    inbox = town.discord.dm(town.member)
    await town.posted(1, inbox)
    await town.settled()
    assert_posted_once(town.posts(inbox), 1)


@pytest.mark.sweep
async def test_the_second_message_of_a_result_is_found_too(town: Town) -> None:
    """Each part has a mark of its own: the first one is not taken for the second."""
    small_limit(town)
    fault = town.discord.fault(
        "POST", routes.POST, Reset(stored=True), when=lambda r: "-r-1" in str(r.json)
    )
    asked = await town.ask(
        "image", prompt="grain", image=noise(), resolution="2k", aspect_ratio="1:1", n=2
    )
    await fault.arrived(30)
    await town.commits.until(partial(_tried_later, town))
    town.clock.jump(PAST_WINDOW_S)
    await town.settled()
    await town.card_says(asked, "✅")
    assert_posted_once(town.posts(), 2)
