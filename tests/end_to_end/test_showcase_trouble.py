"""What keeps a copy out of the showcase, and what it keeps of its original."""

import json

from bot.discord.views import Views
from bot.meter import NO_METER
from bot.network import Proxy
from bot.rest import RestClient
from sandbox.discord import POSTING, Channel, Permission, Reply, Reset
from tests.end_to_end.test_going_on import made
from tests.end_to_end.test_showcase import (
    HOUR_S,
    fans,
    manager,
    rested,
    showcase,
    starred,
    waiting,
)
from tests.harness.town import Town

MINUTE_S = 60.0
POST = "/channels/{channel_id}/messages"


async def test_what_is_in_the_way_is_told_to_managers_and_nothing_is_lost(town: Town) -> None:
    """A deleted showcase, a missing permission: told twice a day at most; the copy comes later."""
    boss = manager(town)
    office = town.discord.add_channel(town.guild, "office")
    await town.ask("settings notices", by=boss, channel=office)
    wall = await showcase(town, stars=1, boss=boss)
    post, _ = await made(town)
    town.discord.set_permissions(wall, Permission.VIEW_CHANNEL)
    moved = town.discord.sent("POST", POST)
    await starred(town, post, fans(town, 1))
    [notice] = await town.posted(1, office)
    assert f"<#{wall.id}>" in notice.content
    await waiting(town)
    tried = town.discord.sent("POST", POST)[len(moved) :]
    assert not [one for one in tried if one.params["channel_id"] == str(wall.id)], (
        "what is known beforehand is not composed"
    )
    town.discord.delete_channel(wall)
    town.clock.jump(11 * HOUR_S)
    await waiting(town, tries=2)
    assert town.posts(office) == [notice], "at most once in twelve hours"
    town.clock.jump(2 * HOUR_S)
    await waiting(town, tries=3)
    [_, second] = await town.posted(2, office)
    assert second.content == notice.content
    other = town.discord.add_channel(town.guild, "other")
    await town.ask("settings showcase set", by=boss, channel=other, presses=1)
    town.clock.jump(MINUTE_S)
    [copy] = await town.posted(1, other)
    await rested(town)
    assert len(copy.attachments) == 1
    assert town.posts(office) == [notice, second]


async def test_nothing_leaves_an_age_restricted_channel_but_into_another(town: Town) -> None:
    """Managers hear of it; once the showcase is age-restricted too, the copy comes."""
    boss = manager(town)
    office = town.discord.add_channel(town.guild, "office")
    await town.ask("settings notices", by=boss, channel=office)
    wall = await showcase(town, stars=1, boss=boss)
    late = town.discord.add_channel(town.guild, "late", nsfw=True)
    await town.ask("image", prompt="a fox", at=late)
    [post] = await town.posted(1, late)
    await town.settled()
    await starred(town, post, fans(town, 1))
    [notice] = await town.posted(1, office)
    assert "age-restricted" in notice.content
    await waiting(town)
    assert town.posts(wall) == []
    hidden = town.discord.add_channel(town.guild, "late-wall", nsfw=True)
    await town.ask("settings showcase set", by=boss, channel=hidden, presses=1)
    town.clock.jump(MINUTE_S)
    await town.posted(1, hidden)
    assert town.posts(wall) == []


async def test_what_not_everyone_sees_is_not_shown_to_everyone(town: Town) -> None:
    """Managers hear of it; once everyone sees where it comes from, or too few the copy, it goes."""
    boss = manager(town)
    office = town.discord.add_channel(town.guild, "office")
    await town.ask("settings notices", by=boss, channel=office)
    wall = await showcase(town, stars=1, boss=boss)
    town.discord.open_to_everyone(wall)
    post, _ = await made(town)
    await starred(town, post, fans(town, 1))
    [notice] = await town.posted(1, office)
    assert "not everyone" in notice.content
    await waiting(town)
    assert town.posts(wall) == []
    town.discord.open_to_everyone(town.channel)
    town.clock.jump(2 * HOUR_S)
    await town.posted(1, wall)


