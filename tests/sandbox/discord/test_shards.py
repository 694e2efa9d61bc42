"""The local Discord's shards: who hears what, how many may begin, and how much one may hold."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import Channel, Guild
from tests.harness.discord_scene import TOKEN, Api, Scene
from tests.harness.manual_clock import ManualClock

COUNT = 3
IDENTIFY, HELLO, INVALID_SESSION = 2, 10, 9
GUILDS = 1


@contextlib.asynccontextmanager
async def shard(
    scene: Scene, number: int, count: int = COUNT
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(scene.world.gateway_url) as socket,
    ):
        assert (await socket.receive(timeout=PATIENCE_S)).json()["op"] == HELLO
        data = {"token": TOKEN, "intents": GUILDS, "shard": [number, count]}
        await socket.send_json({"op": IDENTIFY, "d": data})
        yield socket


async def told(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    frame: dict[str, Any] = (await socket.receive(timeout=PATIENCE_S)).json()
    return frame


async def close_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    frame = await socket.receive(timeout=PATIENCE_S)
    assert frame.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    return socket.close_code


def on(scene: Scene, number: int) -> tuple[Guild, Channel]:
    guild = scene.world.add_guild(f"on {number}", shard=(number, COUNT))
    return guild, scene.world.add_channel(guild, "general")


async def test_a_shard_hears_of_its_own_servers_only(scene: Scene) -> None:
    """READY, GUILD_CREATE and every event go to shard (id >> 22) % count; direct messages to 0."""
    scene.world.remove_bot(scene.guild)
    guilds = [on(scene, number)[0] for number in range(COUNT)]
    for number, guild in enumerate(guilds):
        async with shard(scene, number) as socket:
            ready = (await told(socket))["d"]
            assert ready["shard"] == [number, COUNT]
            assert [one["id"] for one in ready["guilds"]] == [str(guild.id)]
            assert (await told(socket))["t"] == "GUILD_CREATE"
            for other in guilds:
                scene.world.gateway.emit("HEARD", {"of": other.id}, guild=other)
            assert (await told(socket))["d"] == {"of": guild.id}
            scene.world.gateway.emit("DIRECT", {})
            scene.world.gateway.emit("LAST", {}, guild=guild)
            assert (await told(socket))["t"] == ("DIRECT" if number == 0 else "LAST")


@pytest.mark.parametrize("number", [-1, COUNT])
async def test_a_shard_that_does_not_exist_is_closed(scene: Scene, number: int) -> None:
    """Below 0, or not below their number: 4010."""
    async with shard(scene, number) as socket:
        assert await close_code(socket) == 4010


async def test_a_shard_with_too_many_servers_is_closed(scene: Scene) -> None:
    """More than it may hold: 4011, and with more shards it is let in."""
    scene.world.remove_bot(scene.guild)
    scene.world.gateway.starts.guilds_per_shard_max = 1
    on(scene, 0)
    on(scene, 1)
    async with shard(scene, 0, count=1) as socket:
        assert await close_code(socket) == 4011
    async with shard(scene, 0) as socket:
        assert (await told(socket))["t"] == "READY"


async def test_shards_identify_at_the_pace_that_is_told(
    scene: Scene, clock: ManualClock, api: Api
) -> None:
    """Two buckets: shards 0 and 1 at once, 2 is invalid until five seconds after 0."""
    starts = scene.world.gateway.starts
    starts.max_concurrency, starts.recommended_shards, starts.paced = 2, COUNT, True
    _, said = await api.call("GET", "/gateway/bot")
    assert said["shards"] == COUNT
    assert said["session_start_limit"]["max_concurrency"] == 2
    for number in (0, 1):
        async with shard(scene, number) as socket:
            assert (await told(socket))["t"] == "READY"
    async with shard(scene, 2) as socket:
        assert (await told(socket))["op"] == INVALID_SESSION
    clock.advance(5.0)
    async with shard(scene, 2) as socket:
        assert (await told(socket))["t"] == "READY"
    assert [one.in_time for one in starts.identifies] == [True, True, False, True]


async def test_the_sessions_of_a_day_are_counted(
    scene: Scene, clock: ManualClock, api: Api
) -> None:
    """Each IDENTIFY takes one of 1,000; a day later they are all there again."""
    async with shard(scene, 0) as socket:
        await told(socket)
    _, said = await api.call("GET", "/gateway/bot")
    assert said["session_start_limit"]["remaining"] == 999
    clock.advance(3_600.0)
    _, said = await api.call("GET", "/gateway/bot")
    assert said["session_start_limit"]["reset_after"] == 23 * 3_600_000
    clock.advance(86_400.0)
    _, said = await api.call("GET", "/gateway/bot")
    assert said["session_start_limit"]["remaining"] == 1_000


async def test_one_shard_can_be_cut(scene: Scene) -> None:
    """The others keep their connection, and a shard that is cut off gets no new one."""
    scene.world.remove_bot(scene.guild)
    async with shard(scene, 0) as first, shard(scene, 1) as second:
        for socket in (first, second):
            assert (await told(socket))["t"] == "READY"
        scene.world.gateway.cut_off = {1}
        scene.world.gateway.drop(1)
        assert (await second.receive(timeout=PATIENCE_S)).type is not aiohttp.WSMsgType.TEXT
        async with shard(scene, 1) as again:
            assert (await again.receive(timeout=PATIENCE_S)).type is not aiohttp.WSMsgType.TEXT
        assert scene.world.gateway.connected_shards == {(0, COUNT)}
