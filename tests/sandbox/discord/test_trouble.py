"""Rate limits and scripted faults as discord.py meets them."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from bot.clock import SystemClock
from sandbox.discord import (
    Answer,
    Bucket,
    Fault,
    Limits,
    LocalDiscord,
    Reset,
    Slow,
    Throttle,
)
from tests.harness.discord_scene import TOKEN, Api, Bot, Scene, connected, make_scene
from tests.harness.manual_clock import ManualClock

POST = ("POST", "/channels/{channel_id}/messages")


@pytest.fixture
async def channel(scene: Scene) -> Any:
    async with connected(Bot(), scene.world) as bot:
        yield bot.get_partial_messageable(scene.channel.id)


async def test_refused_before_it_was_stored(
    scene: Scene, channel: discord.PartialMessageable
) -> None:
    """A fault answers instead of Discord: nothing is stored, and the next request is well."""
    scene.world.fault(*POST, Answer(503))
    with pytest.raises(discord.DiscordServerError):
        await channel.send("x")
    assert scene.world.messages(scene.channel) == []
    await channel.send("y")
    assert [r.status for r in scene.world.sent(*POST)] == [503, 200]


async def test_stored_but_the_answer_was_lost(
    scene: Scene, channel: discord.PartialMessageable
) -> None:
    """After 502 discord.py tries again with the same nonce: two requests, one message."""
    scene.world.fault(*POST, Answer(502, stored=True))
    sent = await channel.send("x")
    assert [m.id for m in scene.world.messages(scene.channel)] == [sent.id]
    assert [r.status for r in scene.world.sent(*POST)] == [502, 200]


@pytest.mark.parametrize("stored", [False, True])
async def test_reset(scene: Scene, api: Api, stored: bool) -> None:  # noqa: FBT001 - a parameter
    """A reset connection is an error to the client, whether or not the message was stored."""
    scene.world.fault(*POST, Reset(stored=stored))
    with pytest.raises(aiohttp.ClientError):
        await api.call("POST", f"/channels/{scene.channel.id}/messages", {"content": "x"})
    assert len(scene.world.messages(scene.channel)) == stored


@pytest.mark.parametrize("stored", [False, True])
async def test_hold(scene: Scene, api: Api, stored: bool) -> None:  # noqa: FBT001 - a parameter
    """A held request waits for its release, with its work done once, before or after."""
    held = scene.world.hold(*POST, stored=stored)
    path = f"/channels/{scene.channel.id}/messages"
    sending = asyncio.create_task(api.call("POST", path, {"content": "x"}))
    assert (await held.arrived()).json["content"] == "x"
    assert len(scene.world.messages(scene.channel)) == stored
    assert not sending.done()
    held.release()
    assert (await sending)[0] == 200
    assert len(scene.world.messages(scene.channel)) == 1


@pytest.mark.parametrize("stored", [False, True])
async def test_what_is_held_may_be_lost(scene: Scene, api: Api, stored: bool) -> None:  # noqa: FBT001 - a parameter
    """A held request that is lost is never carried out; one that was, stays."""
    held = scene.world.hold(*POST, stored=stored)
    path = f"/channels/{scene.channel.id}/messages"
    sending = asyncio.create_task(api.call("POST", path, {"content": "x"}))
    await held.arrived()
    held.lose()
    with pytest.raises(aiohttp.ClientError):
        await sending
    assert len(scene.world.messages(scene.channel)) == stored


async def test_slow(scene: Scene, channel: discord.PartialMessageable, clock: ManualClock) -> None:
    """A slow answer takes its time on the server's clock."""
    fault = scene.world.fault(*POST, Slow(60))
    sending = asyncio.create_task(channel.send("x"))
    await fault.arrived()
    assert not sending.done()
    clock.advance(60)
    await sending


async def test_faults_choose_their_requests(
    scene: Scene, channel: discord.PartialMessageable
) -> None:
    """A fault hits as often as it says, and only requests that satisfy its condition."""

    def of_job_7(request: Any) -> bool:
        return bool(request.json["content"] == "7")

    fault: Fault = scene.world.fault(*POST, Answer(400, 50035), when=of_job_7, times=2)
    await channel.send("6")
    for _ in range(2):
        with pytest.raises(discord.HTTPException):
            await channel.send("7")
    await channel.send("7")
    assert len(fault.hits) == 2


@pytest.mark.parametrize("scope", ["user", "global", "shared"])
async def test_429(scene: Scene, channel: discord.PartialMessageable, scope: Any) -> None:
    """A 429 of Discord's is waited out; only a shared one is not held against the bot."""
    scene.world.fault(*POST, Throttle(0.01, scope))
    await channel.send("x")
    assert [r.status for r in scene.world.sent(*POST)] == [429, 200]
    assert scene.world.rest.invalid_requests == (scope != "shared")


async def test_429_of_cloudflare(scene: Scene, channel: discord.PartialMessageable) -> None:
    """A 429 without Via is a ban to discord.py: it raises at once."""
    scene.world.fault(*POST, Throttle(0.01, via=False))
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send("x")
    assert refused.value.status == 429
    assert len(scene.world.sent(*POST)) == 1


async def test_buckets(point_at: Any) -> None:
    """A bucket's headers keep discord.py below its limit without a single 429."""
    limits = Limits({POST: Bucket(2, 0.05)})
    async with make_scene(LocalDiscord(SystemClock(), token=TOKEN, limits=limits)) as scene:
        point_at(scene.world)
        async with connected(Bot(), scene.world) as bot:
            channel = bot.get_partial_messageable(scene.channel.id)
            for number in range(5):
                await channel.send(str(number))
        assert [r.status for r in scene.world.sent(*POST)] == [200] * 5


async def test_a_spent_bucket_refuses(clock: ManualClock) -> None:
    """The sixth message in five seconds is 429 with retry_after, per channel."""
    async with make_scene(LocalDiscord(clock, token=TOKEN, limits=Limits())) as scene:
        other = scene.world.add_channel(scene.guild, "other")
        async with aiohttp.ClientSession() as session:
            api = Api(session, scene.world.api_url)

            async def post(channel_id: int) -> tuple[int, Any]:
                return await api.call("POST", f"/channels/{channel_id}/messages", {"content": "x"})

            assert [(await post(scene.channel.id))[0] for _ in range(6)] == [200] * 5 + [429]
            clock.advance(4)
            status, body = await post(scene.channel.id)
            assert (status, body["retry_after"], body["global"]) == (429, 1.0, False)
            assert (await post(other.id))[0] == 200
            clock.advance(1)
            assert (await post(scene.channel.id))[0] == 200


async def test_unknown_routes_are_noted(clock: ManualClock) -> None:
    """A route that is not served is 404 and remembered."""
    async with LocalDiscord(clock, token=TOKEN) as world, aiohttp.ClientSession() as session:
        api = Api(session, world.api_url)
        assert (await api.call("GET", "/nonsense"))[0] == 404
        assert world.unknown_routes == ["GET /nonsense"]
        assert (await api.call("GET", "/users/@me", token="wrong"))[0] == 401
