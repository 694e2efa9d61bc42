"""Fills in what a member left out, from what they, the channel or the server set. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.catalogue import Catalogue
from bot.domain.requests import Offered, Request, options_of, uses
from bot.domain.rules.check import check
from bot.domain.server_settings import DEFAULTS, Takes

_FILLED_IN = frozenset(setting.name for setting in DEFAULTS if setting.takes is Takes.CHOICE)


def with_defaults(
    catalogue: Catalogue,
    request: Request,
    offered: Mapping[str, Offered],
    value_of: Callable[[str], str],
) -> Request:
    """Return the request with the defaults for its options that were left out.

    A default that the request can't have, because its model has no such mode or its image decides
    the ratio, is left out too: nobody is refused for a value that they did not choose.
    """
    for option in options_of(request):
        if option.name not in _FILLED_IN or not uses(request, option):
            continue
        value = value_of(option.name)
        if not value or getattr(request, option.field) is not None:
            continue
        changed: dict[str, Any] = {option.field: value}
        filled: Request = replace(request, **changed)
        if len(check(catalogue, filled, offered)) <= len(check(catalogue, request, offered)):
            request = filled
    return request
