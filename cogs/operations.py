"""The commands of the table of operations (`bot/domain/operations/table.py`), an entry each."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.client import KlingBot
from bot.domain.operations.operation import Operation
from bot.domain.operations.table import COMMANDS
from bot.domain.requests import Offered, Request, options_of
from bot.domain.rules import operation_request
from cogs.asking import ask
from cogs.interactions import offered_of, services_of
from cogs.model_names import models_for
from cogs.options import Given, takes
from cogs.voices import suggest_voice
from storage.job import Kind


def command_of(
    operation: Operation, name: str = "", description: str = ""
) -> app_commands.Command[Any, ..., None]:
    """Return the command, by default of its kind's name: its options are those of the request."""
    kind: Kind = operation.request.kind

    def requested(
        interaction: discord.Interaction, given: Mapping[str, Any], offered: dict[str, Offered]
    ) -> Request:
        services = services_of(interaction)
        default = str(getattr(services.defaults, f"{kind}_model", ""))
        return operation_request(
            services.catalogue, operation.request, given, offered, default_model=default
        )

    @takes(operation.request)
    async def ask_for(interaction: discord.Interaction, /, **given: Given) -> None:
        offered = offered_of(given)
        await ask(interaction, requested(interaction, given, offered), offered)

    made: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name or kind.value,
        description=locale_str(description or f"command.{kind}.description"),
        callback=ask_for,
    )
    suggesting = {"model": models_for(operation.request, requested), "voice": suggest_voice}
    for option in options_of(operation.request):
        if option.field in suggesting:
            made.autocomplete(option.name)(suggesting[option.field])
    return made


async def setup(bot: KlingBot) -> None:
    """Add the commands."""
    for operation in COMMANDS.values():
        bot.tree.add_command(command_of(operation))
