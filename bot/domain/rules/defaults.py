"""Fills in what a member left out, from what they, the channel or the server set. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain.catalogue import Catalogue
from bot.domain.options import Takes as OptionTakes
from bot.domain.requests import Offered, Request, options_of, uses
from bot.domain.rules.check import check
from bot.domain.rules_of_place import Value
from bot.domain.server_settings import OF_MEMBERS, ON, Takes

_FILLED_IN: Final = {setting.name for setting in OF_MEMBERS if setting.takes is not Takes.MODEL}
Sources = dict[str, str]
"""For whom or what the values were set that filled in options, by the option."""


def with_defaults(
    catalogue: Catalogue,
    request: Request,
    offered: Mapping[str, Offered],
    value_of: Callable[[str], Value],
) -> tuple[Request, Sources]:
    """Return the request with the defaults for its options that were left out, and which were.

    A default that the request can't have, because its model has no such mode or its image decides
    the ratio, is left out too: nobody is refused for a value that they did not choose.
    """
    used: Sources = {}
    for option in options_of(request):
        if option.name not in _FILLED_IN or not uses(request, option):
            continue
        default = value_of(option.name)
        if not default.value or getattr(request, option.field) is not None:
            continue
        is_flag = option.takes is OptionTakes.FLAG
        changed: dict[str, Any] = {option.field: default.value == ON if is_flag else default.value}
        filled: Request = replace(request, **changed)
        if len(check(catalogue, filled, offered)) <= len(check(catalogue, request, offered)):
            request = filled
            if default.source is not None:
                used[option.name] = default.source.value
    return request, used
