"""Messages in channels: nonces, permissions, sizes, replies, mentions, history, edits."""

import io
from typing import Any

import discord
import pytest

from sandbox.discord import POSTING, Channel, LocalDiscord, Permission, User
from tests.harness.discord_scene import TOKEN, Api, Bot, Scene, connected, make_scene
from tests.harness.manual_clock import ManualClock

MIB = 1024 * 1024


@pytest.fixture
async def bot(scene: Scene) -> Any:
    async with connected(Bot(), scene.world) as running:
        yield running


def place(bot: Bot, channel: Channel) -> discord.PartialMessageable:
    return bot.get_partial_messageable(channel.id)


def file(size: int, name: str = "a.bin") -> discord.File:
    return discord.File(io.BytesIO(bytes(size)), name)


async def test_nonce(scene: Scene, bot: Bot, clock: ManualClock) -> None:
    """Within the window a nonce gives the first message back; after it, or elsewhere, a new one."""
    there = scene.world.add_channel(scene.guild, "there")
    first = await place(bot, scene.channel).send("one", nonce="job-1")
    again = await place(bot, scene.channel).send("two", nonce="job-1", file=file(3))
    other = await place(bot, there).send("three", nonce="job-1")
    assert first.id == again.id != other.id
    clock.advance(121)
    late = await place(bot, scene.channel).send("four", nonce="job-1")
    assert [m.content for m in scene.world.messages(scene.channel)] == ["one", "four"]
    assert scene.world.messages(scene.channel)[0].nonce == "job-1"
    assert late.id != first.id


async def test_discord_pys_limit_is_half_of_discords(scene: Scene, bot: Bot) -> None:
    """Since September 2026 a server without boosts takes 20 MiB; the library still says 10."""
    [guild] = bot.guilds
    assert guild.filesize_limit == discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES == 10 * MIB
    await place(bot, scene.channel).send(file=file(20 * MIB))
    [message] = scene.world.messages(scene.channel)
    assert message.attachments[0].size == 2 * guild.filesize_limit


@pytest.mark.parametrize(
    ("tier", "size", "fits"),
    [(0, 20 * MIB, True), (1, 20 * MIB + 1, False), (2, 50 * MIB, True), (2, 50 * MIB + 1, False)],
)
async def test_upload_limits(scene: Scene, bot: Bot, tier: int, size: int, fits: bool) -> None:  # noqa: FBT001 - a parameter
    """A file at the limit of the server's tier is stored; a byte more is 413/40005."""
    guild = scene.world.add_guild("Boosted", tier)
    channel = scene.world.add_channel(guild, "general")
    if fits:
        await place(bot, channel).send(file=file(size))
        assert scene.world.messages(channel)[0].attachments[0].size == size
        return
    with pytest.raises(discord.HTTPException) as refused:
        await place(bot, channel).send(file=file(size))
    assert (refused.value.status, refused.value.code) == (413, 40005)


WITHOUT: dict[str, tuple[Permission, dict[str, Any], int]] = {
    "view": (Permission.VIEW_CHANNEL, {"content": "x"}, 50001),
    "send": (Permission.SEND_MESSAGES, {"content": "x"}, 50013),
    "embed": (Permission.EMBED_LINKS, {"embed": discord.Embed(title="x")}, 50013),
    "attach": (Permission.ATTACH_FILES, {}, 50013),
}


@pytest.mark.parametrize("case", WITHOUT)
async def test_missing_permissions(scene: Scene, bot: Bot, case: str) -> None:
    """Without a permission the request is 403 with Discord's code, and works again with it."""
    lost, arguments, code = WITHOUT[case]
    scene.world.set_permissions(scene.channel, POSTING & ~lost)
    channel = place(bot, scene.channel)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.send(**arguments, files=[file(3)] if case == "attach" else [])
    assert refused.value.code == code
    scene.world.set_permissions(scene.channel, POSTING)
    await channel.send(**arguments, files=[file(3)] if case == "attach" else [])


async def test_history_permission(scene: Scene, bot: Bot) -> None:
    """Without Read Message History: no replies (160002), no history, no messages of others."""
    written = await scene.world.say(scene.member, scene.channel, "hello")
    scene.world.set_permissions(scene.channel, POSTING & ~Permission.READ_MESSAGE_HISTORY)
    channel = place(bot, scene.channel)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.send("x", reference=channel.get_partial_message(written.id))
    assert refused.value.code == 160002
    assert [m async for m in channel.history()] == []
    with pytest.raises(discord.Forbidden):
        await channel.fetch_message(written.id)


