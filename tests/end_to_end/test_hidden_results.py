"""`hide`: the files of a result go behind a spoiler, as its requester or a moderator wants."""

import asyncio
import math
from pathlib import Path

import pytest

from sandbox.discord import MEMBER_PERMISSIONS, Answer, Message, Permission, User
from sandbox.kling import Script
from storage.job import State
from tests.end_to_end.test_deleted import ONLY_THEIRS
from tests.end_to_end.test_going_on import made
from tests.end_to_end.test_hidden_channels import BLIND
from tests.end_to_end.test_jobs import UNKNOWN, one_job, text_of
from tests.end_to_end.test_results import made as ended
from tests.end_to_end.test_showcase import fans, manager, rested, showcase, starred
from tests.harness.end_to_end.parts import ended as parts_ended
from tests.harness.end_to_end.parts import fill_in, first_part, frames_of
from tests.harness.end_to_end.samples import noise, noisy_clip
from tests.harness.opening import open_town
from tests.harness.town import Town

MESSAGE = "/channels/{channel_id}/messages/{message_id}"
NO_PREVIEWS, SILENT = 1 << 2, 1 << 12
"""Flags of a message (Discord's documentation, Message Flags)."""
HALF_HOUR_S = 1_800.0


def moderator(town: Town) -> User:
    may = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
    return town.discord.add_user("mod", permissions=may)


def is_hidden(message: Message) -> bool:
    """Whether every file of it is a spoiler."""
    return all(file.spoiler for file in message.attachments)


async def test_a_moderator_hides_a_result_for_good(town: Town) -> None:
    """The files that are there are marked, not sent again; copies and later ones are spoilers."""
    wall = await showcase(town, stars=1)
    post, job = await made(town, prompt="a fox", n=2)
    await starred(town, post, fans(town, 1))
    [copy] = await town.posted(1, wall)
    await rested(town)
    before = [(file.id, file.filename, file.description, file.data) for file in post.attachments]
    assert len(before) == 2
    assert not is_hidden(post)
    mod = moderator(town)
    told = await asyncio.gather(*(town.choose(post, "hide", by=mod) for _ in range(2)))
    assert all("behind a spoiler" in text_of(one) for one in told)
    await town.discord.until(lambda: is_hidden(post) and is_hidden(copy))
    after = [(file.id, file.filename, file.description, file.data) for file in post.attachments]
    assert after == before
    assert post.content
    assert post.components
    page = await one_job(town, job.id)
    await town.press(page, "deliver")
    [_, again] = await town.posted(2)
    assert is_hidden(again)
    assert town.posts(wall) == [copy]


async def test_nobody_brings_a_hidden_video_back(town: Town) -> None:
    """Joined to a new part its frames are a spoiler again; so is what is made from that."""
    post, _ = await first_part(town)
    await town.choose(post, "hide", by=moderator(town))
    eve = town.discord.add_user("eve")
    await fill_in(town, post, eve, prompt="on")
    await town.kling.until(lambda: len(town.kling.creates) == 2)
    longer, _ = await parts_ended(town, frames_of(1), 2)
    assert is_hidden(longer)
    await town.press(longer, "again", by=eve)
    await town.kling.until(lambda: len(town.kling.creates) == 3)
    again, _ = await parts_ended(town, frames_of(1), 3)
    assert is_hidden(again)


@pytest.mark.sweep
@pytest.mark.parametrize("preset", [True, False], ids=["set beforehand", "hidden later"])
async def test_no_link_of_a_hidden_result_is_previewed(town: Town, *, preset: bool) -> None:
    """A link alone, and one beside a smaller image: in brackets, or by a flag beside others."""
    boss = manager(town)
    if preset:
        set_here = "settings default set"
        await town.ask(set_here, by=boss, name="spoiler", value="true", channel=town.channel)
    heavy = noise(1_000, 900)
    town.discord.channel_rules.limit_bytes = len(heavy) - 1
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="a fox")
    await ended(town, heavy)
    await town.posted(1)
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("video", prompt="a river")
    await town.kling.until(lambda: len(town.kling.creates) == 2)
    await ended(town, noisy_clip()[: len(heavy)])
    image, link = await town.posted(2)
    assert (len(image.attachments), len(link.attachments)) == (1, 0)
    assert is_hidden(image) is preset
    for post in (image, link):
        assert town.kling.base_url in post.content
        assert (f"||<{town.kling.base_url}" in post.content) is preset
        post.flags |= SILENT
        assert "behind a spoiler" in text_of(await town.choose(post, "hide"))
    await town.discord.until(
        lambda: all(post.flags == SILENT | NO_PREVIEWS for post in (image, link))
    )
    assert is_hidden(image)


