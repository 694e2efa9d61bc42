"""Discord did what it was asked and says so in a way that can't be read, or refuses oddly."""

import math
from functools import partial

import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import POSTING, Answer, Interaction, Permission, Reply, Reset
from sandbox.kling import Script
from storage.job import State
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text

SETTLED_S = 60.0
"""Longer than the bot waits before it looks for an answer that was not recorded."""
LOOK_AGAIN_S = 5.0
AT_ONCE_S = 120.0
"""By the bot's clock: the token would have lived for 15 minutes."""
NO_HISTORY = POSTING & ~Permission.READ_MESSAGE_HISTORY
READ_ONLY = POSTING & ~Permission.SEND_MESSAGES
UNREADABLE = {
    "a page": Reply(b"<html>OK</html>", "text/html", stored=True),
    "JSON with a charset": Reply(b"{}", "application/json; charset=utf-8", stored=True),
    "another shape": Reply(b'{"ok": true}', stored=True),
    "a list": Reply(b"[]", stored=True),
    "cut off": Reply(b'{"id": "1', stored=True),
    "no text": Reply(b"\xff\xfe", stored=True),
    "nothing": Reply(status=204, stored=True),
}


@pytest.mark.sweep
@pytest.mark.parametrize("how", UNREADABLE)
async def test_a_card_whose_acceptance_cannot_be_read_is_the_answer(how: str, town: Town) -> None:
    """Discord said 2xx: the member sees the card, hears of no failure, and the job goes on."""
    town.discord.fault("POST", routes.ANSWER, UNREADABLE[how])
    asked = await town.discord.slash(town.member, town.channel, "image", {"prompt": "a fox"})
    await asked.answered()
    town.clock.jump(SETTLED_S)
    await town.card_says(asked, "✅")
    await town.settled()
    assert asked.followups == []
    assert_paid_once(town, 1)
    assert_posted_once(town.posts(), 1)


@pytest.mark.parametrize("how", sampled(UNREADABLE, "a page", "nothing"))
async def test_a_post_whose_acceptance_cannot_be_read_is_made_once(how: str, town: Town) -> None:
    """The next try bears the same nonce and returns the message that is there."""
    fault = town.discord.fault("POST", routes.POST, UNREADABLE[how])
    asked = await town.ask("image", prompt="posted once")
    await town.card_says(asked, "✅")
    await town.settled()
    assert fault.hits
    assert_posted_once(town.posts(), 1)
    assert len(town.discord.sent("POST", routes.POST)) == 2


@pytest.mark.sweep
@pytest.mark.parametrize("command", ["help", "jobs"])
async def test_an_answer_whose_acceptance_cannot_be_read_is_no_failure(
    command: str, town: Town
) -> None:
    """What the member sees is the answer, without "something went wrong" below it."""
    fault = town.discord.fault("POST", routes.ANSWER, UNREADABLE["a page"])
    asked = await town.discord.slash(town.member, town.channel, command)
    await asked.answered()
    await town.ask("image", prompt="a marker behind it")
    assert fault.hits
    assert asked.followups == []
    assert len(town.discord.sent("POST", routes.ANSWER)) == 2
    await town.settled()


async def lost_answer(town: Town, *, stored: bool) -> Interaction:
    """Use a command whose answer is lost on the way."""
    town.discord.fault("POST", routes.ANSWER, Reset(stored=stored))
    asked = await town.discord.slash(town.member, town.channel, "image", {"prompt": "lost"})
    await town.discord.until(lambda: town.discord.sent("POST", routes.ANSWER))
    return asked


@pytest.mark.sweep
async def test_not_found_is_not_believed_of_a_card_that_is_in_the_channel(town: Town) -> None:
    """`@original` may say 404 of a card that members see: the channel has the last word."""
    town.discord.fault("GET", routes.ORIGINAL, Answer(404, 10_008), times=None)
    asked = await lost_answer(town, stored=True)
    town.clock.jump(SETTLED_S)
    await town.card_says(asked, "✅")
    await town.settled()
    assert_paid_once(town, 1)


