"""The clock on interaction tokens: three seconds, fifteen minutes, once."""

import discord
import pytest

from sandbox.discord import Interaction, LocalRefusal
from tests.harness.discord_scene import Api, Bot, Scene, connected
from tests.harness.manual_clock import ManualClock

COMMAND = {"name": "image", "description": "Make an image"}
PERSONAL = COMMAND | {"integration_types": [0, 1], "contexts": [0, 1, 2]}
SAY = {"type": 4, "data": {"content": "hello"}}


async def start(scene: Scene, api: Api) -> Interaction:
    await api.call("PUT", f"/applications/{scene.world.bot.id}/commands", [PERSONAL])
    return await scene.world.slash(scene.member, scene.channel, "image")


def callback(used: Interaction) -> str:
    return f"/interactions/{used.id}/{used.token}/callback"


def webhook(scene: Scene, used: Interaction) -> str:
    return f"/webhooks/{scene.world.bot.id}/{used.token}"


async def test_three_seconds(scene: Scene, api: Api, clock: ManualClock) -> None:
    """An interaction unanswered for three seconds fails, and a later response is 10062."""
    used = await start(scene, api)
    clock.advance(3.1)
    with pytest.raises(LocalRefusal, match="did not respond"):
        await used.answered()
    status, reply = await api.call("POST", callback(used), SAY)
    assert (status, reply["code"]) == (404, 10062)


async def test_giving_up(scene: Scene, api: Api) -> None:
    """Whoever is told to give up does so at once, and a later response is 10062 as well."""
    used = await start(scene, api)
    scene.world.interactions.give_up()
    with pytest.raises(LocalRefusal, match="did not respond"):
        await used.answered()
    status, reply = await api.call("POST", callback(used), SAY)
    assert (status, reply["code"]) == (404, 10062)


async def test_answer_once(scene: Scene, api: Api) -> None:
    """A second first response is 40060."""
    used = await start(scene, api)
    assert (await api.call("POST", callback(used), SAY))[0] == 204
    status, reply = await api.call("POST", callback(used), SAY)
    assert (status, reply["code"]) == (400, 40060)


async def test_fifteen_minutes(scene: Scene, api: Api, clock: ManualClock) -> None:
    """A token serves follow-ups and edits for fifteen minutes, then 401/50027."""
    used = await start(scene, api)
    status, reply = await api.call("POST", webhook(scene, used), {"content": "early"})
    assert (status, reply["code"]) == (404, 10015)
    await api.call("POST", callback(used), SAY)
    original = webhook(scene, used) + "/messages/@original"
    clock.advance(899)
    assert (await api.call("PATCH", original, {"content": "edited"}))[0] == 200
    clock.advance(2)
    for method, url in (("PATCH", original), ("POST", webhook(scene, used))):
        status, reply = await api.call(method, url, {"content": "late"})
        assert (status, reply["code"]) == (401, 50027)
    assert used.message is not None
    assert used.message.content == "edited"


async def test_original_can_be_read_and_deleted(scene: Scene, api: Api) -> None:
    """@original is the first answer until it is deleted."""
    used = await start(scene, api)
    status, reply = await api.call("POST", callback(used) + "?with_response=1", SAY)
    assert (status, reply["resource"]["message"]["content"]) == (200, "hello")
    original = webhook(scene, used) + "/messages/@original"
    assert (await api.call("GET", original))[1]["id"] == reply["interaction"]["response_message_id"]
    assert (await api.call("DELETE", original))[0] == 204
    assert (await api.call("GET", original))[1]["code"] == 10008
    assert scene.world.messages(scene.channel) == []


async def test_five_followups_where_only_the_member_installed_it(scene: Scene, api: Api) -> None:
    """Without the bot in the server: five follow-ups, no posting, and answers still arrive."""
    world = scene.world
    await api.call("PUT", f"/applications/{world.bot.id}/commands", [PERSONAL])
    away = world.add_guild("Elsewhere", bot_member=False)
    place = world.add_channel(away, "lounge")
    tourist = world.add_user("noor", installed=True)
    with pytest.raises(LocalRefusal):
        await world.slash(scene.member, place, "image")
    used = await world.slash(tourist, place, "image")
    assert used.payload["authorizing_integration_owners"] == {"1": str(tourist.id)}
    await api.call("POST", callback(used), SAY)
    for _ in range(5):
        assert (await api.call("POST", webhook(scene, used), {"content": "more"}))[0] == 200
    status, reply = await api.call("POST", webhook(scene, used), {"content": "more"})
    assert (status, reply["code"]) == (400, 40094)
    status, reply = await api.call("POST", f"/channels/{place.id}/messages", {"content": "no"})
    assert (status, reply["code"]) == (403, 50001)


async def test_delivered_twice(scene: Scene) -> None:
    """A replayed interaction reaches the bot again with the same id and token."""
    bot = Bot()
    seen: list[int] = []

    @bot.tree.command(description="Count")
    async def count(interaction: discord.Interaction) -> None:
        seen.append(interaction.id)
        if len(seen) == 1:
            await interaction.response.send_message("once")
        else:
            with pytest.raises(discord.HTTPException) as refused:
                await interaction.response.send_message("twice")
            assert refused.value.code == 40060
            await interaction.followup.send("seen twice")

    async with connected(bot, scene.world):
        used = await scene.world.slash(scene.member, scene.channel, "count")
        await used.answered()
        scene.world.replay(used)
        await scene.world.until(lambda: used.followups)
    assert seen == [used.id, used.id]


async def test_direct_message_context(scene: Scene) -> None:
    """In a direct message there is no server, and the bot may post there unasked."""
    bot = Bot()

    @bot.tree.command(description="Where")
    async def where(interaction: discord.Interaction) -> None:
        assert interaction.guild is None
        assert interaction.context.dm_channel
        await interaction.response.send_message("here")
        await interaction.user.send("and by post")

    async with connected(bot, scene.world):
        place = scene.world.dm(scene.member)
        await (await scene.world.slash(scene.member, place, "where")).answered()
        await scene.world.until(lambda: len(scene.world.messages(place)) == 2)