async def test_who_may_hide(town: Town) -> None:
    """The requester, and with Manage Messages in that server everybody's; but no private job."""
    post, job = await made(town)
    mod = moderator(town)
    assert ONLY_THEIRS in text_of(await town.choose(post, "hide", by=fans(town, 1)[0]))
    elsewhere = town.discord.add_channel(town.discord.add_guild("Elsewhere"), "lobby")
    page = town.card_of(await town.ask("help", by=town.discord.owner, at=elsewhere))
    told = await town.forge_press(page, f"kling:hide:{job.id}", by=town.discord.owner)
    assert ONLY_THEIRS in text_of(told)
    await town.ask("image", prompt="a secret", private=True)
    [secret] = [one for one in await town.settled() if one.id != job.id]
    told = await town.forge_press(post, f"kling:hide:{secret.id}", by=mod)
    assert ONLY_THEIRS in text_of(told)
    assert not is_hidden(post)
    assert "behind a spoiler" in text_of(await town.choose(post, "hide"))
    await town.discord.until(lambda: is_hidden(post))
    assert "Deleted" in text_of(await town.choose(post, "delete"))
    assert UNKNOWN in text_of(await town.choose(post, "hide"))


async def test_where_the_bot_cannot_post_it_promises_nothing(town: Town) -> None:
    """The result is in the answer: it is not offered to hide it, and an old menu is told why.

    What was set beforehand holds there as well, because everybody sees the answer.
    """
    town.discord.set_permissions(town.channel, BLIND)
    may = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    boss = town.discord.add_user("boss", permissions=may)
    await town.ask("settings default set", by=boss, name="spoiler", value="true")
    card = town.card_of(await town.ask("image", prompt="a fox"))
    await town.discord.until(lambda: bool(card.attachments))
    [job] = await town.settled()
    assert is_hidden(card)
    assert "Hide (spoiler)" not in str(card.components)
    assert "More" in str(card.components), "or this test proves nothing"
    told = await town.forge_press(card, f"kling:hide:{job.id}")
    assert "can't hide it there" in text_of(told)
    assert not await town.store.is_hidden(job.id)


async def test_a_card_that_became_the_result_is_hidden_too(town: Town) -> None:
    """The bot lost the permission to post meanwhile: all see its answer, and it can change that."""
    town.kling.script(Script(takes_s=math.inf))
    card = town.card_of(await town.ask("image", prompt="a fox"))
    await town.job_is(State.RUNNING)
    town.discord.set_permissions(town.channel, Permission.VIEW_CHANNEL)
    town.kling.finish(town.kling.creates[0])
    await town.discord.until(lambda: bool(card.attachments))
    await town.settled()
    assert "behind a spoiler" in text_of(await town.choose(card, "hide"))
    await town.discord.until(lambda: is_hidden(card))


async def test_hiding_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Discord fails, the bot stops, a permission is missing: it is hidden in the end."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            post, _ = await made(town)
            fault = town.discord.fault("PATCH", MESSAGE, Answer(503), times=None)
            await town.choose(post, "hide")
            await fault.arrived()
        assert not is_hidden(post)
        town.discord.withdraw(fault)
        refusing = town.discord.fault("PATCH", MESSAGE, Answer(403, 50_001))
        town.clock.jump(HALF_HOUR_S)
        async with town.bot():
            await refusing.arrived()
            town.clock.jump(3 * HALF_HOUR_S)
            await town.discord.until(lambda: is_hidden(post))