@pytest.mark.sweep
async def test_where_the_channel_cannot_be_read_not_found_is_asked_twice(town: Town) -> None:
    """One 404 of a card that is there, and nothing else to go by: the second look finds it."""
    town.discord.set_permissions(town.channel, NO_HISTORY)
    first = town.discord.fault("GET", routes.ORIGINAL, Answer(404, 10_008))
    asked = await lost_answer(town, stored=True)
    town.clock.jump(SETTLED_S)
    await first.arrived()
    await town.commits.until(partial(_looked, town))
    town.clock.jump(LOOK_AGAIN_S)
    await town.card_says(asked, "✅")
    await town.settled()
    assert_paid_once(town, 1)


async def _looked(town: Town) -> bool | None:
    return bool((await town.only_job()).card.tries) or None


@pytest.mark.sweep
async def test_a_dead_token_leaves_the_channel_to_look_for_the_card(town: Town) -> None:
    """401 for `@original` says nothing about the card."""
    town.discord.fault("GET", routes.ORIGINAL, Answer(401, 50_027), times=None)
    asked = await lost_answer(town, stored=True)
    town.clock.jump(SETTLED_S)
    await town.card_says(asked, "✅")
    await town.settled()
    assert_paid_once(town, 1)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("status", "code"), [(400, 50_035), (403, 160_002), (403, 160_010), (404, 10_008), (400, 0)]
)
async def test_a_reply_that_is_refused_is_posted_without_it(
    status: int, code: int, town: Town
) -> None:
    """Whatever Discord has against the message that is replied to, the result arrives there."""
    refused = town.discord.fault(
        "POST",
        routes.POST,
        Answer(status, code),
        times=None,
        when=lambda request: bool(request.json.get("message_reference")),
    )
    await town.ask("image", prompt="a fox")
    [post] = await town.posted()
    assert refused.hits
    assert post.attachments
    assert post.reference is None
    assert town.member in post.mentions
    await town.settled()


@pytest.mark.sweep
async def test_a_venue_that_takes_nothing_is_left_after_the_second_refusal(town: Town) -> None:
    """With and without the reply the channel refuses: the answer gets the result."""
    town.discord.fault("POST", routes.POST, Answer(400, 50_035), times=None)
    asked = await town.ask("image", prompt="a fox")
    card = town.card_of(asked)
    await town.discord.until(lambda: bool(card.attachments), PATIENCE_S)
    await town.settled()
    assert len(town.discord.sent("POST", routes.POST)) == 2
    assert town.posts() == []


@pytest.mark.sweep
async def test_a_dead_token_moves_the_result_on_at_once(town: Town) -> None:
    """401 on the answer's address: the token is dead, whatever our clock says."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "🎬")
    began = town.clock.now()
    town.discord.set_permissions(town.channel, READ_ONLY)
    dead = town.discord.fault("PATCH", routes.EDIT_ANSWER, Answer(401, 50_027), times=None)
    town.kling.finish(town.kling.creates[0])
    inbox = town.discord.dm(town.member)
    [post] = await town.posted(1, inbox)
    await town.job_is(State.DONE)
    assert post.attachments
    assert dead.hits
    assert town.clock.now() - began < AT_ONCE_S
    await town.settled()


@pytest.mark.sweep
async def test_a_dead_token_does_not_freeze_the_card(town: Town) -> None:
    """The card is edited as an ordinary message, without waiting for the token to expire."""
    town.discord.fault("PATCH", routes.EDIT_ANSWER, Answer(401, 50_027), times=None)
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "✅")
    await town.settled()


@pytest.mark.sweep
async def test_a_revoked_bot_token_is_no_reason_to_move_on(town: Town) -> None:
    """401 for a post means the bot's own token, which may be replaced: nothing goes elsewhere."""
    refused = town.discord.fault("POST", routes.POST, Answer(401), times=1)
    asked = await town.ask("image", prompt="a fox")
    [post] = await town.posted()
    assert refused.hits
    assert post.attachments
    await town.card_says(asked, "✅")
    await town.settled()
    assert "📬" not in card_text(town.card_of(asked))
