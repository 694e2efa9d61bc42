"""Which model names to suggest while a member types."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Final

from bot.domain.catalogue import Catalogue, EditModel, ImageModel, VideoModel, for_model
from bot.domain.catalogue.operation_abilities import operation_shortcomings
from bot.domain.requests import (
    ClipRequest,
    EditRequest,
    ImageRequest,
    Offered,
    OperationRequest,
    Request,
)
from bot.domain.rules.check import check
from bot.errors import Problem
from storage.job import Kind

SUGGESTIONS_MAX: Final = 25
"""Discord's limit of autocomplete choices."""
NOTHING: Final[Mapping[str, Offered]] = {}


def suggest(
    catalogue: Catalogue,
    prefix: str,
    kind: Kind,
    request: Request | None = None,
    offered: Mapping[str, Offered] = NOTHING,
) -> list[str]:
    """Return at most 25 model names for autocomplete, the most likely first.

    Pressing Enter takes the first one, so a name typed in full leads whatever else is set. Then
    come names that begin with what was typed, then names that contain it. Within each group,
    models that can do what the member has set so far come before those that cannot, the model that
    would be sent without a choice leads, and newer models come before older ones.

    Args:
        catalogue: The models.
        prefix: What the member has typed; matched anywhere in the name, ignoring case.
        kind: What is made.
        request: What the command would ask for as it is set now; None: nothing is known of it.
        offered: The attachments by option, as Discord declares them.

    """
    names = _names(catalogue, kind)
    fits = _fitting(catalogue, names, request, offered)
    default = request.model if request is not None else ""
    return ranked([(name, name in fits) for name in names], prefix, default)[:SUGGESTIONS_MAX]


def ranked(fits: Iterable[tuple[str, bool]], prefix: str, default: str = "") -> list[str]:
    """Return the names that contain what was typed, in the order that `suggest` promises.

    `fits` are lower-case names, newest first, each with whether the model can do what was set.
    """
    typed = prefix.strip().lower()

    def rank(row: tuple[str, bool]) -> tuple[bool, ...]:
        name, fit = row
        return name != typed, not name.startswith(typed), not fit, name != default

    return [name for name, _ in sorted((row for row in fits if typed in row[0]), key=rank)]


def _names(catalogue: Catalogue, kind: Kind) -> list[str]:
    rows: Mapping[Kind, Sequence[VideoModel | ImageModel | EditModel]] = {
        Kind.VIDEO: catalogue.video,
        Kind.IMAGE: catalogue.image,
        Kind.STORYBOARD: catalogue.video,
        Kind.EDIT: catalogue.edit,
        Kind.LIPSYNC: (),
    }
    if kind in rows:
        return [model.name for model in rows[kind]]
    return [one.name for one in catalogue.operation_models(kind) if one.withdrawn is None]


def _fitting(
    catalogue: Catalogue, names: list[str], request: Request | None, offered: Mapping[str, Offered]
) -> set[str]:
    """Return the models that raise no problem but those that every model raises.

    While a member types something is always missing, or wrong whatever the model.
    """
    if isinstance(request, OperationRequest):  # of effects there are hundreds
        made = {name: for_model(catalogue, request, name) for name in names}
        return {name for name, one in made.items() if not operation_shortcomings(catalogue, one)}
    if not isinstance(request, ClipRequest | EditRequest | ImageRequest):
        return {*names}
    raised = {
        name: {
            _said(problem)
            for problem in check(
                catalogue, for_model(catalogue, request, name), offered, naming_models=False
            )
        }
        for name in names
    }
    always = reduce(set.__and__, raised.values()) if raised else set()
    return {name for name, codes in raised.items() if codes == always}


def _said(problem: Problem) -> tuple[str, str]:
    return problem.code, str(problem.facts.get("option", ""))
