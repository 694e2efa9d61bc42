"""`/jobs` and every button: a member's own jobs, for their eyes and hands only."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.discord import Interaction, Message
from sandbox.kling import Fault, How, Script
from storage.job import State, WaitsFor
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text, custom_ids, png

CDN = "/ephemeral-attachments/{application_id}/{attachment_id}/{filename}"
UNKNOWN = "I can't find this job"


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose account has one slot for clips, and whose tasks end when they are told to."""
    env = {"KLINGBOT_KLING__VIDEO_SLOTS": "1"}
    async with open_town(tmp_path, env=env) as made:
        made.kling.script(Script(takes_s=math.inf, times=None))
        async with made.bot():
            yield made


def text_of(answer: Interaction) -> str:
    assert answer.message is not None
    return card_text(answer.message)


async def one_job(town: Town, job_id: str) -> Message:
    """Open `/jobs`, choose the job, and return its page."""
    listed = await town.ask("jobs")
    return town.card_of(await town.choose(town.card_of(listed), job_id))


async def test_who_has_no_jobs_is_told_how_to_get_one(town: Town) -> None:
    """The empty list says what to type."""
    listed = await town.ask("jobs")
    assert listed.ephemeral
    assert "</image:" in text_of(listed)


async def test_the_list_tells_state_and_place(narrow: Town) -> None:
    """Newest first, with the place in the queue; others' jobs are counted and not shown."""
    other = narrow.discord.add_user("bob")
    running = await narrow.ask("video", prompt="first of all")
    await narrow.card_says(running, "working")
    await narrow.ask("video", by=other, prompt="bob's own")
    waiting = await narrow.ask("video", prompt="last of all")
    assert "position 2" in card_text(narrow.card_of(waiting))
    listed = await narrow.ask("jobs")
    assert listed.ephemeral
    header, last, first = text_of(listed).strip().split("\n")
    assert "2 latest" in header
    assert "queued" in last
    assert "position 2" in last
    assert "last of all" in last
    assert "in progress" in first
    assert "first of all" in first
    narrow.kling.finish(narrow.kling.creates[0])
    await narrow.kling.until(lambda: len(narrow.kling.creates) == 2)
    listed = await narrow.ask("jobs")
    assert "position 1 " in text_of(listed)


async def test_what_is_queued_is_cancelled_for_free(narrow: Town) -> None:
    """From the card or from the list: nothing is sent, nothing is spent, nothing is posted."""
    running = await narrow.ask("video", prompt="first")
    await narrow.card_says(running, "working")
    by_card = await narrow.ask("video", prompt="second")
    by_list = await narrow.ask("video", prompt="third")
    told = await narrow.press(narrow.card_of(by_card), "cancel")
    assert told.ephemeral
    assert "nothing was charged" in text_of(told)
    [job] = [j for j in await narrow.store.list_jobs() if j.state is State.QUEUED]
    told = await narrow.press(await one_job(narrow, job.id), "cancel")
    assert "nothing was charged" in text_of(told)
    for asked in (by_card, by_list):
        card = await narrow.card_says(asked, "Cancelled")
        assert not any("cancel" in custom_id for custom_id in custom_ids(card))
    assert len(narrow.kling.creates) == 1


async def test_the_page_of_a_job_leads_to_its_card(narrow: Town) -> None:
    """The card, where the pictures of the faces are too, is one press away."""
    asked = await narrow.ask("video", prompt="far up in the channel")
    card = narrow.card_of(asked)
    page = await one_job(narrow, (await narrow.only_job()).id)
    way = f"https://discord.com/channels/{narrow.guild.id}/{narrow.channel.id}/{card.id}"
    assert f"({way})" in card_text(page)


async def test_what_is_being_fetched_is_cancelled_for_free(hasty: Town) -> None:
    """A job that waits for its files is cancelled, and what comes later does not revive it."""
    held = hasty.discord.hold("GET", CDN)
    asked = await hasty.ask("image", prompt="a fox", image=png(), model="kling-v2")
    await hasty.job_is(State.PREPARING)
    told = await hasty.press(hasty.card_of(asked), "cancel")
    assert "Cancelled" in text_of(told)
    held.release()
    await hasty.card_says(asked, "Cancelled")
    [job] = await hasty.settled()
    assert job.state is State.CANCELLED
    assert hasty.kling.creates == []


async def test_a_question_can_be_cancelled(town: Town) -> None:
    """The member is told that finding the faces may cost; no lip-sync is ordered."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    told = await town.press(card, "cancel")
    assert "0.05 video units" in text_of(told)
    await town.card_says(asked, "Cancelled")
    assert town.kling.creates == []


async def test_from_the_create_on_it_is_stop_following(town: Town) -> None:
    """The member is told that it may cost; when the task ends, nothing is posted."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "working")
    told = await town.press(card, "cancel")
    assert "it may be charged" in text_of(told)
    await town.card_says(asked, "it may still be charged")
    assert "· stopped ·" in text_of(await town.ask("jobs"))
    town.kling.finish(town.kling.creates[0])
    await town.card_says(asked, "Nothing was posted")
    await town.settled()
    assert town.posts() == []


