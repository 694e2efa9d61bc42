"""The part that concerns Discord posts in the named channel only, and leaves nothing behind."""

from collections.abc import AsyncIterator

import discord
import pytest
import yarl

from bot.clock import SystemClock
from bot.connection import point_discord_at
from bot.discord.command_sync import command_payload
from bot.messages.translations import load_translations
from sandbox.discord import Answer, LocalDiscord
from tests.commands.live.conftest import MakeLive
from tests.commands.live.posting import Visitor
from tests.harness.kling.stub import LeapingClock


@pytest.fixture
async def server(
    clock: LeapingClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalDiscord]:
    """discord.py's two addresses are put back after the test."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    gateway = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(gateway, "DEFAULT_GATEWAY", yarl.URL("ws://127.0.0.1:1"))
    async with LocalDiscord(clock, token="the-token", nonce_window_s=90.0) as world:
        yield world


def env_for(server: LocalDiscord, guild: int, channel: int) -> dict[str, str]:
    return {
        "KLINGBOT_DISCORD__TOKEN": server.token,
        "KLINGBOT_DISCORD__API_URL": server.api_url,
        "KLINGBOT_DISCORD__GATEWAY_URL": server.gateway_url,
        "KLING_LIVE_GUILD": str(guild),
        "KLING_LIVE_CHANNEL": str(channel),
    }


async def test_a_nonce_is_measured_and_nothing_is_left(
    make_live: MakeLive, keys: dict[str, str], server: LocalDiscord
) -> None:
    """One message for a nonce used twice; when that ends is said; every message is deleted."""
    guild = server.add_guild("Test")
    channel = server.add_channel(guild, "live")
    ran = await make_live(keys | env_for(server, guild.id, channel.id), "--spend-image", "8")
    assert ran.code == 0, ran.text
    told = "0 s: one, 30 s: one, 60 s: one, 120 s: two, 180 s: two, 300 s: two"
    assert told in ran.text
    assert "differ    commands" in ran.text
    assert server.sent("POST", "/channels/{channel_id}/messages")
    assert server.messages(channel) == []
    assert server.commands == []


async def test_another_servers_channel_is_left_alone(
    make_live: MakeLive, keys: dict[str, str], server: LocalDiscord
) -> None:
    """A channel that is not in the named server: nothing is posted, and the exit code says so."""
    guild, other = server.add_guild("Test"), server.add_guild("Other")
    channel = server.add_channel(other, "general")
    ran = await make_live(keys | env_for(server, guild.id, channel.id), "--spend-image", "8")
    assert ran.code == 1
    assert "not in that server" in ran.text
    assert server.messages(channel) == []


async def test_a_refused_token_is_told_and_not_repeated(
    make_live: MakeLive, keys: dict[str, str], server: LocalDiscord
) -> None:
    """Discord's refusal ends this part; the token is in nothing that was said."""
    env = env_for(server, 1, 2) | {"KLINGBOT_DISCORD__TOKEN": "another-token"}
    ran = await make_live(keys | env, "--spend-image", "8")
    assert ran.code == 1
    assert "failed    Discord" in ran.text
    assert "another-token" not in ran.text


async def test_commands_that_are_registered_are_recognised(
    make_live: MakeLive, keys: dict[str, str], server: LocalDiscord
) -> None:
    """After a bot of this version has registered its commands there is no difference to tell."""
    point_discord_at(server.api_url, server.gateway_url)
    async with Visitor(SystemClock()) as client:
        await client.login(server.token)
        payload = command_payload(client.tree, load_translations())
        await client.http.bulk_upsert_global_commands(client.application_id or 0, payload=payload)
    guild = server.add_guild("Test")
    place = env_for(server, guild.id, server.add_channel(guild, "live").id)
    ran = await make_live(keys | place, "--spend-image", "8")
    assert ran.code == 0
    assert "well      commands" in ran.text


async def test_a_message_that_stays_is_told(
    make_live: MakeLive, keys: dict[str, str], server: LocalDiscord
) -> None:
    """Where one cannot be deleted the others are, and the exit code says so."""
    guild = server.add_guild("Test")
    channel = server.add_channel(guild, "live")
    server.fault("DELETE", "/channels/{channel_id}/messages/{message_id}", Answer(403, 50_013))
    ran = await make_live(keys | env_for(server, guild.id, channel.id), "--spend-image", "8")
    assert ran.code == 1
    assert "1 messages could not be deleted" in ran.text
    assert len(server.messages(channel)) == 1
