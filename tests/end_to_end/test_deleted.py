"""`delete`: a job goes out of Discord and is emptied, as its requester or a moderator wants."""

import math
from pathlib import Path

import pytest

from bot.controls.control import Who
from bot.controls.table import CONTROLS
from sandbox.discord import MEMBER_PERMISSIONS, Answer, Message, Permission
from sandbox.kling import Script
from storage.job import CARD_GONE, ENDED, Job, State
from tests.end_to_end.test_going_on import made
from tests.end_to_end.test_jobs import UNKNOWN, one_job, text_of
from tests.harness.books import charged_by
from tests.harness.opening import open_town
from tests.harness.town import Town, custom_ids, png

ABOUT_A_JOB = {
    Who.REQUESTER,
    Who.THERE,
    Who.IN_SERVER,
    Who.REQUESTER_OR_MODERATORS,
    Who.MANAGERS,
}
DELETE = "/channels/{channel_id}/messages/{message_id}"
ONLY_THEIRS = "Only the member who started"


async def gone(town: Town, *messages: Message) -> Job:
    """Return the job once its messages are out of Discord and the row knows it."""
    await town.discord.until(lambda: all(message.deleted for message in messages))

    async def emptied() -> Job | None:
        [job] = await town.store.list_jobs()
        return job if job.card.shows == CARD_GONE and job.card.due_at is None else None

    return await town.commits.until(emptied)


async def test_a_deleted_job_leaves_nothing_but_its_price(town: Town) -> None:
    """Result and card go; prompt, files and outcome too; what Kling charged stays booked."""
    await town.warm()
    asked = await town.ask(
        "image", prompt="a secret owl", image=png(), model="kling-v2", aspect_ratio="1:1"
    )
    [post] = await town.posted()
    [before] = await town.settled()
    told = await town.choose(post, "delete")
    assert told.ephemeral
    assert "Deleted" in text_of(told)
    after = await gone(town, post, town.card_of(asked))
    assert after.outcome is None
    assert "owl" not in str(after)
    assert after.request["aspect_ratio"] == "1:1", "options are no words"
    assert await town.store.inputs(after.id) == {}
    assert (after.units_spent, after.state) == (before.units_spent, State.DONE)
    assert charged_by(town.kling, "image") > 0
    await town.settled()
    listed = await town.ask("jobs")
    assert "no jobs yet" in text_of(listed)
    for action in (control.name for control in CONTROLS if control.who in ABOUT_A_JOB):
        pressed = await town.forge_press(town.card_of(listed), f"kling:{action}:{after.id}")
        assert UNKNOWN in text_of(pressed), action


@pytest.mark.parametrize("state", ["queued", "running", "face"])
async def test_a_job_under_way_is_called_off_first(tmp_path: Path, state: str) -> None:
    """Before the create it is cancelled; after it Kling ends the task, and nothing is posted."""
    env = {"KLINGBOT_KLING__IMAGE_SLOTS": "1"}
    async with open_town(tmp_path, env=env) as town:
        town.kling.script(Script(takes_s=math.inf, times=None))
        async with town.bot():
            first = await town.ask("image", prompt="first")
            await town.card_says(first, "working")
            asked = first if state == "running" else await town.ask("image", prompt="second")
            [job] = [
                j
                for j in await town.store.list_jobs()
                if j.request["prompt"] in (("first",) if state == "running" else ("second",))
            ]
            page = await one_job(town, job.id)
            assert "Deleted" in text_of(await town.press(page, "delete"))
            if state == "running":
                assert not town.card_of(asked).deleted, "as long as Kling works on it"
                town.kling.finish(town.kling.creates[0])
            await town.discord.until(lambda: town.card_of(asked).deleted)
            ended = await town.job_is(*ENDED, job_id=job.id)
            assert ended.unwanted
            assert town.posts() == []
            expected = State.DONE if state == "running" else State.CANCELLED
            assert ended.state is expected


async def test_who_may_delete(town: Town) -> None:
    """The requester anywhere; with Manage Messages in that server; nobody else."""
    post, job = await made(town)
    eve = town.discord.add_user("eve")
    elsewhere = town.discord.add_channel(town.discord.add_guild("Elsewhere"), "lobby")
    for user, channel in ((eve, town.channel), (town.discord.owner, elsewhere)):
        page = town.card_of(await town.ask("help", by=user, at=channel))
        told = await town.forge_press(page, f"kling:delete:{job.id}", by=user)
        assert ONLY_THEIRS in text_of(told)
        assert await town.store.list_jobs() == [job]
    mod = town.discord.add_user("mod", permissions=MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES)
    assert "Deleted" in text_of(await town.choose(post, "delete", by=mod))
    await gone(town, post)


