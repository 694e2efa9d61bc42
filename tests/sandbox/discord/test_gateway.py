"""The gateway: logging in, losing the connection, and what is replayed."""

import asyncio
import json
import zlib
from typing import Any

import aiohttp
import discord
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import Permission
from tests.harness.discord_scene import TOKEN, Bot, Scene, connected


def counting() -> tuple[Bot, list[int]]:
    bot = Bot()
    seen: list[int] = []

    @bot.tree.command(description="Ping")
    async def ping(interaction: discord.Interaction) -> None:
        seen.append(interaction.id)
        await interaction.response.send_message("pong")

    return bot, seen


async def ping(scene: Scene) -> None:
    used = await scene.world.slash(scene.member, scene.channel, "ping")
    await used.answered()


async def test_resume_replays_what_was_missed(scene: Scene) -> None:
    """An interaction that comes while the socket is down is replayed after RESUME, once."""
    bot, seen = counting()
    async with connected(bot, scene.world):
        await ping(scene)
        scene.world.gateway.drop()
        missed = await scene.world.slash(scene.member, scene.channel, "ping")
        await missed.answered()
        await ping(scene)
    assert len(seen) == len(set(seen)) == 3
    assert (scene.world.gateway.identifies, scene.world.gateway.resumes) == (1, 1)


async def test_an_event_may_be_retouched(scene: Scene) -> None:
    """The bot hears what a test makes of an event; what the world keeps stays as it was."""
    bot, heard = Bot(), []

    @bot.tree.command(description="Ping")
    async def ping(interaction: discord.Interaction) -> None:
        heard.append(interaction.locale.value)
        await interaction.response.send_message("pong")

    async with connected(bot, scene.world):
        scene.world.gateway.retouches["INTERACTION_CREATE"] = lambda d: d.update(locale="xx-YY")
        used = await scene.world.slash(scene.member, scene.channel, "ping")
        await used.answered()
    assert heard == ["xx-YY"]
    assert used.payload["locale"] == "en-US"


async def test_op_7(scene: Scene) -> None:
    """Asked to reconnect, the bot resumes its session."""
    bot, seen = counting()
    async with connected(bot, scene.world):
        scene.world.gateway.reconnect()
        await scene.world.until(lambda: scene.world.gateway.resumes == 1)
        await ping(scene)
    assert len(seen) == 1


async def test_op_9_resumable(scene: Scene) -> None:
    """Told that its session may be resumed, the bot resumes it."""
    bot, _ = counting()
    async with connected(bot, scene.world):
        scene.world.gateway.invalidate(resumable=True)
        await scene.world.until(lambda: scene.world.gateway.resumes == 1)


