"""Every control, pressed by anyone, anywhere: an id is looked up and authorised again."""

import math
from typing import Any

import pytest

from bot.controls.control import Who
from bot.controls.table import CONTROLS
from sandbox.discord import MEMBER_PERMISSIONS, Channel, Message, Permission, User
from sandbox.kling import Script
from storage.job import State, WaitsFor
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.sampling import sampled
from tests.harness.town import Town, png

ONLY_THEIRS = "Only the member who started"
MAY_NOT = "Manage Server"
PRIVATE = [control.name for control in CONTROLS if control.who is Who.REQUESTER]
MANAGERS = [control.name for control in CONTROLS if control.who is Who.MANAGERS]
ELSEWHERE = ("stranger", "manager", "owner of the server")


def somebody(town: Town, who: str) -> User:
    """Return a member who has not asked for the job: no power over the server changes that."""
    if who == "owner of the server":
        return town.discord.owner
    more = Permission.MANAGE_GUILD if who == "manager" else Permission(0)
    return town.discord.add_user("eve", permissions=MEMBER_PERMISSIONS | more)


async def rows(town: Town) -> list[Any]:
    """Return all that is kept of every job."""
    jobs = await town.store.list_jobs()
    return [(job, await town.store.deliveries(job.id)) for job in jobs]


async def lobby(town: Town, name: str = "Elsewhere") -> Channel:
    return town.discord.add_channel(town.discord.add_guild(name), "lobby")


async def page_of(town: Town, user: User, channel: Channel) -> Message:
    """Return a message that this member sees in this channel, to forge presses under."""
    return town.card_of(await town.ask("help", by=user, at=channel))


@pytest.mark.parametrize("who", ELSEWHERE)
async def test_a_job_under_way_is_its_requesters(town: Town, who: str) -> None:
    """Without Manage Messages only the requester stops a job; all else is theirs in any case."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "working")
    job, other = await town.only_job(), somebody(town, who)
    for action in PRIVATE:
        told = await town.forge_press(card, f"kling:{action}:{job.id}", "0", by=other)
        assert told.ephemeral
        assert ONLY_THEIRS in text_of(told), action
    if who != "owner of the server":
        told = await town.forge_press(card, f"kling:cancel:{job.id}", by=other)
        assert ONLY_THEIRS in text_of(told)
    for action in MANAGERS:
        told = await town.forge_press(card, f"kling:{action}:{job.id}", by=other)
        assert told.ephemeral
        expected = MAY_NOT if who == "stranger" else "Too late"
        assert expected in text_of(told), action
    after = await town.only_job()
    assert (after.state, after.stopped, after.outcome) == (State.RUNNING, False, None)
    assert "was stopped" in text_of(await town.press(card, "cancel"))


@pytest.mark.parametrize("who", sampled(ELSEWHERE, "manager"))
async def test_a_choice_of_a_face_is_its_requesters(town: Town, who: str) -> None:
    """Only the requester chooses, cancels or fetches while the bot asks."""
    await town.warm()
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    job, other = await town.job_is(State.WAITING), somebody(town, who)
    for action in PRIVATE:
        told = await town.forge_press(card, f"kling:{action}:{job.id}", "1", by=other)
        assert ONLY_THEIRS in text_of(told), action
    after = await town.only_job()
    assert (after.state, after.waits_for) == (State.WAITING, WaitsFor.FACE)
    assert town.kling.creates == []


@pytest.mark.parametrize("who", ELSEWHERE)
async def test_a_finished_job_is_its_requesters(town: Town, who: str) -> None:
    """Only the requester delivers a job again, picks it up or sees its page; `/jobs` is private."""
    await town.ask("image", prompt="an owl of my own")
    [post] = await town.posted()
    [job] = await town.settled()
    kept, other = await rows(town), somebody(town, who)
    for action in PRIVATE:
        told = await town.forge_press(post, f"kling:{action}:{job.id}", "0", by=other)
        assert ONLY_THEIRS in text_of(told), action
    listed = await town.forge_press(post, f"kling:list:{job.id}", job.id, by=other)
    assert ONLY_THEIRS in text_of(listed)
    own = await town.forge_press(post, f"kling:jobs:{job.id}", by=other)
    assert own.ephemeral
    assert "owl" not in text_of(own)
    assert await rows(town) == kept
    assert town.posts() == [post]


async def test_only_who_was_there_runs_it_again(town: Town) -> None:
    """Words and pictures of a job come along, so from elsewhere its id opens nothing."""
    await town.warm()
    await town.ask("image", prompt="a secret owl", image=png(), model="kling-v2")
    [post] = await town.posted()
    [job] = await town.settled()
    kept, eve = await rows(town), town.discord.add_user("eve")
    away = await lobby(town)
    guest = town.discord.owner
    for user, channel in (
        (eve, town.discord.add_channel(town.guild, "another")),
        (guest, away),
        (eve, town.discord.dm(eve)),
    ):
        page = await page_of(town, user, channel)
        told = await town.forge_press(page, f"kling:again:{job.id}", by=user)
        assert told.ephemeral
        assert UNKNOWN in text_of(told)
        assert "owl" not in text_of(told)
    assert await rows(town) == kept
    mine = await page_of(town, town.member, town.discord.dm(town.member))
    again = await town.forge_press(mine, f"kling:again:{job.id}")
    assert "owl" in text_of(again)
    there = await town.press(post, "again", by=eve)
    assert "owl" in text_of(there)
    assert len(await town.store.list_jobs()) == 3


FORGED = (
    "", "kling", "kling:", "kling:cancel", "kling:cancel:", "kling:cancel:{id}:",
    "kling:cancel:{id} ",
    "kling:cancel:{id}\n", " kling:cancel:{id}", "KLING:CANCEL:{id}", "kling:CANCEL:{id}",
    "kling:cancel:{upper}", "kling:cancel:{short}", "kling:cancel:{id}x", "kling:cancel:{other}",
    "kling:drop:{id}", "kling:__init__:{id}", "kling:_say:{id}", "kling:again_:{id}",
    "kling:cancel:{id}:../../x", "kling:cancel:{id}:TAG", "kling:cancel:{id}:123456789",
    "kling:cancel:' OR '1'='1", "kling:cancel:%", "kling:cancel:{id}\u200b", "other:cancel:{id}",
    "kling:cancel:" + "\uff10" * 16, "k" * 100, "kling:cancel:{id}" + ":a" * 30, "\x00" * 8,
)  # fmt: skip


async def test_a_forged_id_does_nothing(town: Town) -> None:
    """What has not exactly the shape of an id of ours, or names no job, is not known to anybody."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "working")
    job = await town.only_job()
    spelled = {"id": job.id, "upper": job.id.upper(), "short": job.id[:-1], "other": "2" * 16}
    assert spelled["upper"] != job.id
    for shape in FORGED:
        told = await town.forge_press(card, shape.format(**spelled))
        assert told.ephemeral
        assert UNKNOWN in text_of(told), shape
    for values in ((), ("",), ("x" * 100,), ("' OR 1=1",), (job.id, job.id), ("\x00",)):
        told = await town.forge_press(card, f"kling:list:{job.id}", *values)
        assert told.ephemeral
    after = await town.only_job()
    assert (after.state, after.stopped) == (State.RUNNING, False)
