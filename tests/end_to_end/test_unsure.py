"""If it can't be known whether Kling accepted a create, a server manager decides."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.discord import MEMBER_PERMISSIONS, Interaction, Permission
from sandbox.kling import Fault, How, Switches
from storage.job import Job, State, WaitsFor
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text, custom_ids

LIP_SYNC = "/v1/videos/advanced-lip-sync"


@pytest.fixture
async def deaf(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose Kling loses the first order of a lip-sync, which cannot be looked up there."""
    switches = Switches(lip_sync_echoes_external_id=False)
    async with open_town(tmp_path, switches=switches) as made, made.bot():
        made.kling.fault(Fault(How.DROP, path=LIP_SYNC, before=True))
        yield made


async def unsure(town: Town) -> Job:
    """Return the job once every look-up was in vain; the time between them is skipped."""

    async def found() -> Job | None:
        job = await town.only_job()
        if job.waits_for is WaitsFor.UNSURE:
            return job
        if job.state is State.CREATING:
            town.skip_wait(job)
        return None

    return await town.commits.until(found)


def text_of(answer: Interaction) -> str:
    assert answer.message is not None
    return card_text(answer.message)


async def test_a_manager_of_the_server_decides(deaf: Town) -> None:
    """Members are refused; a manager looks again, then sends again, and knows that it may cost."""
    asked = await deaf.ask("lipsync", video=clip(), audio=voice())
    await unsure(deaf)
    card = await deaf.card_says(asked, "❔")
    actions = [custom_id.split(":")[1] for custom_id in custom_ids(card)]
    assert actions == ["look", "send", "cancel", "bell"]
    for action in ("look", "send"):
        told = await deaf.press(card, action)
        assert told.ephemeral
        assert "Manage Server" in text_of(told)
    assert (await deaf.only_job()).waits_for is WaitsFor.UNSURE

    may = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    manager = deaf.discord.add_user("boss", permissions=may)
    told = await deaf.press(card, "look", by=manager)
    assert told.ephemeral
    assert "Asking Kling again" in text_of(told)
    await unsure(deaf)
    assert deaf.kling.creates == []
    card = await deaf.card_says(asked, "❔")
    told = await deaf.press(card, "send", by=manager)
    assert "it will be charged twice" in text_of(told)
    [post] = await deaf.posted()
    assert post.mentions == [deaf.member]
    await deaf.settled()
    assert len(deaf.kling.creates) == 1
    told = await deaf.forge_press(card, f"kling:send:{(await deaf.only_job()).id}", by=manager)
    assert "Too late" in text_of(told)


async def test_a_manager_of_another_server_decides_nothing(deaf: Town) -> None:
    """A press in another server is not allowed, even by a manager there."""
    await deaf.ask("lipsync", video=clip(), audio=voice())
    job = await unsure(deaf)
    guild = deaf.discord.add_guild("Elsewhere")
    channel = deaf.discord.add_channel(guild, "lobby")
    page = deaf.card_of(await deaf.ask("jobs", by=deaf.discord.owner, at=channel))
    told = await deaf.forge_press(page, f"kling:send:{job.id}", by=deaf.discord.owner)
    assert "Manage Server" in text_of(told)
    assert (await deaf.only_job()).waits_for is WaitsFor.UNSURE
    assert deaf.kling.creates == []
