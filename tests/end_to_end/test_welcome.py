"""What the bot says about itself: help, and the first message in a new server."""

from pathlib import Path

import pytest

from sandbox.discord import Permission
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text


async def test_help_says_what_to_type(town: Town) -> None:
    """Private, with an example for each command, in the member's language."""
    answer = await town.ask("help")
    assert answer.ephemeral
    text = card_text(town.card_of(answer))
    for command in ("/image", "/video", "/storyboard", "/edit", "/lipsync", "/jobs"):
        assert command in text
    chinese = await town.ask("help", by=town.discord.add_user("小明", "zh-CN"))
    assert "图片" in card_text(town.card_of(chinese))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_the_first_message_in_a_new_server(town: Town, locale: str) -> None:
    """It says what to do, in the server's language, mentions no one, and is posted once."""
    guild = town.discord.add_guild("New here", bot_member=False, locale=locale)
    channel = town.discord.add_channel(guild, "lobby")
    town.discord.add_bot(guild)
    [hello] = await town.posted(channel=channel)
    assert "/image" in card_text(hello)
    assert ("图片" in card_text(hello)) == (locale == "zh-CN")
    assert hello.mentions == []
    assert len(town.posts(channel)) == 1


async def test_nothing_is_said_where_the_bot_may_not_write(town: Town) -> None:
    """A server that gives no permission is joined in silence, and commands work all the same."""
    guild = town.discord.add_guild("Quiet", bot_member=False)
    channel = town.discord.add_channel(guild, "lobby")
    town.discord.add_bot(guild, Permission.VIEW_CHANNEL)
    answer = await town.ask("help", at=channel)
    assert answer.ephemeral
    assert town.posts(channel) == []


async def test_a_server_that_is_not_served_is_not_told_to_try(tmp_path: Path) -> None:
    """Where every command would be refused, nothing is said."""
    async with open_town(tmp_path, env={"KLINGBOT_ACCESS__GUILDS": "[1]"}) as town, town.bot():
        guild = town.discord.add_guild("Not ours", bot_member=False)
        channel = town.discord.add_channel(guild, "lobby")
        town.discord.add_bot(guild)
        answer = await town.ask("help", at=channel)
        assert answer.ephemeral
        assert town.posts(channel) == []
