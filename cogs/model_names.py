"""Suggests models while a member types: those first that can do what is set so far."""

import contextlib
import math
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import discord
from discord.app_commands import Choice

from bot.domain.options import Option, Takes
from bot.domain.requests import Offered, Request, options_of
from bot.domain.rules import suggest
from cogs.entrance import read_rules
from cogs.interactions import offered_of, services_of
from storage.errors import StorageUnavailable

Make = Callable[[discord.Interaction, Mapping[str, Any], dict[str, Offered]], Request]
"""Makes the request of a command from its values and its attachments, both by option."""
Suggest = Callable[[discord.Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]
MODEL: Final = "model"
_KINDS: Final[Mapping[Takes, tuple[type, ...]]] = {
    Takes.TEXT: (str,),
    Takes.WHOLE: (int,),
    Takes.NUMBER: (int, float),
    Takes.FLAG: (bool,),
}


def models_for(request: type[Request], make: Make) -> Suggest:
    """Return what suggests models for a command; the one that would be sent leads."""

    async def suggest_model(interaction: discord.Interaction, current: str) -> list[Choice[str]]:
        """Suggest models, each with what it can and what it costs."""
        services, locale = services_of(interaction), interaction.locale.value
        with contextlib.suppress(StorageUnavailable):
            await read_rules(interaction)
        given, offered = _set_so_far(interaction, request)
        made = make(interaction, given, offered)
        names = suggest(services.catalogue, current, request.kind, made, offered)
        proposal = services.prices.proposal
        return [Choice(name=proposal(name, request.kind, locale), value=name) for name in names]

    return suggest_model


def _set_so_far(
    interaction: discord.Interaction, request: type[Request]
) -> tuple[dict[str, Any], dict[str, Offered]]:
    """Return the options that are set while the member types; of text that is required, any.

    Half a value may be of another kind, and is none yet; of an attachment there may be no more than
    that there is one.
    """
    space, options = vars(interaction.namespace), options_of(request)
    texts = {one.name: "" for one in options if one.required and one.takes is Takes.TEXT}
    given = texts | {
        option.name: space[option.name]
        for option in options
        if option.field != MODEL and option.name in space and _is_value(option, space[option.name])
    }
    files = {name: space.get(name) for one in options if one.file for name in one.names}
    there = {name: Offered(name, "", "", 0) for name, file in files.items() if file is not None}
    return given, there | offered_of(files)


def _is_value(option: Option, value: object) -> bool:
    kinds = _KINDS.get(option.takes, ())
    if isinstance(value, bool) and bool not in kinds:
        return False
    return isinstance(value, kinds) and not (isinstance(value, float) and math.isnan(value))
