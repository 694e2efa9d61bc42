"""The answer to the command and its card: lost, late, edited while pressed, refused."""

import math
from functools import partial

import pytest
from sqlalchemy import Connection, event

from sandbox.discord import Answer, Interaction, LocalRefusal, Reset, Upload
from sandbox.kling import Script
from storage.job import Job, State
from storage.sqlite_connections import SqliteConnections
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text, png

SETTLED_S = 60.0
"""Longer than the bot waits before it looks for an answer that was not recorded, and longer than
the local Discord waits for one."""
TOKEN_DEAD_S = 16 * 60.0


async def lost_answer(town: Town, *, stored: bool) -> Interaction:
    """Use a command whose answer is lost on the way; the row is there before it."""
    town.discord.fault("POST", routes.ANSWER, Reset(stored=stored))
    asked = await town.discord.slash(town.member, town.channel, "image", {"prompt": "lost"})
    await town.discord.until(lambda: town.discord.sent("POST", routes.ANSWER))
    return asked


async def test_a_card_that_is_there_makes_the_job_go_on(town: Town) -> None:
    """The answer arrived without our knowing: the job is paid and posted once."""
    asked = await lost_answer(town, stored=True)
    town.clock.jump(SETTLED_S)
    await town.card_says(asked, "✅")
    await town.settled()
    assert_paid_once(town, 1)
    assert_posted_once(town.posts(), 1)


async def test_a_card_that_is_not_there_takes_the_row_away(town: Town) -> None:
    """The member saw a failure: nothing is remembered and nothing is paid."""
    asked = await lost_answer(town, stored=False)
    town.clock.jump(SETTLED_S)
    with pytest.raises(LocalRefusal):
        await asked.answered()
    await town.commits.until(partial(_withdrawn, town))
    assert town.kling.creates == []
    assert town.posts() == []


async def _withdrawn(town: Town) -> bool | None:
    return None if await town.store.list_jobs() else True


@pytest.mark.parametrize("stored", [True, False])
async def test_with_a_dead_token_the_channel_is_searched_for_the_card(
    *, stored: bool, town: Town
) -> None:
    """An answer that can no longer be read by its token is looked for where it would be."""
    await town.discord.say(town.member, town.channel, "hello")
    asked = await lost_answer(town, stored=stored)
    await town.discord.say(town.member, town.channel, "anybody there?")
    town.clock.jump(TOKEN_DEAD_S)
    if stored:
        await town.card_says(asked, "✅")
        assert_paid_once(town, 1)
    else:
        await town.commits.until(partial(_withdrawn, town))
        assert town.kling.creates == []


async def test_where_the_answer_cannot_be_read_nothing_is_paid_and_the_member_is_told(
    town: Town,
) -> None:
    """It is unknown whether the member waits: they are notified, and no money moves."""
    town.discord.fault("GET", routes.ORIGINAL, Answer(403, 50_001), times=None)
    await lost_answer(town, stored=True)
    town.clock.jump(SETTLED_S)
    [post] = await town.posted()
    assert town.member in post.mentions
    await town.settled()
    assert town.kling.creates == []
    assert_posted_once(town.posts(), 1)


async def test_an_answer_that_cannot_be_read_is_given_up_in_one_write(town: Town) -> None:
    """No row is ever to be told and unanswered at once: two steps would take it."""
    between: list[object] = []

    def look(connection: Connection) -> None:
        rows = connection.exec_driver_sql("SELECT state, answered_at FROM jobs")
        between.extend(row for row in rows if row[0] == State.READY and row[1] is None)

    connections = town.store._connections
    assert isinstance(connections, SqliteConnections)
    event.listen(connections._engine, "commit", look)
    town.discord.fault("GET", routes.ORIGINAL, Answer(403, 50_001), times=None)
    await lost_answer(town, stored=True)
    town.clock.jump(SETTLED_S)
    await town.posted()
    await town.settled()
    assert between == []


