"""Channels that the bot can't see, as Discord obfuscates them since November 2026."""

import asyncio
from typing import Any

import discord
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import POSTING, Channel, LocalDiscord, Permission
from tests.harness.discord_scene import TOKEN, Api, Bot, Scene, connected, make_scene
from tests.harness.manual_clock import ManualClock

BLIND = POSTING & ~Permission.VIEW_CHANNEL
KINDS = ("text", "forum")


def last(scene: Scene, event: str) -> dict[str, Any]:
    """Return the data of the last such event."""
    return [data for name, data in scene.world.gateway.events if name == event][-1]


def assert_hidden(payload: dict[str, Any], channel: Channel) -> None:
    """Id, type and position are real; the rest says only that the channel exists."""
    assert payload["id"] == str(channel.id)
    assert payload["type"] == int(channel.kind)
    assert "position" in payload
    assert payload["name"] == "___hidden___"
    assert payload["flags"] & 1 << 17
    assert channel.guild is not None
    [overwrite] = payload["permission_overwrites"]
    assert overwrite == {"id": str(channel.guild.id), "type": 0, "allow": "0", "deny": "1024"}
    told = [value for key, value in payload.items() if key in ("topic", "parent_id", "nsfw")]
    assert not any(told)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_channel_that_is_taken_away_and_given_back(scene: Scene, kind: str) -> None:
    """CHANNEL_UPDATE hides it, and shows it in full when the bot may see it again."""
    channel = scene.world.add_channel(scene.guild, "art", kind, nsfw=True)
    assert last(scene, "CHANNEL_CREATE")["name"] == "art"
    scene.world.set_permissions(channel, BLIND)
    assert_hidden(last(scene, "CHANNEL_UPDATE"), channel)
    scene.world.set_permissions(channel, POSTING)
    shown = last(scene, "CHANNEL_UPDATE")
    assert (shown["name"], shown["nsfw"], shown["flags"]) == ("art", True, 0)


async def test_a_server_lists_hidden_channels_and_no_threads_of_theirs(scene: Scene) -> None:
    """discord.py gets a channel that it may not view, without an error."""
    secret = scene.world.add_channel(scene.guild, "secret")
    thread = scene.world.add_channel(scene.guild, "inside", "thread", parent=secret)
    scene.world.set_permissions(secret, BLIND)
    async with connected(Bot(), scene.world) as bot:
        [guild] = bot.guilds
        channel = guild.get_channel(secret.id)
        assert isinstance(channel, discord.TextChannel)
        assert channel.name == "___hidden___"
        assert not channel.permissions_for(guild.me).view_channel
        assert guild.get_thread(thread.id) is None
        marked = asyncio.ensure_future(bot.wait_for("guild_channel_create"))
        await asyncio.sleep(0)  # until it listens
        scene.world.set_permissions(secret, POSTING)
        scene.world.add_channel(scene.guild, "a marker behind it")
        await asyncio.wait_for(marked, PATIENCE_S)
        found = guild.get_thread(thread.id)
        assert found is not None
        assert found.parent is channel
        assert channel.name == "secret"


async def test_rest_leaves_hidden_channels_out(scene: Scene, api: Api) -> None:
    """HTTP never obfuscates: the list has what the bot sees, one of the others is refused."""
    secret = scene.world.add_channel(scene.guild, "secret")
    scene.world.set_permissions(secret, BLIND)
    status, listed = await api.call("GET", f"/guilds/{scene.guild.id}/channels")
    assert (status, [channel["name"] for channel in listed]) == (200, ["general"])
    status, body = await api.call("GET", f"/channels/{secret.id}")
    assert (status, body["code"]) == (403, 50_001)


async def test_an_interaction_is_never_obfuscated(scene: Scene) -> None:
    """The member sees the channel, and the payload says what they see."""
    secret = scene.world.add_channel(scene.guild, "secret", nsfw=True)
    scene.world.set_permissions(secret, BLIND)
    bot = Bot()

    @bot.tree.command(name="ping", description="Answers")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong")

    async with connected(bot, scene.world):
        await (await scene.world.slash(scene.member, secret, "ping")).answered()
    channel = last(scene, "INTERACTION_CREATE")["channel"]
    assert (channel["name"], channel["nsfw"], channel["flags"]) == ("secret", True, 0)


async def test_it_can_be_switched_off(clock: ManualClock) -> None:
    """As Discord was before: then hidden channels come in full."""
    async with make_scene(LocalDiscord(clock, token=TOKEN, obfuscates=False)) as scene:
        scene.world.set_permissions(scene.channel, BLIND)
        assert last(scene, "CHANNEL_UPDATE")["name"] == "general"
