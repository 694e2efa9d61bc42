"""Commands, components and forms through the real discord.py."""

import io

import discord
import pytest
from discord import app_commands
from PIL import Image

from sandbox.discord import LocalRefusal, Permission, Upload
from tests.harness.discord_conformance import Violations
from tests.harness.discord_scene import Bot, Scene, connected


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


async def test_attachment_and_file(scene: Scene) -> None:
    """A picture given to a slash command is measured, downloaded by the bot, and posted back."""
    bot = Bot()

    @bot.tree.command(description="Echo a picture")
    async def echo(interaction: discord.Interaction, image: discord.Attachment, note: str) -> None:
        assert (image.width, image.height, image.content_type) == (40, 30, "image/png")
        data = await image.read()
        file = discord.File(io.BytesIO(data), "back.png", description=note)
        await interaction.response.send_message("here", file=file)

    async with connected(bot, scene.world):
        options = {"image": Upload(png(), "in.png"), "note": "a note"}
        used = await scene.world.slash(scene.member, scene.channel, "echo", options)
        await used.answered()
        message = used.message
    assert message is not None
    assert scene.world.messages(scene.channel) == [message]
    assert (message.content, message.attachments[0].data) == ("here", png())
    assert message.attachments[0].description == "a note"
    assert message.interaction is not None
    assert message.interaction["user"]["id"] == str(scene.member.id)


async def test_ephemeral_followup_and_edit(scene: Scene) -> None:
    """An ephemeral deferral is edited, a follow-up comes after it, and only the member sees it."""
    bot = Bot()

    @bot.tree.command(description="Work")
    async def work(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="done")
        await interaction.followup.send("more", ephemeral=True)
        original = await interaction.original_response()
        assert original.content == "done"
        await original.edit(content="really done")

    async with connected(bot, scene.world):
        used = await scene.world.slash(scene.member, scene.channel, "work")
        await scene.world.until(lambda: used.message and used.message.content == "really done")
    assert used.ephemeral
    assert [m.content for m in used.followups] == ["more"]
    assert scene.world.messages(scene.channel) == []
    mine = scene.world.messages(scene.channel, scene.member)
    assert [m.content for m in mine] == ["really done", "more"]
    assert scene.world.messages(scene.channel, scene.world.owner) == []


