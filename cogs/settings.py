"""`/settings`: what the managers of a server set. Each answer is private."""

import functools
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot.client import KlingBot
from bot.domain.rules import suggest
from bot.domain.server_settings import (
    BY_NAME,
    DEFAULTS,
    OF_SHOWCASE,
    OFF,
    ON,
    SubCommand,
    Takes,
    sub_commands,
)
from bot.errors import Problem
from bot.messages.message import Message
from bot.messages.settings_page import SettingsPage
from bot.servers.managing import Manager
from cogs.entrance import rules_of
from cogs.interactions import InteractionAnswer, managed_server, services_of, whisper
from cogs.settings_tree import (
    CHANNEL,
    NAME_OF_DEFAULT,
    TARGET,
    TEXT,
    Given,
    Taken,
    add_command,
    options_of,
    settings_group,
)
from storage.standing import Scope, Set


async def manager_of(interaction: discord.Interaction[Any]) -> Manager | None:
    """Return the manager, or None after telling a person that they are none."""
    guild_id = managed_server(interaction)
    if guild_id is None:
        words = services_of(interaction).words
        await whisper(interaction, words.say("answer.not_allowed", interaction.locale.value))
        return None
    return Manager(interaction.user.id, guild_id)


async def page_of(interaction: discord.Interaction[Any]) -> SettingsPage:
    """Return what writes the answers."""
    services, there = services_of(interaction), rules_of(interaction).visitor.there
    ours = await services.managing.operators(interaction.guild_id or 0)
    return SettingsPage(services.words, interaction.locale.value, ours, there)


async def _change(sub: SubCommand, interaction: discord.Interaction[Any], given: Given) -> None:
    """Set what a sub-command of the table sets.

    Options that were left out stay as they are; if all were, they are cleared.
    """
    manager = await manager_of(interaction)
    if manager is None:
        return
    named = {setting.name: given.get(setting.option) for setting in sub.settings}
    chosen = {name: value for name, value in named.items() if value is not None}
    of = int(given[TARGET[sub.scope]]) if sub.needs_target else manager.guild_id
    await _set(interaction, manager, sub.scope, of, chosen or dict.fromkeys(named, ""))


async def _set(
    interaction: discord.Interaction[Any],
    manager: Manager,
    scope: Scope,
    of: int,
    values: dict[str, str],
) -> None:
    services = services_of(interaction)
    done = await services.managing.set(manager, scope, of, values)
    problems = [one for one in done if isinstance(one, Problem)]
    if problems:
        lines = services.cards.problem_lines(problems, interaction.locale.value)
        await whisper(interaction, lines)
        return
    changed = [one for one in done if isinstance(one, Set)]
    await _answer(interaction, (await page_of(interaction)).changed(changed))


async def _answer(interaction: discord.Interaction[Any], message: Message) -> None:
    await InteractionAnswer(interaction).privately(message)


async def _showcase_off(interaction: discord.Interaction[Any], _given: Given) -> None:
    manager = await manager_of(interaction)
    if manager is None:
        return
    nothing = dict.fromkeys(OF_SHOWCASE, "")
    await _set(interaction, manager, Scope.SERVER, manager.guild_id, nothing)


async def _show(interaction: discord.Interaction[Any], _given: Given) -> None:
    manager = await manager_of(interaction)
    if manager is None:
        return
    page = await services_of(interaction).managing.page(manager.guild_id)
    await _answer(interaction, (await page_of(interaction)).show(page.settings, page.blocks))


async def _log(interaction: discord.Interaction[Any], _given: Given) -> None:
    manager = await manager_of(interaction)
    if manager is None:
        return
    changes = await services_of(interaction).managing.log(manager.guild_id)
    await _answer(interaction, (await page_of(interaction)).log(changes))


async def _default_set(interaction: discord.Interaction[Any], given: Given) -> None:
    await _set_default(interaction, given, given["value"] or " ")


async def _default_clear(interaction: discord.Interaction[Any], given: Given) -> None:
    await _set_default(interaction, given, "")


async def _set_default(interaction: discord.Interaction[Any], given: Given, value: str) -> None:
    manager = await manager_of(interaction)
    if manager is None:
        return
    setting, channel = BY_NAME.get(given["name"]), given.get("channel")
    if setting is None or not setting.is_default:
        services, locale = services_of(interaction), interaction.locale.value
        allowed = ", ".join(one.name for one in DEFAULTS)
        problem = Problem("choice_unknown", {"allowed": allowed, "option": "name"})
        await whisper(interaction, services.cards.problem_lines([problem], locale))
        return
    scope = Scope.CHANNEL if channel else Scope.SERVER
    of = int(channel) if channel else manager.guild_id
    await _set(interaction, manager, scope, of, {setting.name: value})


async def suggest_value(interaction: discord.Interaction[Any], current: str) -> list[Choice[str]]:
    """Suggest values for the default that was chosen."""
    setting = BY_NAME.get(str(getattr(interaction.namespace, "name", "")))
    if setting is None:
        return []
    if setting.takes is Takes.MODEL and setting.kind is not None:
        names = suggest(services_of(interaction).catalogue, current, setting.kind)
    else:
        on_offer = (ON, OFF) if setting.takes is Takes.FLAG else setting.choices
        names = [one for one in on_offer if current.strip().lower() in one]
    return [Choice(name=one, value=one) for one in names]


def make_group() -> app_commands.Group:
    """Return `/settings` with everything below it: from the table, and what is about all of it."""
    root = settings_group()
    for sub in sub_commands():
        add_command(root, sub.path, options_of(sub), functools.partial(_change, sub))
    name, channel = Taken(NAME_OF_DEFAULT, required=True), Taken(CHANNEL)
    value = Taken(TEXT, required=True)
    setting = add_command(
        root, "default set", {"name": name, "value": value, "channel": channel}, _default_set
    )
    setting.autocomplete("value")(suggest_value)
    add_command(root, "default clear", {"name": name, "channel": channel}, _default_clear)
    add_command(root, "showcase off", {}, _showcase_off)
    add_command(root, "show", {}, _show)
    add_command(root, "log", {}, _log)
    return root


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    bot.tree.add_command(make_group())
