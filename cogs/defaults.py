"""`/defaults`: what a member set for themselves. Each answer is private."""

from typing import Any

import discord
from discord import AppCommandOptionType, app_commands
from discord.app_commands import Choice, locale_str

from bot.client import KlingBot
from bot.domain.server_settings import OF_MEMBERS
from bot.errors import Problem
from bot.messages.defaults_page import DefaultsPage
from cogs.entrance import rules_of
from cogs.interactions import InteractionAnswer, services_of, whisper
from cogs.settings import suggest_value
from cogs.settings_tree import TEXT, Given, SettingOption, Taken, add_command

NAME = SettingOption(
    AppCommandOptionType.string,
    choices=[
        Choice(name=locale_str(f"server_setting.{setting.name}"), value=setting.name)
        for setting in OF_MEMBERS
    ],
)


async def _set(interaction: discord.Interaction[Any], given: Given) -> None:
    await _change(interaction, given["name"], given["value"] or " ")


async def _clear(interaction: discord.Interaction[Any], given: Given) -> None:
    await _change(interaction, given["name"], "")


async def _change(interaction: discord.Interaction[Any], name: str, value: str) -> None:
    services, locale = services_of(interaction), interaction.locale.value
    done = await services.managing.set_own(interaction.user.id, name, value)
    if isinstance(done, Problem):
        await whisper(interaction, services.cards.problem_lines([done], locale))
        return
    page = DefaultsPage(services.words, locale)
    await InteractionAnswer(interaction).privately(page.changed(done))


async def _show(interaction: discord.Interaction[Any], _given: Given) -> None:
    services = services_of(interaction)
    page = DefaultsPage(services.words, interaction.locale.value)
    shown = page.show(rules_of(interaction).value, services.defaults.by_setting)
    await InteractionAnswer(interaction).privately(shown)


def make_group() -> app_commands.Group:
    """Return `/defaults` with everything below it."""
    root = app_commands.Group(
        name="defaults", description=locale_str("command.defaults.description")
    )
    name = Taken(NAME, required=True)
    setting = add_command(root, "set", {"name": name, "value": Taken(TEXT, required=True)}, _set)
    setting.autocomplete("value")(suggest_value)
    add_command(root, "clear", {"name": name}, _clear)
    add_command(root, "show", {}, _show)
    return root


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    bot.tree.add_command(make_group())
