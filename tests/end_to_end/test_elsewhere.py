"""Where the bot may not post: the answer first, then a direct message, then `/jobs`."""

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import Channel, Interaction, LocalRefusal, Permission, User
from sandbox.kling import Script
from storage.job import State, WaitsFor
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text

TOKEN_LIFE_S = 15 * 60 + 1
MUTE = Permission.VIEW_CHANNEL


class Away:
    """A server without the bot, and a member who has added the bot to their account."""

    def __init__(self, town: Town, **how: Any) -> None:
        guild = town.discord.add_guild("Elsewhere", bot_member=False)
        self.town = town
        self.channel: Channel = town.discord.add_channel(guild, "lounge")
        self.member: User = town.discord.add_user("noor", installed=True, **how)

    async def ask(self, **options: Any) -> Interaction:
        self.town.kling.script(Script(takes_s=math.inf))
        asked = await self.town.ask("image", by=self.member, at=self.channel, **options)
        await self.town.card_says(asked, "working")
        return asked

    def finish(self) -> None:
        self.town.kling.finish(self.town.kling.creates[-1])


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town where members may add the bot to their own account."""
    installs = {"user_installs": True}
    async with open_town(tmp_path, discord_options=installs) as made, made.bot():
        yield made


async def test_a_server_without_the_bot_gets_the_result_in_the_answer(town: Town) -> None:
    """While the token lives, the card turns into the result; all pictures fit into it."""
    away = Away(town)
    asked = await away.ask(prompt="a fox", n=2)
    away.finish()
    card = town.card_of(asked)
    await town.discord.until(lambda: len(card.attachments) == 2)
    await town.settled()
    assert "2 images" in card.content
    assert card.embeds == []
    assert town.posts(away.channel) == []
    assert town.posts(town.discord.dm(away.member)) == []


async def test_a_late_result_comes_as_a_direct_message(town: Town) -> None:
    """Past a quarter of an hour the answer cannot be reached: the member is written to."""
    away = Away(town)
    await away.ask(prompt="a fox")
    town.clock.jump(TOKEN_LIFE_S)
    away.finish()
    dm = town.discord.dm(away.member)
    [post] = await town.posted(channel=dm)
    assert len(post.attachments) == 1
    assert post.mentions == [away.member]
    await town.settled()


async def test_a_member_who_takes_no_messages_picks_the_result_up(town: Town) -> None:
    """Nothing is lost: it waits in `/jobs` and is put into a private answer there."""
    away = Away(town, accepts_dms=False)
    await away.ask(prompt="a fox")
    town.clock.jump(TOKEN_LIFE_S)
    away.finish()
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    listed = await town.ask("jobs", by=away.member, at=away.channel)
    assert "ready to be picked up" in card_text(town.card_of(listed))
    one = await town.choose(town.card_of(listed), job.id, by=away.member)
    fetched = await town.press(town.card_of(one), "pick_up", by=away.member)
    assert fetched.ephemeral
    answer = town.card_of(fetched)
    await town.discord.until(lambda: len(answer.attachments) == 1)
    await town.settled()
    assert town.posts(away.channel) == []


async def test_a_failure_elsewhere_is_told_elsewhere(town: Town) -> None:
    """A problem finds its way as a result does."""
    away = Away(town)
    asked = await away.ask(prompt="a fox")
    town.kling.fail(town.kling.creates[-1], "The picture came out empty")
    card = town.card_of(asked)
    await town.discord.until(lambda: "came out empty" in card.content)
    await town.settled()


async def test_a_lost_permission_falls_back_to_the_answer(town: Town) -> None:
    """The bot may no longer write in the channel: the answer's token needs no permission."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    card = await town.card_says(asked, "working")
    town.discord.set_permissions(town.channel, MUTE)
    town.kling.finish(town.kling.creates[0])
    await town.discord.until(lambda: len(card.attachments) == 1)
    await town.settled()
    assert town.posts() == []


@pytest.mark.parametrize("what", sampled(["permission", "channel", "server"], "channel"))
async def test_what_is_lost_later_falls_back_to_a_direct_message(town: Town, what: str) -> None:
    """Permission, channel or server and the token are gone: a direct message arrives."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "working")
    if what == "permission":
        town.discord.set_permissions(town.channel, MUTE)
    elif what == "channel":
        town.discord.delete_channel(town.channel)
    else:
        town.discord.remove_bot(town.guild)
    town.clock.jump(TOKEN_LIFE_S)
    town.kling.finish(town.kling.creates[0])
    [post] = await town.posted(channel=town.discord.dm(town.member))
    assert len(post.attachments) == 1
    await town.settled()


async def test_an_hour_later_the_result_still_comes_into_its_channel(town: Town) -> None:
    """The token is long dead; the bot's own is not. The card is told the end, too."""
    town.kling.script(Script(takes_s=3_600))
    asked = await town.ask("video", prompt="a river")
    await town.card_says(asked, "working")
    town.clock.jump(1_800)
    await town.card_says(asked, "longer than usual")
    town.clock.jump(1_801)
    [post] = await town.posted()
    assert post.reference == town.card_of(asked).id
    await town.card_says(asked, "Done")


async def test_who_has_not_installed_the_bot_is_not_offered_it(town: Town) -> None:
    """Discord itself keeps the command from members of a server without the bot."""
    away = Away(town)
    with pytest.raises(LocalRefusal):
        await town.ask("image", at=away.channel, prompt="a fox")


async def test_a_question_that_no_card_can_show_is_announced(town: Town) -> None:
    """Past a quarter of an hour a direct message leads to it; before, the card shows it."""
    await town.warm()
    away = Away(town)
    options = {"video": clip(2), "audio": voice()}
    asked = await town.ask("lipsync", by=away.member, at=away.channel, **options)
    await town.card_says(asked, "2 faces")
    dm = town.discord.dm(away.member)
    assert town.posts(dm) == []
    town.clock.jump(TOKEN_LIFE_S)
    [said] = await town.posted(channel=dm)
    assert len(said.attachments) == 2
    opened = await town.press(said, "list", by=away.member)
    await town.choose(town.card_of(opened), "0", by=away.member)
    await town.posted(2, channel=dm)
    await town.settled()