async def test_threads(scene: Scene, bot: Bot) -> None:
    """A thread needs its own permission, revives when archived, and stays shut when locked."""
    thread = scene.world.add_channel(scene.guild, "talk", "thread", parent=scene.channel)
    scene.world.set_permissions(scene.channel, POSTING & ~Permission.SEND_MESSAGES)
    sent = await place(bot, thread).send("works without Send Messages")
    scene.world.archive(thread)
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(content="too late")
    assert refused.value.code == 50083
    await place(bot, thread).send("revived")
    assert not thread.archived
    scene.world.archive(thread, locked=True)
    with pytest.raises(discord.HTTPException) as refused:
        await place(bot, thread).send("no")
    assert refused.value.code == 50083
    alone = POSTING & ~Permission.SEND_MESSAGES_IN_THREADS
    scene.world.set_permissions(scene.channel, alone)
    with pytest.raises(discord.Forbidden):
        await place(bot, thread).send("no")


async def test_forum(scene: Scene, bot: Bot) -> None:
    """A forum takes no messages but threads that begin with one."""
    forum = scene.world.add_channel(scene.guild, "ideas", "forum")
    with pytest.raises(discord.HTTPException) as refused:
        await place(bot, forum).send("no")
    assert refused.value.code == 50008
    scene.world.set_permissions(forum, POSTING | Permission.CREATE_PUBLIC_THREADS)
    channel = await bot.fetch_channel(forum.id)
    assert isinstance(channel, discord.ForumChannel)
    made = await channel.create_thread(name="An idea", content="first", file=file(3))
    thread = scene.world.store.channel(made.thread.id)
    assert [m.content for m in scene.world.messages(thread)] == ["first"]


async def test_direct_messages(scene: Scene, bot: Bot) -> None:
    """A direct message arrives, or is 50007 for a user who takes none."""
    user = await bot.fetch_user(scene.member.id)
    await user.send("hello")
    assert [m.content for m in scene.world.messages(scene.world.dm(scene.member))] == ["hello"]
    shy = scene.world.add_user("shy", accepts_dms=False)
    with pytest.raises(discord.Forbidden) as refused:
        await (await bot.fetch_user(shy.id)).send("hello")
    assert refused.value.code == 50007


async def test_replies_and_mentions(scene: Scene, bot: Bot) -> None:
    """Who is pinged follows allowed_mentions; a reply to a deleted message is a plain one."""
    world, member = scene.world, scene.member
    other = world.add_user("noor")
    asked = await world.say(member, scene.channel, "please")
    channel = place(bot, scene.channel)
    reference = discord.MessageReference(
        message_id=asked.id, channel_id=scene.channel.id, fail_if_not_exists=False
    )

    async def pinged(allowed: discord.AllowedMentions, **more: Any) -> list[User]:
        text = f"{member.mention} {other.mention} @everyone"
        sent = await channel.send(text, allowed_mentions=allowed, **more)
        message = world.message(sent.id)
        assert message is not None
        assert not message.mentions_everyone
        return message.mentions

    nobody = discord.AllowedMentions.none()
    assert await pinged(nobody, reference=reference) == []
    only = discord.AllowedMentions(everyone=False, roles=False, users=[other])
    assert await pinged(only, reference=reference) == [other]
    replied = discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=True)
    assert await pinged(replied, reference=reference) == [member]
    assert world.messages(scene.channel)[-1].reference == asked.id
    world.posts.delete(asked)
    assert await pinged(replied, reference=reference) == []
    assert world.messages(scene.channel)[-1].reference is None


async def test_history(scene: Scene, bot: Bot) -> None:
    """History is read newest or oldest first, before, after and around a message."""
    channel = place(bot, scene.channel)
    sent = [await channel.send(str(n)) for n in range(7)]
    await scene.world.say(scene.member, scene.channel, "last")

    async def page(**how: Any) -> list[str]:
        return [m.content async for m in channel.history(**how)]

    assert await page(limit=3) == ["last", "6", "5"]
    assert await page(limit=2, before=sent[3]) == ["2", "1"]
    assert await page(limit=2, after=sent[3]) == ["4", "5"]
    assert sorted(await page(limit=3, around=sent[3])) == ["2", "3", "4"]
    assert (await channel.fetch_message(sent[0].id)).content == "0"
    await sent[0].delete()
    with pytest.raises(discord.NotFound):
        await channel.fetch_message(sent[0].id)


