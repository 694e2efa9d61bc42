"""Results that cannot be had: each is told, in an end and not in a loop."""

import math
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.discord import Message
from sandbox.kling import Fault, How, Script
from storage.job import State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, custom_ids


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose operator forgot to name the host that Kling's results lie on."""
    async with open_town(tmp_path) as made:
        cdn = urlsplit(made.discord.cdn_url).netloc
        made.env["KLINGBOT_MEDIA__PRIVATE_HOSTS"] = f'["{cdn}"]'
        async with made.bot():
            yield made


async def page_of(town: Town, job_id: str) -> Message:
    listed = await town.ask("jobs")
    return town.card_of(await town.choose(town.card_of(listed), job_id))


async def test_an_address_that_is_not_allowed_is_told_as_a_link(strict: Town) -> None:
    """No further try helps: the member gets the link, the operator the name of the setting."""
    asked = await strict.ask("image", prompt="a fox", n=2)
    [post] = await strict.posted()
    assert post.attachments == []
    assert post.content.count(strict.kling.base_url) == 2
    assert "not allowed to download" in post.content
    assert "too large" not in post.content
    await strict.card_says(asked, "✅")
    await strict.settled()
    [notice] = await strict.posted(1, strict.discord.dm(strict.discord.owner))
    assert "media.private_hosts" in notice.content


async def test_faces_without_pictures_can_be_chosen(strict: Town) -> None:
    """The pictures of the faces may not be fetched: the menu comes all the same."""
    asked = await strict.ask("lipsync", video=clip(2), audio=voice())
    card = await strict.card_says(asked, "2 faces")
    assert card.attachments == []
    chosen = await strict.choose(card, "0")
    assert chosen.ephemeral
    await strict.posted()


async def test_a_question_is_answered_on_the_page_of_the_job_too(town: Town) -> None:
    """A member who can't reach the card chooses in `/jobs`."""
    await town.ask("lipsync", video=clip(2), audio=voice())
    job = await town.job_is(State.WAITING)
    page = await page_of(town, job.id)
    assert any(custom_id.startswith("kling:face:") for custom_id in custom_ids(page))
    await town.choose(page, "0")
    [post] = await town.posted()
    assert post.attachments


async def test_a_task_that_kling_has_forgotten_is_told_as_gone(town: Town) -> None:
    """Delivering it again ends with an answer, not with a question to Kling every minute."""
    await town.ask("image", prompt="a fox")
    await town.posted()
    [job] = await town.settled()
    page = await page_of(town, job.id)
    gone = Fault(How.REFUSE, method="GET", code=1203, message="Task not found", times=None)
    town.kling.fault(gone)
    await town.press(page, "deliver")
    _, second = await town.posted(2)
    assert "no longer has" in second.content
    await town.settled()


async def test_a_kling_that_cannot_be_asked_is_told_after_a_while(town: Town) -> None:
    """The member hears that it is not lost, and may press again later."""
    await town.ask("image", prompt="a fox")
    await town.posted()
    [job] = await town.settled()
    page = await page_of(town, job.id)
    town.kling.fault(Fault(How.REFUSE, method="GET", code=1000, message="No", times=None))
    await town.press(page, "deliver")

    async def told() -> bool | None:
        town.skip_wait(await town.only_job())
        return True if len(town.posts()) > 1 else None

    await town.commits.until(told)
    [_, second] = town.posts()
    assert "isn't lost" in second.content
    await town.settled()
    town.kling.clear_faults()
    await town.press(await page_of(town, job.id), "deliver")
    _, _, third = await town.posted(3)
    assert third.attachments
    await town.settled()


async def test_of_several_pictures_the_missing_ones_are_counted(town: Town) -> None:
    """What is sent is counted, and what is missing has a line of its own."""
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="foxes", n=3)
    await town.kling.until(lambda: bool(town.kling.creates))
    [task] = town.kling.creates
    path = f"/results/{task.id}/1.*"
    town.kling.fault(Fault(How.REFUSE, method="GET", path=path, status=404, code=1203, times=None))
    town.kling.finish(task)
    [post] = await town.posted()
    await town.settled()
    assert len(post.attachments) == 2
    assert "2 images" in post.content
    assert "no longer has one of the results" in post.content