async def test_a_moderator_deletes_the_card_of_a_job_that_ended_without_a_result(
    town: Town,
) -> None:
    """Cancelled, stopped or failed: its card quotes the prompt, which is emptied with it."""
    mod = town.discord.add_user("mod", permissions=MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES)
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="an insult")
    card = await town.card_says(asked, "working")
    assert not [one for one in custom_ids(card) if ":delete:" in one]
    await town.press(card, "cancel")
    town.kling.finish(town.kling.creates[0])
    await town.card_says(asked, "Nothing was posted")
    await town.settled()
    eve = town.discord.add_user("eve")
    assert ONLY_THEIRS in text_of(await town.press(card, "delete", by=eve))
    assert "Deleted" in text_of(await town.press(card, "delete", by=mod))
    assert "insult" not in str(await gone(town, card))


async def test_who_may_stop(town: Town) -> None:
    """The requester, and with Manage Messages in that server everybody's; but no private job."""
    town.kling.script(Script(takes_s=math.inf, times=None))
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "working")
    eve = town.discord.add_user("eve")
    mod = town.discord.add_user("mod", permissions=MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES)
    [job] = await town.store.list_jobs()
    assert ONLY_THEIRS in text_of(await town.press(card, "cancel", by=eve))
    elsewhere = town.discord.add_channel(town.discord.add_guild("Elsewhere"), "lobby")
    page = town.card_of(await town.ask("help", by=town.discord.owner, at=elsewhere))
    told = await town.forge_press(page, f"kling:cancel:{job.id}", by=town.discord.owner)
    assert ONLY_THEIRS in text_of(told)
    assert "it may be charged" in text_of(await town.press(card, "cancel", by=mod))
    await town.card_says(asked, "Kling will still finish it")
    await town.ask("image", prompt="a secret", private=True)
    [secret] = [one for one in await town.store.list_jobs() if one.id != job.id]
    told = await town.forge_press(card, f"kling:cancel:{secret.id}", by=mod)
    assert ONLY_THEIRS in text_of(told)
    for task in town.kling.creates:
        town.kling.finish(task)
    await town.card_says(asked, "Nothing was posted")


async def test_the_requester_deletes_from_anywhere(town: Town) -> None:
    """Also from direct messages, and a second press finds nothing."""
    post, job = await made(town)
    dm = town.discord.dm(town.member)
    page = town.card_of(await town.ask("help", at=dm))
    assert "Deleted" in text_of(await town.forge_press(page, f"kling:delete:{job.id}"))
    await gone(town, post)
    assert UNKNOWN in text_of(await town.forge_press(page, f"kling:delete:{job.id}"))


async def test_deleting_is_repeated_until_it_is_true(town: Town) -> None:
    """Discord fails, then refuses; nothing is forgotten, and what is gone already is fine."""
    post, _ = await made(town)
    fault = town.discord.fault("DELETE", DELETE, Answer(503), times=None)
    await town.choose(post, "delete")
    await fault.arrived()
    await town.commits.until(lambda: waiting(town))
    town.discord.withdraw(fault)
    refusing = town.discord.fault("DELETE", DELETE, Answer(403, 50_001), times=None)
    town.clock.jump(60)
    await refusing.arrived()
    await town.commits.until(lambda: waiting(town, 600))
    town.discord.withdraw(refusing)
    town.discord.posts.delete(post)
    town.clock.jump(3_600)
    job = await gone(town, post)
    assert "fox" not in str(job)


async def waiting(town: Town, least_s: float = 0.0) -> Job | None:
    """Return the job once its removal waits for another try, at least so long."""
    [job] = await town.store.list_jobs()
    due_at = job.card.due_at
    later = due_at is not None and due_at > town.clock.now() + least_s and job.card.tries > 0
    return job if later and job.lease_owner is None else None


async def test_a_message_that_was_sent_without_an_answer_goes_too(tmp_path: Path) -> None:
    """The post is there without our knowing, the bot is killed, the member wants it gone."""
    route = "/channels/{channel_id}/messages"
    async with open_town(tmp_path) as town:
        async with town.bot():
            held = town.discord.hold("POST", route, stored=True)
            asked = await town.ask("image", prompt="a fox")
            await held.arrived()
            [post] = town.posts()
            job = await town.job_is(State.POSTING)
            page = await one_job(town, job.id)
            await town.press(page, "delete")
        held.release()
        town.clock.jump(1_000)
        async with town.bot():
            await gone(town, post, town.card_of(asked))
            assert town.posts() == []


async def test_what_was_made_of_it_stays(town: Town) -> None:
    """A job that somebody made of it is theirs; its results no longer link to what is gone."""
    post, old = await made(town)
    eve = town.discord.add_user("eve")
    await town.press(post, "again", by=eve)
    _, second = await town.posted(2)
    await town.settled()
    await town.choose(post, "delete")
    await town.discord.until(lambda: post.deleted)
    again = await town.press(second, "again", by=eve)
    assert not again.ephemeral
    _, third = await town.posted(2)
    assert not second.deleted
    assert "Made from" in third.content
    again = await town.press(third, "again", by=eve)
    assert again.message is not None
    [*_, fourth] = await town.posted(3)
    assert "Made from" in fourth.content
    assert str(old.card.message_id) not in fourth.content