async def test_a_channel_that_is_hidden_may_be_anything(town: Town) -> None:
    """Age-restricted, or not seen by everyone: the copy comes once the bot sees the channel."""
    boss = manager(town)
    office = town.discord.add_channel(town.guild, "office")
    await town.ask("settings notices", by=boss, channel=office)
    wall = await showcase(town, stars=1, boss=boss)
    post, _ = await made(town)
    town.discord.set_permissions(town.channel, POSTING & ~Permission.VIEW_CHANNEL)
    await starred(town, post, fans(town, 1))
    [notice] = await town.posted(1, office)
    assert "age-restricted" in notice.content
    await waiting(town)
    late = town.discord.add_channel(town.guild, "late-wall", nsfw=True)
    town.discord.open_to_everyone(late)
    await town.ask("settings showcase set", by=boss, channel=late, presses=1)
    town.clock.jump(MINUTE_S)
    [_, second] = await town.posted(2, office)
    assert "not everyone" in second.content
    await waiting(town, tries=1)
    assert town.posts(late) == []
    await town.ask("settings showcase set", by=boss, channel=wall, presses=1)
    town.discord.set_permissions(town.channel, POSTING)
    town.clock.jump(HOUR_S)
    await town.posted(1, wall)


def says(town: Town, channel: Channel, **what: object) -> None:
    """Have Discord say this of a channel to those who ask for it."""
    town.discord.fault(
        "GET",
        "/channels/{channel_id}",
        Reply(json.dumps({"id": str(channel.id), **what}).encode()),
        times=None,
        when=lambda request: request.params["channel_id"] == str(channel.id),
    )


async def test_a_process_without_the_gateway_asks_who_sees_a_channel(town: Town) -> None:
    """A worker reads the overwrite, else the role of everyone; a thread is seen like its parent.

    Not a private one, wherever it is; the process with the gateway says the same.
    """
    wall = town.discord.add_channel(town.guild, "wall")
    town.discord.open_to_everyone(wall)
    thread = town.discord.add_channel(town.guild, "thread", kind="thread", parent=wall)
    town.discord.gateway.retouches["THREAD_CREATE"] = lambda data: data.update(type=12)
    private = town.discord.add_channel(town.guild, "private", kind="thread", parent=wall)
    says(town, private, type=12, parent_id=str(wall.id))
    gone = town.discord.add_channel(town.guild, "gone")
    town.discord.delete_channel(gone)
    assert town.app is not None
    here, server = Views(town.app.client), town.guild.id
    known = [
        await here.open_to_everyone(server, one.id)
        for one in (wall, thread, private, town.channel, gone)
    ]
    async with RestClient(town.store, town.clock, Proxy.of(""), NO_METER) as client:
        await client.login(town.settings.discord.token.get_secret_value())
        views = Views(client)
        seen = [
            await views.open_to_everyone(server, one.id)
            for one in (wall, thread, private, town.channel, gone)
        ]
        may = [await views.may_post(server, one.id) for one in (wall, gone)]
        everyone = {"id": str(server), "permissions": str(int(Permission.VIEW_CHANNEL))}
        roles = Reply(json.dumps([everyone]).encode())
        town.discord.fault("GET", "/guilds/{guild_id}/roles", roles, times=None)
        closed = {"id": str(server), "type": 0, "allow": "0", "deny": everyone["permissions"]}
        says(town, gone, type=0, permission_overwrites=[closed])
        assert await views.open_to_everyone(server, town.channel.id) is True
        assert await views.open_to_everyone(server, gone.id) is False
    assert seen == [True, True, False, False, None]
    assert known == seen
    assert may == [None, False], "whether it may send, only sending tells here"


async def test_a_spoiler_stays_one_in_the_showcase(town: Town) -> None:
    """Where the result was hidden, its copy is, whatever holds in the showcase."""
    boss = manager(town)
    wall = await showcase(town, stars=1, boss=boss)
    hidden = town.channel
    await town.ask("settings default set", by=boss, name="spoiler", value="true", channel=hidden)
    post, _ = await made(town)
    await starred(town, post, fans(town, 1))
    [copy] = await town.posted(1, wall)
    for message in (post, copy):
        assert [file.filename.startswith("SPOILER_") for file in message.attachments] == [True]


async def test_a_copy_whose_sending_got_no_answer_is_not_posted_again(town: Town) -> None:
    """Discord took it and said nothing: past the nonce's window it is found, wherever it lies."""
    boss = manager(town)
    wall = await showcase(town, stars=1, boss=boss)
    post, _ = await made(town)
    silent = town.discord.fault(
        "POST",
        POST,
        Reset(stored=True),
        times=None,
        when=lambda request: request.params["channel_id"] == str(wall.id),
    )
    await starred(town, post, fans(town, 1))
    [copy] = await town.posted(1, wall)
    await waiting(town)
    town.discord.withdraw(silent)
    other = town.discord.add_channel(town.guild, "other")
    await town.ask("settings showcase set", by=boss, channel=other, presses=1)
    town.clock.jump(MINUTE_S)
    town.clock.jump(MINUTE_S)
    await rested(town)
    assert town.posts(wall) == [copy]
    assert town.posts(other) == []
