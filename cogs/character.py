"""`/character`: create, list and delete those whom prompts cite as `@name`."""

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.operations.character import CHARACTER
from bot.domain.rules.suggestions import SUGGESTIONS_MAX
from bot.messages.character_page import CharacterPage
from cogs.interactions import InteractionAnswer, services_of, whisper
from cogs.operations import command_of
from storage.character import NAME_CHARACTERS_MAX, folded
from storage.errors import StorageUnavailable


class Character(
    commands.GroupCog,
    group_name="character",
    group_description=locale_str("command.character.description"),
):
    """The commands about characters that are there."""

    @app_commands.command(name="list", description=locale_str("command.character_list.description"))
    async def show(self, interaction: discord.Interaction) -> None:
        """Show whom the caller may cite here."""
        services, locale = services_of(interaction), interaction.locale.value
        user_id = interaction.user.id
        try:
            found = await services.characters.list_of(user_id, interaction.guild_id)
        except StorageUnavailable:
            await whisper(interaction, services.words.say("busy", locale))
            return
        page = CharacterPage(services.words, locale).page(found, user_id)
        await InteractionAnswer(interaction).privately(page)

    @app_commands.command(
        name="delete", description=locale_str("command.character_delete.description")
    )
    @app_commands.describe(name=locale_str("parameter.character_delete.name"))
    async def delete(
        self,
        interaction: discord.Interaction,
        name: app_commands.Range[str, 1, NAME_CHARACTERS_MAX + 1],
    ) -> None:
        """Delete one of the caller's own, here and at Kling."""
        services, locale = services_of(interaction), interaction.locale.value
        try:
            gone = await services.characters.delete(interaction.user.id, name)
        except StorageUnavailable:
            await whisper(interaction, services.words.say("busy", locale))
            return
        said = CharacterPage(services.words, locale).deleted(name, gone=gone)
        await whisper(interaction, said)

    @delete.autocomplete("name")
    async def suggest(self, interaction: discord.Interaction, current: str) -> list[Choice[str]]:
        """Suggest the caller's own."""
        try:
            found = await services_of(interaction).characters.list_of(interaction.user.id, None)
        except StorageUnavailable:
            return []
        typed = folded(current.strip().removeprefix("@"))
        names = [one.name for one in found if typed in folded(one.name)]
        return [Choice(name=f"@{name}", value=name) for name in names[:SUGGESTIONS_MAX]]


async def setup(bot: KlingBot) -> None:
    """Add the commands; the one that makes something is derived from its options."""
    group = Character()
    create: Any = command_of(CHARACTER, "create", "command.character_create.description")
    if group.app_command is None:
        raise TypeError("a group of commands has none")
    group.app_command.add_command(create)
    await bot.add_cog(group)
