"""From the raw option values of a command to a request: defaults filled in, routes decided.

Nothing is refused here and no chosen value is changed: `check` judges the result. `given` are
values by option, as far as the member set them; `offered` are the attachments by option.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.catalogue import Catalogue, for_model, model_for_images
from bot.domain.edits import EDIT
from bot.domain.given_clip import clip_url
from bot.domain.operations.table import OPERATIONS
from bot.domain.options import Option
from bot.domain.requests import (
    EditRequest,
    ImageRequest,
    LipSyncRequest,
    Offered,
    OperationRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
    needs_omni,
    options_of,
)

Given = Mapping[str, Any]


def video_request(
    catalogue: Catalogue,
    given: Given,
    offered: Collection[str] = (),
    *,
    default_model: str,
    default_omni_model: str = "",
) -> VideoRequest:
    """Return the request of a `/video` command.

    With references the omni default is sent if no model was chosen; empty, it is the catalogue's
    first that takes them. A chosen model stays, whether it supports them or not.
    """
    values = _values(VideoRequest, given, offered)
    if values["references"]:
        default_model = default_omni_model or catalogue.first_with_references() or default_model
    model = _named(given) or default_model
    return for_model(catalogue, VideoRequest(**values | {"model": model}), model)


def storyboard_request(
    catalogue: Catalogue, given: Given, offered: Collection[str] = (), *, default_model: str = ""
) -> StoryboardRequest:
    """Return the request of a `/storyboard` command.

    Without a default, the model is the catalogue's first that makes several shots. A shot without a
    length has two seconds; if the last has none, it takes what is missing to the model's shortest
    video. So the lengths are those that are paid, and stay the same when it is run again.
    """
    values = _values(StoryboardRequest, given, offered)
    model = _named(given) or default_model or catalogue.first_with_shots()
    request = for_model(catalogue, StoryboardRequest(**values | {"model": model}), model)
    known, shots = catalogue.video_model(model), request.shots
    lengths: dict[str, Any] = {f"seconds_{shot.number}": shot.seconds for shot in shots}
    if known is not None and shots and request.seconds[shots[-1].number - 1] is None:
        missing_s = min(known.durations_s) - request.duration_s
        lengths[f"seconds_{shots[-1].number}"] += max(0, missing_s)
    return replace(request, **lengths)


def image_request(
    catalogue: Catalogue,
    given: Given,
    offered: Collection[str] = (),
    *,
    default_model: str,
    default_omni_model: str,
) -> ImageRequest:
    """Return the request of an `/image` command.

    Several images or a citation need images/omni-image: then the omni default is sent if no model
    was chosen. For a series or for 8k that this default can't have, it is the cheapest that can. A
    chosen model stays, whether it supports this or not.
    """
    values = _values(ImageRequest, given, offered)
    must_be_omni = needs_omni(values["prompt"], values["images"])
    usual = default_omni_model if must_be_omni else default_model
    model = _named(given) or model_for_images(
        catalogue, usual, values["series"], values["resolution"], len(values["images"])
    )
    return for_model(catalogue, ImageRequest(**values | {"model": model}), model)


def lipsync_request(given: Given, offered: Mapping[str, Offered]) -> LipSyncRequest:
    """Return the request of a `/lipsync` command."""
    values = _set(_values(LipSyncRequest, given, offered))
    return LipSyncRequest(**values | {"video_url": clip_url(given, offered)})


def edit_request(
    catalogue: Catalogue,
    given: Given,
    offered: Mapping[str, Offered],
    *,
    default_model: str = "",
) -> EditRequest:
    """Return the request of an `/edit` command.

    Without a default, the model is the catalogue's first that takes a video for this.
    """
    values = _values(EditRequest, given, offered) | {"video_url": clip_url(given, offered)}
    model = _named(given) or default_model or catalogue.first_that_edits(values["use"] or EDIT)
    return for_model(catalogue, EditRequest(**values | {"model": model}), model)


def operation_request(
    catalogue: Catalogue,
    request: type[OperationRequest],
    given: Given,
    offered: Mapping[str, Offered],
    *,
    default_model: str = "",
) -> OperationRequest:
    """Return the request of a command of the table of operations.

    Without a default, the model is the catalogue's first that makes this; where a member has to
    name it, a blank is no name.
    """
    values = _set(_values(request, given, offered))
    if any(option.field == "video_url" for option in options_of(request)):
        values["video_url"] = clip_url(given, offered)
    typed = values.get("model")
    if catalogue.operation_model(request.kind, str(typed)) is None:
        values = OPERATIONS[request.kind].read(values)
    model = str(values.get("model") or "").strip()
    if not model and not (typed is not None and _must_be_named(request)):
        model = default_model or catalogue.first_that_makes(request.kind)
    return for_model(catalogue, request(**values | {"model": model}), model)


def _must_be_named(request: type[OperationRequest]) -> bool:
    return any(option.field == "model" and option.required for option in options_of(request))


def _values(request: type[Request], given: Given, offered: Collection[str]) -> dict[str, Any]:
    return {option.field: _value(option, given, offered) for option in options_of(request)}


def _set(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was given: the rest is as the request has it."""
    return {name: value for name, value in values.items() if value is not None}


def _value(option: Option, given: Given, offered: Collection[str]) -> object:
    if option.file:
        attached = tuple(name for name in option.names if name in offered)
        return attached if option.is_list else bool(attached)
    value = given.get(option.name)
    return value if option.required or value != "" else None


def _named(given: Given) -> str:
    return (given.get("model") or "").strip()
