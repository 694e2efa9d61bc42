"""Channels that the bot can't see: what it knows of them, and that nothing is posted there."""

import asyncio
from pathlib import Path

import discord
import pytest

from bot.discord.channels import age_restricted, channel_name, hidden, name_of
from sandbox.discord import POSTING, Channel, Permission
from tests.harness.opening import open_town
from tests.harness.town import Town

ROOT = Path(__file__).parents[2]
BLIND = POSTING & ~Permission.VIEW_CHANNEL


async def seen(town: Town, channel: Channel) -> discord.Interaction:
    """Use a command and return it as the bot got it."""
    arrived: asyncio.Future[discord.Interaction] = asyncio.get_running_loop().create_future()

    async def keep(interaction: discord.Interaction) -> None:
        arrived.set_result(interaction)

    assert town.app is not None
    town.app.client.add_listener(keep, "on_interaction")
    try:
        await town.ask("help", at=channel)
        return await arrived
    finally:
        town.app.client.remove_listener(keep, "on_interaction")


async def test_a_command_in_a_hidden_channel_is_answered_and_delivered_there(town: Town) -> None:
    """The bot can't post: the card itself becomes the result, and the channel gets nothing else."""
    town.discord.set_permissions(town.channel, BLIND)
    asked = await town.ask("image", prompt="a fox")
    card = town.card_of(asked)
    await town.discord.until(lambda: bool(card.attachments))
    await town.settled()
    assert town.posts() == []
    assert town.discord.sent("POST", "/channels/{channel_id}/messages") == []


async def test_the_interaction_says_what_the_gateway_hides(town: Town) -> None:
    """Name and age restriction of a hidden channel are the real ones: never `___hidden___`."""
    secret = town.discord.add_channel(town.guild, "secret", nsfw=True)
    town.discord.set_permissions(secret, BLIND)
    interaction = await seen(town, secret)
    assert isinstance(interaction.channel, discord.TextChannel)
    assert interaction.channel.name == "___hidden___", "or this test proves nothing"
    assert not interaction.channel.nsfw
    assert channel_name(interaction) == "secret"
    assert age_restricted(interaction) is True


@pytest.mark.parametrize("nsfw", [True, False])
async def test_a_thread_is_as_restricted_as_its_parent(town: Town, *, nsfw: bool) -> None:
    """A thread has no setting of its own; where the parent is hidden, nobody can tell."""
    parent = town.discord.add_channel(town.guild, "art", nsfw=nsfw)
    thread = town.discord.add_channel(town.guild, "sketches", "thread", parent=parent)
    assert age_restricted(await seen(town, thread)) is nsfw
    town.discord.set_permissions(parent, BLIND)
    interaction = await seen(town, thread)
    assert channel_name(interaction) == "sketches"
    assert age_restricted(interaction) is None


async def test_direct_messages_are_not_restricted(town: Town) -> None:
    """And have no name."""
    interaction = await seen(town, town.discord.dm(town.member))
    assert age_restricted(interaction) is False
    assert channel_name(interaction) is None


async def test_without_a_payload_the_known_channel_is_read_unless_it_is_hidden(town: Town) -> None:
    """An interaction that doesn't describe its channel: what the gateway said, or nothing."""
    town.discord.gateway.retouches["INTERACTION_CREATE"] = lambda data: data.pop("channel")
    restricted = town.discord.add_channel(town.guild, "late", nsfw=True)
    interaction = await seen(town, restricted)
    assert channel_name(interaction) == "late"
    assert age_restricted(interaction) is True
    town.discord.set_permissions(restricted, BLIND)
    interaction = await seen(town, restricted)
    assert channel_name(interaction) is None
    assert age_restricted(interaction) is None


async def test_hidden_channels_of_a_server_have_no_name(town: Town) -> None:
    """What discord.py lists of them is not shown to anyone as if it were a name."""
    town.discord.set_permissions(town.discord.add_channel(town.guild, "secret"), BLIND)
    await seen(town, town.channel)
    assert town.app is not None
    [guild] = town.app.client.guilds
    assert {channel.name for channel in guild.channels} == {"general", "___hidden___"}
    assert [name_of(channel) for channel in guild.channels] == ["general", None]


async def test_a_new_server_is_not_greeted_in_a_hidden_channel(town: Town) -> None:
    """The first channel the bot sees gets the hello, whatever lies before it."""
    guild = town.discord.add_guild("Another", bot_member=False)
    secret = town.discord.add_channel(guild, "secret")
    town.discord.set_permissions(secret, BLIND)
    general = town.discord.add_channel(guild, "general")
    town.discord.add_bot(guild, POSTING)
    await town.posted(channel=general)
    assert town.posts(secret) == []


def test_the_flag_alone_says_that_a_channel_is_hidden() -> None:
    """A channel may be called like that; a payload has the flag, which decides first."""
    assert hidden({"name": "anything", "flags": 1 << 17})
    assert hidden({"name": "___hidden___", "flags": 0})
    assert not hidden({"name": "general", "flags": 0})
    assert not hidden({"name": "general"})


async def test_a_server_where_everything_is_hidden_is_served(tmp_path: Path) -> None:
    """Without a single visible channel the bot starts, and answers commands."""
    async with open_town(tmp_path) as town:
        for kind in ("text", "forum"):
            channel = town.discord.add_channel(town.guild, kind, kind)
            town.discord.set_permissions(channel, BLIND)
        town.discord.set_permissions(town.channel, BLIND)
        async with town.bot():
            asked = await town.ask("image", prompt="a fox")
            await town.discord.until(lambda: bool(town.card_of(asked).attachments))
            await town.settled()


READS: tuple[str, ...] = (
    *(".nsfw", ".is_nsfw(", ".permissions_for(", ".app_permissions"),
    *(".is_guild_integration(", ".channel.name"),
)


def test_channels_are_read_in_one_place() -> None:
    """Any other place would have to know of hidden channels too."""
    files = [path for room in ("bot", "cogs") for path in (ROOT / room).rglob("*.py")]
    texts = {path.relative_to(ROOT): path.read_text("utf-8") for path in files}
    found = {str(path) for path, text in texts.items() if any(read in text for read in READS)}
    assert found == {"bot/discord/channels.py"}