async def test_first_followup_after_deferral_is_the_answer(scene: Scene) -> None:
    """The first follow-up after a deferral replaces the thinking message."""
    bot = Bot()

    @bot.tree.command(description="Work")
    async def work(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("result")

    async with connected(bot, scene.world):
        used = await scene.world.slash(scene.member, scene.channel, "work")
        await used.answered()
        await scene.world.until(lambda: used.message and used.message.content == "result")
    assert used.followups == []
    assert used.message is not None
    assert not used.message.thinking


async def test_autocomplete(scene: Scene) -> None:
    """Typing into an option brings the bot's choices."""
    bot = Bot()

    @bot.tree.command(description="Pick a model")
    async def model(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(name)

    @model.autocomplete("name")
    async def names(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}-{n}", value=str(n)) for n in range(2)]

    async with connected(bot, scene.world):
        choices = await scene.world.autocomplete(
            scene.member, scene.channel, "model", {"name": "kl"}, "name"
        )
    assert [(c["name"], c["value"]) for c in choices] == [("kl-0", "0"), ("kl-1", "1")]


async def test_context_menu(scene: Scene) -> None:
    """A message's menu hands the bot that message with its attachments."""
    bot = Bot()

    @bot.tree.context_menu(name="Measure")
    async def measure(interaction: discord.Interaction, message: discord.Message) -> None:
        text = f"{message.content} {message.attachments[0].size}"
        await interaction.response.send_message(text)

    async with connected(bot, scene.world):
        world = scene.world
        written = await world.say(scene.member, scene.channel, "look", Upload(b"abc", "a.txt"))
        used = await (await world.context_menu(scene.member, written, "Measure")).answered()
        assert used.message is not None
        assert used.message.content == "look 3"


async def test_options_are_checked_as_by_a_client(scene: Scene) -> None:
    """Unknown, missing, unoffered and out-of-range values never reach the bot."""
    bot = Bot()

    @bot.tree.command(description="Many options")
    @app_commands.choices(mode=[app_commands.Choice(name="fast", value="f")])
    async def many(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 5],
        mode: str = "f",
        seconds: app_commands.Range[int, 1, 10] = 5,
    ) -> None:
        await interaction.response.send_message(f"{prompt} {mode} {seconds}")

    bad: list[dict[str, object]] = [
        {},
        {"prompt": "too long"},
        {"prompt": "ok", "mode": "fast"},
        {"prompt": "ok", "seconds": 11},
        {"prompt": "ok", "seconds": True},
        {"prompt": "ok", "nonsense": 1},
    ]
    async with connected(bot, scene.world):
        for options in bad:
            with pytest.raises(LocalRefusal):
                await scene.world.slash(scene.member, scene.channel, "many", options)
        good = {"prompt": "ok", "mode": "f", "seconds": 10}
        used = await scene.world.slash(scene.member, scene.channel, "many", good)
        await used.answered()
    assert used.message is not None
    assert used.message.content == "ok f 10"


async def test_subcommands_and_conformance(scene: Scene, conformance: Violations) -> None:
    """A subcommand is found by its path, and its registration is as Discord describes it."""
    bot = Bot()
    group = app_commands.Group(name="jobs", description="Jobs")

    @group.command(name="list", description="List")
    async def show(interaction: discord.Interaction, page: int = 1) -> None:
        await interaction.response.send_message(f"page {page}")

    bot.tree.add_command(group)
    async with connected(bot, scene.world):
        used = await scene.world.slash(scene.member, scene.channel, "jobs list", {"page": 2})
        await used.answered()
    assert used.message is not None
    assert used.message.content == "page 2"
    assert conformance.checked == 2
    conformance.assert_none()


async def test_offers(scene: Scene) -> None:
    """A command is offered by place, age, permission and channel, as a client shows them."""
    bot = Bot()
    world = scene.world

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("ok")

    def add(name: str, *, nsfw: bool = False) -> app_commands.Command[app_commands.Group, [], None]:
        made: app_commands.Command[app_commands.Group, [], None] = app_commands.Command(
            name=name, description=name, callback=answer, nsfw=nsfw
        )
        bot.tree.add_command(made)
        return made

    add("everywhere")
    add("adult", nsfw=True)
    app_commands.guild_only(add("server"))
    app_commands.default_permissions(manage_guild=True)(add("manage"))
    muted = world.add_user("muted", permissions=Permission.VIEW_CHANNEL)
    adults = world.add_channel(scene.guild, "adults", nsfw=True)
    direct = world.dm(scene.member)
    async with connected(bot, world):
        refused = [
            (scene.member, scene.channel, "adult"),
            (scene.member, direct, "server"),
            (scene.member, scene.channel, "manage"),
            (muted, scene.channel, "everywhere"),
            (world.owner, direct, "everywhere"),
            (scene.member, scene.channel, "nonsense"),
        ]
        for user, place, name in refused:
            with pytest.raises(LocalRefusal):
                await world.slash(user, place, name)
        offered = [
            (scene.member, adults, "adult"),
            (scene.member, scene.channel, "server"),
            (world.owner, scene.channel, "manage"),
            (scene.member, direct, "everywhere"),
        ]
        for user, place, name in offered:
            await (await world.slash(user, place, name)).answered()


async def test_deleted_channel(scene: Scene) -> None:
    """An answer into a channel that has been deleted is 10003."""
    bot = Bot()
    codes: list[int] = []

    @bot.tree.command(description="Work")
    async def work(interaction: discord.Interaction) -> None:
        scene.world.delete_channel(scene.channel)
        with pytest.raises(discord.NotFound) as refused:
            await interaction.response.send_message("nobody reads this")
        codes.append(refused.value.code)
        scene.world.store.changed()

    async with connected(bot, scene.world):
        await scene.world.slash(scene.member, scene.channel, "work")
        await scene.world.until(lambda: codes)
    assert codes == [10003]