async def test_edits_keep_only_listed_attachments(scene: Scene, bot: Bot) -> None:
    """An edit keeps the listed attachments, adds new ones and drops the rest."""
    sent = await place(bot, scene.channel).send("x", files=[file(1, "a"), file(2, "b")])
    kept = sent.attachments[1]
    await sent.edit(content="y", attachments=[kept, file(3, "c")])
    message = scene.world.message(sent.id)
    assert message is not None
    assert [(a.filename, a.size) for a in message.attachments] == [("b", 2), ("c", 3)]
    assert (message.content, message.edited_at is not None) == ("y", True)


async def test_edit_cap_of_old_messages(
    scene: Scene, bot: Bot, clock: ManualClock, api: Api
) -> None:
    """Once an hour old, a message accepts this many edits and then answers 429/30046."""
    scene.world.channel_rules.old_edits_max = 1
    sent = await place(bot, scene.channel).send("x")
    for text in ("a", "b"):
        await sent.edit(content=text)
    clock.advance(3601)
    await sent.edit(content="c")
    path = f"/channels/{scene.channel.id}/messages/{sent.id}"
    status, reply = await api.call("PATCH", path, {"content": "d"})
    assert (status, reply["code"]) == (429, 30046)


async def test_ephemeral_and_foreign_messages_are_out_of_reach(scene: Scene, api: Api) -> None:
    """The bot cannot edit a member's message by its token."""
    written = await scene.world.say(scene.member, scene.channel, "mine")
    path = f"/channels/{scene.channel.id}/messages/{written.id}"
    status, reply = await api.call("PATCH", path, {"content": "yours"})
    assert (status, reply["code"]) == (403, 50005)
    assert (await api.call("DELETE", path))[1]["code"] == 50013
    scene.world.set_permissions(scene.channel, POSTING | Permission.MANAGE_MESSAGES)
    assert (await api.call("DELETE", path))[0] == 204


async def test_embedded_pictures_and_components(scene: Scene, bot: Bot) -> None:
    """An embed's picture is a link and no attachment; a gallery's is measured."""
    embed = discord.Embed(title="x").set_image(url="attachment://a.png")
    sent = await place(bot, scene.channel).send(embed=embed, file=file(3, "a.png"))
    assert sent.attachments == []
    assert sent.embeds[0].image.url is not None
    assert sent.embeds[0].image.url.startswith(scene.world.cdn_url)
    view = discord.ui.LayoutView()
    gallery: discord.ui.MediaGallery[Any] = discord.ui.MediaGallery()
    view.add_item(discord.ui.Container(gallery.add_item(media="attachment://b.png")))
    shown = await place(bot, scene.channel).send(view=view, file=file(3, "b.png"))
    container = shown.components[0]
    assert isinstance(container, discord.components.Container)
    inner = container.children[0]
    assert isinstance(inner, discord.components.MediaGalleryComponent)
    assert inner.items[0].media.url.startswith(scene.world.cdn_url)


async def test_message_limit_switch(clock: ManualClock, point_at: Any) -> None:
    """A small limit lets a test meet 413 with small files, and interactions say it too."""
    async with make_scene(LocalDiscord(clock, token=TOKEN, message_limit=100)) as scene:
        point_at(scene.world)
        async with connected(Bot(), scene.world) as bot:
            await place(bot, scene.channel).send(file=file(100))
            with pytest.raises(discord.HTTPException):
                await place(bot, scene.channel).send(file=file(101))


async def test_large_uploads_are_kept_as_digests(clock: ManualClock, point_at: Any) -> None:
    """Above the switch only size and hash of an upload stay in memory."""
    async with make_scene(LocalDiscord(clock, token=TOKEN, keep_bytes_up_to=10)) as scene:
        point_at(scene.world)
        async with connected(Bot(), scene.world) as bot:
            await place(bot, scene.channel).send(files=[file(10, "a"), file(11, "b")])
        small, large = scene.world.messages(scene.channel)[0].attachments
        assert (small.data, large.data) == (bytes(10), None)
        assert (large.size, len(large.sha256)) == (11, 64)
        request = scene.world.sent("POST", "/channels/{channel_id}/messages")[0]
        assert [len(f.data) for f in request.files.values()] == [10, 64]
