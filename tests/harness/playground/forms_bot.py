"""A small discord.py bot whose commands open what the product does not: forms, menus, panels."""

import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
import yarl
from discord import app_commands

from sandbox.discord import LocalDiscord
from sandbox.kling.samples import portrait
from tests.harness.discord_scene import Bot, connected
from tests.harness.playground.option_commands import (
    add_options,
    add_roles,
    add_selects,
    add_silence,
)

SIZES = ("small", "large")


class Form(discord.ui.Modal, title="Commission"):
    about: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("Tell us **what** to draw.")
    name: discord.ui.Label["Form"] = discord.ui.Label(
        text="Name",
        description="As it will be printed",
        component=discord.ui.TextInput(custom_id="name", min_length=3, max_length=20),
    )
    story: discord.ui.Label["Form"] = discord.ui.Label(
        text="Story",
        component=discord.ui.TextInput(
            custom_id="story", style=discord.TextStyle.paragraph, required=False
        ),
    )
    size: discord.ui.Label["Form"] = discord.ui.Label(
        text="Size",
        component=discord.ui.Select(
            custom_id="size",
            options=[discord.SelectOption(label=size, value=size) for size in SIZES],
        ),
    )
    pictures: discord.ui.Label["Form"] = discord.ui.Label(
        text="Pictures",
        component=discord.ui.FileUpload(custom_id="pictures", min_values=1, max_values=2),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        fields: list[Any] = [self.name, self.story, self.size, self.pictures]
        name, story, size, pictures = (field.component for field in fields)
        sizes = [len(await picture.read()) for picture in pictures.values]
        text = f"{name.value} | {story.value} | {size.values} | {sizes}"
        await interaction.response.send_message(text, ephemeral=True)


class Marks(discord.ui.Modal, title="Marks"):
    frame: discord.ui.Label["Marks"] = discord.ui.Label(
        text="Frame",
        component=discord.ui.RadioGroup(
            custom_id="frame",
            options=[discord.RadioGroupOption(label=wood, value=wood) for wood in ("oak", "pine")],
        ),
    )
    extras: discord.ui.Label["Marks"] = discord.ui.Label(
        text="Extras",
        component=discord.ui.CheckboxGroup(
            custom_id="extras",
            required=False,
            options=[discord.CheckboxGroupOption(label=e, value=e) for e in ("glass", "wire")],
        ),
    )
    gift: discord.ui.Label["Marks"] = discord.ui.Label(
        text="A gift", component=discord.ui.Checkbox(custom_id="gift")
    )
    painter: discord.ui.Label["Marks"] = discord.ui.Label(
        text="Painter", component=discord.ui.UserSelect(custom_id="painter")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        fields: list[Any] = [self.frame, self.extras, self.gift, self.painter]
        frame, extras, gift, painter = (field.component for field in fields)
        names = [person.name for person in painter.values]
        text = f"{frame.value} | {extras.values} | {gift.value} | {names}"
        await interaction.response.send_message(text, ephemeral=True)


class Panel(discord.ui.View):
    """Counts presses on the message itself."""

    presses = 0

    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, interaction: discord.Interaction, _: discord.ui.Button["Panel"]) -> None:
        self.presses += 1
        await interaction.response.edit_message(content=f"pressed {self.presses}", view=self)


class Choices(discord.ui.ActionRow["Layout"]):
    """Two drinks out of three."""

    @discord.ui.select(
        custom_id="drinks",
        min_values=2,
        max_values=2,
        options=[discord.SelectOption(label=name, value=name) for name in ("tea", "milk", "juice")],
    )
    async def drinks(
        self, interaction: discord.Interaction, menu: discord.ui.Select["Layout"]
    ) -> None:
        await interaction.response.send_message(f"drinks {menu.values}", ephemeral=True)


class Layout(discord.ui.LayoutView):
    """One of every component that messages are laid out with."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        picture = discord.UnfurledMediaItem("attachment://face.png")
        parts: list[discord.ui.Item[Any]] = [
            discord.ui.TextDisplay("## A heading"),
            discord.ui.Section("beside", accessory=discord.ui.Thumbnail(picture)),
            discord.ui.Separator(),
            discord.ui.MediaGallery(
                discord.MediaGalleryItem(picture, description="a face", spoiler=False)
            ),
            discord.ui.File("attachment://notes.txt"),
            Choices(),
        ]
        self.add_item(discord.ui.Container(*parts, accent_colour=0xFF8800))


def everything_embed() -> discord.Embed:
    """An embed with all that embeds can have."""
    embed = discord.Embed(
        title="A *title*",
        url="https://title.example/",
        description="**text**",
        colour=0x00AAFF,
        timestamp=discord.utils.snowflake_time(1),
    )
    embed.set_author(name="An author", url="https://author.example/")
    embed.add_field(name="One", value="`1`")
    embed.add_field(name="Two", value="2", inline=False)
    embed.set_thumbnail(url="attachment://face.png")
    embed.set_image(url="https://elsewhere.example/picture.png")
    return embed.set_footer(text="A footer")


def forms_bot() -> Bot:
    bot = Bot()
    add_forms(bot)
    add_messages(bot)
    add_menus(bot)
    add_options(bot)
    add_selects(bot)
    add_roles(bot)
    add_silence(bot)
    return bot


def add_forms(bot: Bot) -> None:
    """Commands that open a form or take every kind of option."""

    @bot.tree.command(description="Open a form")
    async def commission(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @bot.tree.command(description="Open a form of marks")
    async def marks(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Marks())

    @bot.tree.command(description="Take one of every option")
    @app_commands.describe(count="How many", channel="Where")
    async def options(
        interaction: discord.Interaction,
        count: app_commands.Range[int, 2, 5],
        loud: bool,  # noqa: FBT001 - discord.py reads the option's kind from it
        ratio: float,
        channel: discord.TextChannel,
        member: discord.Member,
    ) -> None:
        text = f"{count} | {loud} | {ratio} | {channel.name} | {member.name}"
        await interaction.response.send_message(text)


def add_messages(bot: Bot) -> None:
    """Commands that answer with what is not plain text, or elsewhere."""

    @bot.tree.command(description="Show a panel")
    async def panel(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("a panel", view=Panel(timeout=None))

    @bot.tree.command(description="Show a layout")
    async def layout(interaction: discord.Interaction) -> None:
        files = [
            discord.File(io.BytesIO(portrait()), "face.png"),
            discord.File(io.BytesIO(b"notes"), "notes.txt"),
        ]
        await interaction.response.send_message(view=Layout(), files=files)

    @bot.tree.command(description="Show an embed")
    async def embed(interaction: discord.Interaction) -> None:
        file = discord.File(io.BytesIO(portrait()), "face.png")
        await interaction.response.send_message(embed=everything_embed(), file=file)

    @bot.tree.command(description="Write in private")
    async def letter(interaction: discord.Interaction) -> None:
        await interaction.user.send("a letter")
        await interaction.response.send_message("sent", ephemeral=True)

    @bot.tree.command(description="Send a component that nobody knows")
    async def strange(interaction: discord.Interaction) -> None:
        route = discord.http.Route(
            "POST", "/channels/{channel_id}/messages", channel_id=interaction.channel_id
        )
        flags = discord.MessageFlags(components_v2=True).value
        body = {"flags": flags, "components": [{"type": 99, "flavour": "<b>salt</b>"}]}
        await bot.http.request(route, json=body)
        await interaction.response.send_message("sent", ephemeral=True)


def add_menus(bot: Bot) -> None:
    """Commands in the menus of messages and members."""

    @bot.tree.context_menu(name="Count words")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        words = len(message.content.split())
        await interaction.response.send_message(f"{words} words", ephemeral=True)

    @bot.tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"Hello, {member.name}!")


@contextlib.asynccontextmanager
async def forms_bot_in(world: LocalDiscord) -> AsyncIterator[Bot]:
    """Keep the bot connected to the world inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discord.http.Route, "BASE", world.api_url)
        gateway = yarl.URL(world.gateway_url)
        patch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        async with connected(forms_bot(), world) as bot:
            yield bot
