"""The options of the commands as Discord shows them, read from the fields of the requests.

Descriptions and names of choices are keys of the message catalogue; they are replaced by texts when
the commands are registered.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

import discord
from discord import AppCommandOptionType, app_commands
from discord.app_commands import Choice, locale_str

from bot.domain.options import Option, Takes
from bot.domain.requests import Request, options_of
from storage.job import Kind

Callback = TypeVar("Callback", bound=Callable[..., Any])
Given = str | int | float | bool | discord.Attachment | None

_TYPES: Final = {
    Takes.TEXT: AppCommandOptionType.string,
    Takes.WHOLE: AppCommandOptionType.integer,
    Takes.NUMBER: AppCommandOptionType.number,
    Takes.FLAG: AppCommandOptionType.boolean,
    Takes.FILE: AppCommandOptionType.attachment,
}


class Parameter(app_commands.Transformer):
    """An option as a parameter of a command; its value is passed on unchanged."""

    def __init__(self, option: Option, kind: Kind) -> None:
        self._option = option
        self._kind = kind

    @property
    def type(self) -> AppCommandOptionType:
        """What Discord lets the member enter."""
        return _TYPES[self._option.takes]

    @property
    def min_value(self) -> float | None:
        """The smallest number; the minimum length of a text for people."""
        return self._option.least if self._option.longest is None else 1

    @property
    def max_value(self) -> float | None:
        """The largest number, or the maximum length of a text."""
        return self._option.most if self._option.longest is None else self._option.longest

    @property
    def choices(self) -> list[Choice[int | float | str]] | None:
        """The available values, named by their keys; a ratio needs no name."""
        option = self._option
        return [
            Choice(
                name=value if ":" in value else locale_str(f"choice.{option.name}.{value}"),
                value=value,
            )
            for value in option.choices
        ] or None

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> Any:  # noqa: ARG002 - discord.py passes it
        """Return the value: the rules decide whether it is valid."""
        return value


def takes(request: type[Request]) -> Callable[[Callback], Callback]:
    """Give a command the options of a request; its callback receives them as `**given`.

    discord.py reads the parameters of a callback from its signature, and this writes that
    signature: attachments first, then the other options in the order of the request's fields, then
    further attachments of a list. Options that the member did not set are None.
    """

    def decorate(callback: Callback) -> Callback:
        every = inspect.signature(callback).parameters.values()
        own = [one for one in every if one.kind is not inspect.Parameter.VAR_KEYWORD]
        named = _in_order(options_of(request))
        parameters = [_parameter(name, option, request.kind) for name, option in named]
        signature = inspect.Signature([*own, *parameters])
        callback.__signature__ = signature  # type: ignore[attr-defined] # `inspect` looks for it
        keys = {name: option.description(request.kind, name) for name, option in named}
        return app_commands.describe(**{name: locale_str(key) for name, key in keys.items()})(
            callback
        )

    return decorate


def _in_order(options: tuple[Option, ...]) -> list[tuple[str, Option]]:
    first = [(option.name, option) for option in options]
    further = [(name, option) for option in options for name in option.names[1:]]
    return [*sorted(first, key=lambda named: named[1].file is None), *further]


def _parameter(name: str, option: Option, kind: Kind) -> inspect.Parameter:
    default = inspect.Parameter.empty if option.required else None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Parameter(option, kind)
    )