async def test_a_create_under_way_is_not_called_cancelled(town: Town) -> None:
    """While the create is on its way, cancelling is stop following, too: money may be spent."""
    hanging = town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
    asked = await town.ask("image", prompt="a fox")
    await hanging.arrived.wait()
    job = await town.job_is(State.CREATING)
    told = await town.press(await one_job(town, job.id), "cancel")
    assert "it may be charged" in text_of(told)
    hanging.release()
    await town.card_says(asked, "Nothing was posted")
    await town.settled()
    assert town.posts() == []


async def test_too_late_is_said(town: Town) -> None:
    """A press on what has moved on changes nothing and says so."""
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "Done")
    job = await town.only_job()
    told = await town.forge_press(town.card_of(asked), f"kling:cancel:{job.id}")
    assert "Too late" in text_of(told)
    told = await town.forge_press(town.card_of(asked), f"kling:face:{job.id}", "0")
    assert "Too late" in text_of(told)
    assert (await town.settled())[0].state is State.DONE


async def test_a_result_is_delivered_again(town: Town) -> None:
    """Once more in the channel, or into a private answer; the files are the same."""
    await town.ask("image", prompt="a fox")
    await town.posted()
    [job] = await town.settled()
    told = await town.press(await one_job(town, job.id), "deliver")
    assert "On its way" in text_of(told)
    first, second = await town.posted(2)
    await town.settled()
    fetched = await town.press(await one_job(town, job.id), "pick_up")
    assert fetched.ephemeral
    answer = town.card_of(fetched)
    await town.discord.until(lambda: len(answer.attachments) == 1)
    await town.settled()
    files = [*first.attachments, *second.attachments, *answer.attachments]
    assert len({file.sha256 for file in files}) == 1
    assert len(town.posts()) == 2
    assert len(town.kling.creates) == 1


async def test_two_presses_are_one(town: Town) -> None:
    """Of two presses at the same moment one wins, and both are answered."""
    await town.ask("image", prompt="a fox")
    await town.posted()
    [job] = await town.settled()
    page = await one_job(town, job.id)
    [deliver] = [c for c in custom_ids(page) if c.startswith("kling:deliver:")]
    pressed = [await town.discord.click(town.member, page, deliver) for _ in range(2)]
    answers = [text_of(await one.answered()) for one in pressed]
    assert all("On its way" in answer or "Too late" in answer for answer in answers)
    await town.posted(2)
    await town.settled()
    assert len(town.posts()) == 2


async def test_only_the_requester_may(town: Town) -> None:
    """Anyone else who presses is refused privately, and the job is unchanged."""
    other = town.discord.add_user("bob")
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    job = await town.job_is(State.WAITING)
    for action in ("cancel", "deliver", "pick_up"):
        told = await town.forge_press(card, f"kling:{action}:{job.id}", by=other)
        assert told.ephemeral
        assert "Only the member who started" in text_of(told)
    told = await town.forge_press(card, f"kling:list:{job.id}", job.id, by=other)
    assert told.ephemeral
    assert "Only the member who started" in text_of(told)
    assert (await town.only_job()).waits_for is WaitsFor.FACE


async def test_what_is_pressed_is_never_believed(town: Town) -> None:
    """Unknown, malformed and forged ids are answered in private, and nothing happens."""
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "Done")
    [job] = await town.settled()
    for custom_id in (
        "kling:cancel:aaaaaaaaaaaaaaaa",
        "kling:again:aaaaaaaaaaaaaaaa",
        f"kling:nonsense:{job.id}",
        f"kling:cancel:{job.id}:{job.id}",
        f"kling:cancel:{job.id.upper()}",
        "kling:cancel:' OR 1=1 --",
        "hello",
        "x" * 100,
    ):
        told = await town.forge_press(card, custom_id)
        assert told.ephemeral, custom_id
        assert UNKNOWN in text_of(told), custom_id
    told = await town.forge_press(card, f"kling:list:{job.id}", "another job")
    assert UNKNOWN in text_of(told)
    told = await town.forge_press(card, f"kling:pick_up:{'b' * 16}")
    assert UNKNOWN in text_of(told)
    assert await town.store.list_jobs() == [job]


async def test_the_button_under_the_card_shows_the_list(town: Town) -> None:
    """A done card leads each member who presses it to their own jobs."""
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "Done")
    listed = await town.press(card, "jobs")
    assert listed.ephemeral
    assert "a fox" in text_of(listed)
    listed = await town.press(card, "jobs", by=town.discord.add_user("bob"))
    assert "no jobs yet" in text_of(listed)
