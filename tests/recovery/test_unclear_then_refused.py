"""A post or an edit that may be there, and then a refusal: what was sent is looked for first."""

import math
from functools import partial

import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import POSTING, Answer, Interaction, Message, Permission, Reset
from sandbox.discord.faults import Effect
from sandbox.kling import Script
from storage.job import Job, State, WaitsFor
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town

TOKEN_DEAD_S = 16 * 60.0
READ_ONLY = POSTING & ~Permission.SEND_MESSAGES
MUTE = Permission.VIEW_CHANNEL
NO_HISTORY = POSTING & ~Permission.READ_MESSAGE_HISTORY


async def tried(town: Town) -> Job | None:
    job = await town.only_job()
    return job if job.state is State.POSTING and job.failures and job.due_at else None


async def unclear(town: Town, route: tuple[str, str], effect: Effect) -> Interaction:
    """Ask, and return once Discord has lost the answer to this request."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="sent once")
    await town.card_says(asked, "working")
    if route == EDIT:
        town.discord.set_permissions(town.channel, READ_ONLY)
    fault = town.discord.fault(*route, effect, times=None, when=lambda r: bool(r.files))
    town.kling.finish(town.kling.creates[0])
    await town.commits.until(partial(tried, town))
    assert fault.hits
    town.discord.faults.clear()
    return asked


SEND = ("POST", routes.POST)
EDIT = ("PATCH", routes.EDIT_ANSWER)


def carrying(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.attachments]


async def test_a_post_that_is_there_is_not_told_again_in_the_answer(town: Town) -> None:
    """The permission goes after the post was stored: it is found, and the answer stays a card."""
    asked = await unclear(town, SEND, Reset(stored=True))
    town.discord.set_permissions(town.channel, READ_ONLY)
    await town.settled()
    assert_posted_once(town.posts(), 1)
    assert town.card_of(asked).attachments == []


@pytest.mark.sweep
async def test_a_post_that_cannot_be_looked_for_waits(town: Town) -> None:
    """The channel can neither be written nor read: nothing is sent anywhere else."""
    asked = await unclear(town, SEND, Reset(stored=True))
    town.discord.set_permissions(town.channel, MUTE)
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    assert_posted_once(town.posts(), 1)
    assert town.card_of(asked).attachments == []


@pytest.mark.sweep
async def test_a_post_that_is_not_there_goes_to_the_answer(town: Town) -> None:
    """A readable channel without the message proves that the earlier send failed."""
    asked = await unclear(town, SEND, Reset())
    town.discord.set_permissions(town.channel, READ_ONLY)
    card = town.card_of(asked)
    await town.discord.until(lambda: bool(card.attachments), PATIENCE_S)
    await town.settled()
    assert town.posts() == []


@pytest.mark.sweep
@pytest.mark.parametrize("lost", [Reset(stored=True), Answer(500, stored=True)])
async def test_an_edited_answer_is_found_once_its_token_is_dead(town: Town, lost: Effect) -> None:
    """The answer carries the result already: nothing is written to the member's inbox."""
    asked = await unclear(town, EDIT, lost)
    town.clock.jump(TOKEN_DEAD_S)
    await town.settled()
    assert len(carrying([town.card_of(asked)])) == 1
    assert town.posts(town.discord.dm(town.member)) == []


@pytest.mark.sweep
async def test_an_answer_that_was_not_edited_is_told_elsewhere(town: Town) -> None:
    """The answer can be read and is still a card: the result comes as a direct message."""
    asked = await unclear(town, EDIT, Reset())
    town.clock.jump(TOKEN_DEAD_S)
    await town.posted(1, town.discord.dm(town.member))
    await town.settled()
    assert town.card_of(asked).attachments == []


@pytest.mark.sweep
async def test_an_answer_that_cannot_be_read_waits(town: Town) -> None:
    """Whether the edit arrived cannot be known: the result waits to be picked up."""
    await unclear(town, EDIT, Reset(stored=True))
    town.discord.set_permissions(town.channel, MUTE & ~Permission.READ_MESSAGE_HISTORY)
    town.discord.delete_channel(town.channel)
    town.clock.jump(TOKEN_DEAD_S)
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    assert town.posts(town.discord.dm(town.member)) == []


@pytest.mark.sweep
async def test_without_the_history_the_reply_is_a_plain_message(town: Town) -> None:
    """Discord refuses the reference (160002), not the message: it is sent without, in its place."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "working")
    town.discord.set_permissions(town.channel, NO_HISTORY)
    town.kling.finish(town.kling.creates[0])
    [post] = await town.posted()
    await town.settled()
    assert post.reference is None
    assert town.card_of(asked).attachments == []
    nonces = {sent.json["nonce"] for sent in town.discord.sent(*SEND)}
    assert len(nonces) == 1


@pytest.mark.sweep
async def test_a_refusal_of_a_repeat_says_nothing_of_the_first_try(town: Town) -> None:
    """discord.py repeats a 502: a refusal of the repeat says nothing about the first try."""
    town.discord.fault("POST", routes.POST, Answer(502, stored=True))
    refused = town.discord.fault("POST", routes.POST, Answer(403, 50013))
    asked = await town.ask("image", prompt="posted once")
    await town.card_says(asked, "✅")
    await town.settled()
    assert refused.hits
    assert_posted_once(town.posts(), 1)
    assert town.card_of(asked).attachments == []


@pytest.mark.sweep
async def test_a_repeated_answer_that_comes_too_late_is_not_taken_back(town: Town) -> None:
    """The card is there, its answer was lost, and the repeat was told that it is too late."""
    town.discord.fault("POST", routes.ANSWER, Answer(502, stored=True))
    refused = town.discord.fault("POST", routes.ANSWER, Answer(404, 10062))
    asked = await town.discord.slash(town.member, town.channel, "image", {"prompt": "kept"})
    await refused.arrived(30)
    town.clock.jump(61.0)
    await town.card_says(asked, "✅")
    await town.settled()
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)