async def test_op_9_not_resumable(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told that its session is gone, the bot identifies again."""

    async def at_once(*_: object, **__: object) -> None:
        """Discord.py waits five seconds before a second IDENTIFY."""

    bot, _ = counting()
    monkeypatch.setattr(bot, "before_identify_hook", at_once)
    async with connected(bot, scene.world):
        scene.world.gateway.invalidate(resumable=False)
        await scene.world.until(lambda: scene.world.gateway.identifies == 2)
        await ping(scene)


@pytest.mark.parametrize("hold", [False, True])
async def test_outage(scene: Scene, hold: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - a parameter
    """After an outage, refused or hanging, the bot comes back and gets what it missed."""
    monkeypatch.setattr(discord.backoff.ExponentialBackoff, "delay", lambda _: 0.01)
    bot, seen = counting()
    async with connected(bot, scene.world):
        scene.world.gateway.begin_outage(hold=hold)
        used = await scene.world.slash(scene.member, scene.channel, "ping")
        assert not scene.world.gateway.connected
        scene.world.gateway.end_outage()
        await used.answered()
    assert seen == [used.id]


async def test_wrong_token(scene: Scene) -> None:
    """REST answers 401 to a wrong token, which discord.py reports as a failed login."""
    async with Bot() as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("wrong")


async def test_disallowed_intents(scene: Scene) -> None:
    """A privileged intent that is not granted closes with 4014."""
    scene.world.gateway.allowed_intents = 0
    async with Bot(discord.Intents(members=True)) as bot:
        await bot.login(TOKEN)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.connect()


async def test_deleted_channel_and_kick_are_told(scene: Scene) -> None:
    """The bot's caches follow a deleted channel, changed permissions and a kick."""
    bot = Bot()
    async with connected(bot, scene.world):
        guild = bot.get_guild(scene.guild.id)
        assert guild is not None
        channel = guild.get_channel(scene.channel.id)
        assert channel is not None
        assert channel.permissions_for(guild.me).send_messages
        changed = wait_for(bot, "guild_channel_update")
        scene.world.set_permissions(scene.channel, Permission.VIEW_CHANNEL)
        await changed
        channel = guild.get_channel(scene.channel.id)
        assert channel is not None
        assert not channel.permissions_for(guild.me).send_messages
        assert channel.permissions_for(guild.me).view_channel
        deleted = wait_for(bot, "guild_channel_delete")
        scene.world.delete_channel(scene.channel)
        await deleted
        assert guild.get_channel(scene.channel.id) is None
        removed = wait_for(bot, "guild_remove")
        scene.world.remove_bot(scene.guild)
        await removed
        assert bot.get_guild(scene.guild.id) is None


def wait_for(bot: Bot, event: str) -> asyncio.Task[Any]:
    return asyncio.create_task(bot.wait_for(event, timeout=PATIENCE_S))


async def test_bot_hears_its_own_message(scene: Scene) -> None:
    """With the intent for messages, what the bot sends comes back as an event."""
    bot = Bot(discord.Intents(guilds=True, guild_messages=True))
    async with connected(bot, scene.world):
        heard = wait_for(bot, "message")
        await asyncio.sleep(0)
        await bot.get_partial_messageable(scene.channel.id).send("hello")
        assert (await heard).content == "hello"
        others = wait_for(bot, "message")
        await asyncio.sleep(0)
        await scene.world.say(scene.member, scene.channel, "not for bots")
        assert (await others).content == ""


@pytest.mark.parametrize("compress", ["", "&compress=zlib-stream"])
async def test_frames(scene: Scene, compress: str) -> None:
    """Plain or compressed: HELLO, a heartbeat answered or stalled, 4004 for a wrong token."""
    unpack = zlib.decompressobj()

    async def read(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
        frame = await socket.receive(timeout=PATIENCE_S)
        raw = unpack.decompress(frame.data) if compress else frame.data
        return dict(json.loads(raw))

    url = f"{scene.world.gateway_url}?v=10&encoding=json{compress}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert (await read(socket))["op"] == 10
        await socket.send_json({"op": 1, "d": None})
        assert (await read(socket))["op"] == 11
        scene.world.gateway.stall_acks = True
        await socket.send_json({"op": 1, "d": None})
        await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 0}})
        assert (await socket.receive(timeout=PATIENCE_S)).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4004


async def test_unknown_session(scene: Scene) -> None:
    """RESUME of a session that Discord has forgotten is answered with op 9 false."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(scene.world.gateway_url) as socket,
    ):
        await socket.receive(timeout=PATIENCE_S)
        await socket.send_json({"op": 6, "d": {"token": TOKEN, "session_id": "x", "seq": 1}})
        frame = (await socket.receive(timeout=PATIENCE_S)).json()
    assert (frame["op"], frame["d"]) == (9, False)


async def test_shards(scene: Scene) -> None:
    """An interaction goes to the shard of its server only; READY says which shard it is."""
    shard = (scene.guild.id >> 22) % 2
    sockets: list[aiohttp.ClientWebSocketResponse] = []
    async with aiohttp.ClientSession() as session:
        for number in range(2):
            socket = await session.ws_connect(scene.world.gateway_url)
            sockets.append(socket)
            await socket.receive(timeout=PATIENCE_S)
            data = {"token": TOKEN, "intents": 0, "shard": [number, 2]}
            await socket.send_json({"op": 2, "d": data})
            assert (await socket.receive(timeout=PATIENCE_S)).json()["d"]["shard"] == [number, 2]
        scene.world.gateway.emit("PROBE", {}, guild=scene.guild)
        assert (await sockets[shard].receive(timeout=PATIENCE_S)).json()["t"] == "PROBE"
        await sockets[1 - shard].send_json({"op": 1, "d": None})
        assert (await sockets[1 - shard].receive(timeout=PATIENCE_S)).json()["op"] == 11
        for socket in sockets:
            await socket.close()


async def test_an_invalidated_session_cannot_be_resumed(scene: Scene) -> None:
    """After op 9 false the session is gone, even for a client that never closed its socket."""
    url = scene.world.gateway_url
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as first,
        session.ws_connect(url) as second,
    ):
        for socket in (first, second):
            await socket.receive(timeout=PATIENCE_S)
        await first.send_json({"op": 2, "d": {"token": TOKEN, "intents": 0}})
        ready = (await first.receive(timeout=PATIENCE_S)).json()["d"]
        scene.world.gateway.invalidate(resumable=False)
        assert (await second.receive(timeout=PATIENCE_S)).json()["op"] == 9
        data = {"token": TOKEN, "session_id": ready["session_id"], "seq": 1}
        await second.send_json({"op": 6, "d": data})
        assert (await second.receive(timeout=PATIENCE_S)).json()["op"] == 9
        assert scene.world.gateway.resumes == 0
