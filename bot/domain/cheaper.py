"""Cheaper forms of a request, offered beside its price. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain.catalogue import Catalogue, price
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.requests import (
    CharacterRequest,
    EditRequest,
    EffectRequest,
    ExpandRequest,
    ImageRequest,
    LipSyncRequest,
    Offered,
    Request,
    SoundRequest,
    SoundtrackRequest,
    VideoRequest,
)
from bot.domain.rules import check

Fixed = (
    ImageRequest
    | LipSyncRequest
    | EffectRequest
    | ExpandRequest
    | SoundRequest
    | SoundtrackRequest
    | CharacterRequest
)
"""Has no modes."""
STANDARD: Final = "std"
SHORT: Final = "s5"
SHORT_S: Final = 5
Variants = Mapping[str, Mapping[str, Any]]
"""What each variant changes in the request, by its tag."""


def changed(request: Request, change: Mapping[str, Any]) -> Request:
    """Return the request with some fields changed; what JSON made a list is read as before."""
    values: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in change.items()
    }
    made: Request = replace(request, **values)
    return made


def cheaper(catalogue: Catalogue, request: Request, offered: Mapping[str, Offered]) -> Variants:
    """Return the variants of a request that its model takes and that cost less, by tag."""
    full = price(catalogue, request)
    if full is None or isinstance(request, Fixed):
        return {}
    wanted: dict[str, dict[str, Any]] = {}
    if (request.mode or DEFAULT_MODE) != STANDARD:
        wanted[STANDARD] = {"mode": STANDARD}
    if isinstance(request, VideoRequest) or (
        isinstance(request, EditRequest) and request.is_reference
    ):
        long = (request.duration_s or DEFAULT_DURATION_S) > SHORT_S
    else:
        long = False
    if long:
        wanted[SHORT] = {"duration_s": SHORT_S}
    fitting: dict[str, dict[str, Any]] = {}
    for tag, change in wanted.items():
        made = changed(request, change)
        cost = price(catalogue, made)
        if cost and cost.units < full.units and not check(catalogue, made, offered):
            fitting[tag] = change
    return fitting
