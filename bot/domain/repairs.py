"""What a refused request could be instead, without typing or uploading anything again. Pure.

Nothing here knows the rules: each proposal is the request with one thing changed, and it is only
one if all rules then accept it. So whatever is refused, now or later, gets the repairs that it has.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Final

from bot.domain.catalogue import Catalogue, for_model, models_that_can, price_or_guess
from bot.domain.cheaper import changed
from bot.domain.options import Option, Takes
from bot.domain.requests import (
    EditRequest,
    ImageRequest,
    Offered,
    Request,
    StoryboardRequest,
    VideoRequest,
    attached,
    options_of,
)
from bot.domain.rules import check

REPAIRS_MAX: Final = 5
"""As many as one row of buttons."""
TAG: Final = "fix{number}"
MODEL: Final = "model"
MODELS_MAX: Final = 2
"""Other models that are proposed."""
_PLACED: Final = (VideoRequest, StoryboardRequest, EditRequest, ImageRequest)
Problems = Callable[[Request], int]
"""How many problems a request has."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One proposal."""

    request: Request
    without: tuple[str, ...] = ()
    """The options that are left out."""
    option: str = ""
    """The option that is changed; and its new value."""
    value: str | int = ""


def repairs(
    catalogue: Catalogue,
    request: Request,
    offered: Mapping[str, Offered],
    *,
    slots: int | None = None,
) -> dict[str, Repair]:
    """Return at most five accepted requests that differ from a refused one by little, by tag.

    Those that keep most come first: an option with another value, one option less, another model;
    and if a single change is not enough, everything left out that is in the way.
    """

    def problems(made: Request) -> int:
        files = of_request(made, offered)
        return len(check(catalogue, made, files, slots=slots, naming_models=False))

    found: dict[Request, Repair] = {}
    for repair in chain(
        _other_values(catalogue, request, problems),
        _one_less(catalogue, request),
        _models(catalogue, request),
    ):
        of_a_model = repair.option == MODEL
        enough = of_a_model and sum(one.option == MODEL for one in found.values()) >= MODELS_MAX
        if repair.request not in found and not enough and not problems(repair.request):
            found[repair.request] = repair
    if all(repair.option == MODEL for repair in found.values()):
        less = _less_and_less(catalogue, request, problems)
        if less.without and not problems(less.request):
            found.setdefault(less.request, less)
    chosen = list(found.values())[:REPAIRS_MAX]
    return {TAG.format(number=number): repair for number, repair in enumerate(chosen, 1)}


def change_of(request: Request, repaired: Request) -> dict[str, Any]:
    """Return the fields by which a repaired request differs, as a draft keeps them."""
    return {
        field.name: value
        for field in fields(repaired)
        if (value := getattr(repaired, field.name)) != getattr(request, field.name)
    }


def of_request(request: Request, offered: Mapping[str, Offered]) -> dict[str, Offered]:
    """Return the files that the request still takes."""
    taken = attached(request)
    return {name: one for name, one in offered.items() if name in taken}


def _other_values(catalogue: Catalogue, request: Request, problems: Problems) -> Iterator[Repair]:
    """Yield one option with another value, the first that is accepted.

    An option that is not set is set only where it has choices: some models need one of them.
    """
    for option in options_of(request):
        for value in _values(catalogue, request, option):
            made = _placed(catalogue, changed(request, {option.field: value}))
            if not problems(made):
                yield Repair(made, option=option.name, value=value)
                break


def _values(catalogue: Catalogue, request: Request, option: Option) -> Iterator[str | int]:
    """Yield other values of an option, the most alike first."""
    value = getattr(request, option.field)
    if option.choices:
        at = option.choices.index(value) if value in option.choices else 0
        near = sorted(range(len(option.choices)), key=lambda place: abs(place - at))
        yield from (option.choices[place] for place in near if option.choices[place] != value)
    if option.takes is not Takes.WHOLE or value is None:
        return
    model = catalogue.video_model(request.model)
    if option.field == "duration_s" and model is not None:
        references = isinstance(request, VideoRequest) and bool(request.references)
        lengths = model.lengths_s(references=references)
        yield from sorted(lengths, key=lambda length: (abs(length - value), length))
    elif option.most is not None and option.least is not None:
        yield from range(min(value - 1, int(option.most)), int(option.least) - 1, -1)


def _one_less(catalogue: Catalogue, request: Request) -> Iterator[Repair]:
    """Yield the request without one of its options; files last."""
    for option in sorted(_set(request), key=lambda one: one.file is not None):
        made = _without(catalogue, request, (option,))
        yield Repair(made, without=(option.name,))


def _models(catalogue: Catalogue, request: Request) -> Iterator[Repair]:
    """Yield the models that can do all of it: the cheapest, then the newest first."""
    if not isinstance(request, _PLACED):
        return
    able = models_that_can(catalogue, request)
    made = [for_model(catalogue, request, name) for name in able if name != request.model]
    cheapest = sorted(made, key=lambda one: price_or_guess(catalogue, one).units)[:1]
    for one in (*cheapest, *made):
        yield Repair(one, option=MODEL, value=one.model)


def _less_and_less(catalogue: Catalogue, request: Request, problems: Problems) -> Repair:
    """Leave out, one after the other, whatever then has fewer problems."""
    left, gone = request, []
    for option in sorted(_set(request), key=lambda one: one.file is not None):
        less = _without(catalogue, left, (option,))
        if problems(less) < problems(left):
            left = less
            gone.append(option.name)
    return Repair(left, without=tuple(gone))


def _set(request: Request) -> list[Option]:
    """Return the options that the member set and may leave out."""
    defaults = {field.name: field.default for field in fields(request)}
    return [
        option
        for option in options_of(request)
        if not option.required and not option.of_every and option.field != MODEL
        if option.longest is None or option.on_card  # the words of a shot are no option less
        if not (option.file and _goes_on(request))  # the member did not attach its first frame
        if getattr(request, option.field) != defaults[option.field]
    ]


def _goes_on(request: Request) -> bool:
    return isinstance(request, VideoRequest) and bool(request.continues)


def _without(catalogue: Catalogue, request: Request, options: tuple[Option, ...]) -> Request:
    defaults = {field.name: field.default for field in fields(request)}
    change = {option.field: defaults[option.field] for option in options}
    return _placed(catalogue, changed(request, change))


def _placed(catalogue: Catalogue, request: Request) -> Request:
    """Return the request on the route of what it now contains."""
    if isinstance(request, _PLACED):
        return for_model(catalogue, request, request.model)
    return request