async def test_what_is_pressed_while_the_card_is_edited_is_shown_next(town: Town) -> None:
    """An edit that ends does not swallow what the card wants by then."""
    held = town.discord.fault(
        "PATCH", routes.EDIT_ANSWER, routes.HOLD_ANSWER, when=lambda r: "🎬" in str(r.json)
    )
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="changed my mind")
    await held.arrived(30)
    await town.press(town.card_of(asked), "cancel")
    held.release()
    await town.card_says(asked, "Kling will still finish it")
    town.kling.finish(town.kling.creates[0])
    await town.card_says(asked, "This job was stopped. Nothing was posted")
    await town.settled()
    assert town.posts() == []


async def test_a_cancelled_job_shows_it_although_its_step_still_runs(hasty: Town) -> None:
    """The step that fetches the inputs is not waited for: the row is let go when it ends."""
    hasty.discord.hold("GET", routes.ATTACHED)
    held = hasty.discord.hold("GET", routes.ATTACHED)
    slow = await hasty.ask("image", prompt="slow", image=png(), model="kling-v2")
    await held.arrived(30)
    await hasty.press(hasty.card_of(slow), "cancel")
    looked = await hasty.ask("image", prompt="something else to do")
    await hasty.card_says(looked, "✅")
    held.release()
    await hasty.card_says(slow, "🚫")
    await hasty.settled()
    assert_paid_once(hasty, 1)


async def test_a_refusal_that_cannot_be_whispered_is_told_in_the_channel(hasty: Town) -> None:
    """A problem found late reaches the member by some way, once."""
    slow = hasty.discord.hold("GET", routes.ATTACHED)
    hasty.discord.fault("POST", routes.FOLLOW_UP, Answer(404, 10_015), times=None)
    asked = await hasty.ask("image", prompt="what is this", image=Upload(b"no picture", "a.png"))
    slow.release()
    [post] = await hasty.posted()
    assert hasty.member in post.mentions
    await hasty.settled()
    await hasty.card_says(asked, "⚠️")
    assert_posted_once(hasty.posts(), 1)
    assert hasty.kling.creates == []


async def test_a_refusal_found_after_the_token_died_is_told_in_the_channel(hasty: Town) -> None:
    """Planned as a whisper, sent when a whisper is no longer possible."""
    hasty.discord.fault("POST", routes.FOLLOW_UP, Reset(), times=None)
    slow = hasty.discord.hold("GET", routes.ATTACHED)
    asked = await hasty.ask("image", prompt="what is this", image=Upload(b"no picture", "a.png"))
    slow.release()
    await hasty.commits.until(partial(_posting_later, hasty))
    hasty.clock.jump(TOKEN_DEAD_S)
    await hasty.card_says(asked, "⚠️")
    assert card_text(hasty.card_of(asked)).count("can't read this image") == 1
    await hasty.settled()


async def _posting_later(town: Town) -> Job | None:
    job = await town.only_job()
    return job if job.state is State.POSTING and job.failures else None


async def test_an_outage_does_not_freeze_the_card(town: Town) -> None:
    """Edits that fail for minutes are tried again until the card is in its last state."""
    trouble = town.discord.fault("PATCH", routes.EDIT_ANSWER, Reset(), times=None)
    by_bot = town.discord.fault("PATCH", routes.EDIT_POST, Reset(), times=None)
    asked = await town.ask("image", prompt="bad weather")
    await town.posted()
    for tries in range(1, 9):
        job = await town.commits.until(partial(_card_tried, town, tries))
        town.clock.jump(max(0.0, (job.card.due_at or 0) - town.clock.now()) + 0.01)
    assert trouble.hits
    trouble.times = by_bot.times = 0
    town.clock.jump(61)
    await town.card_says(asked, "✅")
    await town.settled()


async def _card_tried(town: Town, tries: int) -> Job | None:
    job = await town.only_job()
    return job if job.state is State.DONE and job.card.tries >= tries else None
