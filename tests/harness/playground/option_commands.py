"""Commands of the tests' bot that take every kind of option: files, choices, nothing at all."""

import discord
from discord import app_commands

from tests.harness.discord_scene import Bot


def add_options(bot: Bot) -> None:
    """Commands that take what the product's do not."""

    @bot.tree.command(description="Take files")
    async def attach(
        interaction: discord.Interaction,
        image: discord.Attachment,
        audio: discord.Attachment | None = None,
        video: discord.Attachment | None = None,
        note: str = "",
    ) -> None:
        files = {"image": image, "audio": audio, "video": video}
        given = {name: file.filename for name, file in files.items() if file is not None}
        await interaction.response.send_message(f"{given} | {note}")

    nested = app_commands.Group(name="nested", description="Commands below one")

    @nested.command(description="Take a word")
    async def deep(interaction: discord.Interaction, word: str) -> None:
        await interaction.response.send_message(f"deep {word}")

    bot.tree.add_command(nested)

    @bot.tree.command(description="Take choices")
    @app_commands.choices(
        size=[app_commands.Choice(name=name, value=name[::-1]) for name in ("Large wide", "Large")]
    )
    async def choices(
        interaction: discord.Interaction, size: app_commands.Choice[str], text: str = ""
    ) -> None:
        await interaction.response.send_message(f"{size.name} | {text}")


def add_selects(bot: Bot) -> None:
    """Messages with selects."""

    @bot.tree.command(description="Choose a drink")
    async def drinks(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        names = ("tea", "milk", "juice", "water", "coffee", "cocoa")
        choices = [discord.SelectOption(label=name, value=name) for name in names]
        view.add_item(discord.ui.Select(custom_id="drink", options=choices))
        await interaction.response.send_message("drinks", view=view)


def add_silence(bot: Bot) -> None:
    """Commands and controls to which the bot says nothing."""

    @bot.tree.command(description="Say nothing")
    async def silent(interaction: discord.Interaction) -> None:
        del interaction

    @bot.tree.context_menu(name="Say nothing")
    async def unmoved(interaction: discord.Interaction, message: discord.Message) -> None:
        del interaction, message

    @bot.tree.command(description="Show controls that do nothing")
    async def idle(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Idle", custom_id="idle"))
        choices = [discord.SelectOption(label=name, value=name) for name in ("one", "two")]
        view.add_item(discord.ui.Select(custom_id="idle select", options=choices))
        await interaction.response.send_message("idle controls", view=view)
