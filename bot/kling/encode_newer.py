"""From a member's request to a body of Kling's newer generation.

Kling's documentation of that API (2026-09), and for 4.0 the schemas of its resellers (2026-10).
Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE, VideoModel
from bot.domain.characters import element_contents
from bot.domain.limits import NEWER_RESOLUTIONS
from bot.domain.requests import ClipRequest, StoryboardRequest
from bot.domain.shot_text import shots_text
from bot.kling.encode import DEFAULT_RATIO

REFERENCE: Final = "refer_image"
FIRST: Final = "image"
LAST: Final = "end_image"
Body = dict[str, Any]


def encode_newer(
    request: ClipRequest,
    model: VideoModel | None,
    *,
    external_id: str | None,
    inputs: Mapping[str, str],
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create; None as the id: the model takes none, and no callback.

    `inputs` holds what stands for each image, by its option; a missing one is a KeyError.
    """
    body: Body = {"settings": _settings(request, model)}
    if request.image or request.omni or request.elements:
        body["contents"] = _contents(request, inputs)
    else:
        body["prompt"] = _words(request)
    if said := options(external_id, callback_url):
        body["options"] = said
    return to_json(body)


def options(external_id: str | None, callback_url: str | None) -> Body:
    """Return our id and where Kling calls back; both or neither, as the model takes ids."""
    if external_id is None:
        return {}
    return {"external_task_id": external_id} | (
        {"callback_url": callback_url} if callback_url else {}
    )


def _settings(request: ClipRequest, model: VideoModel | None) -> Body:
    """Resolution and length are always said: some models require them, and defaults differ."""
    mode = request.mode or DEFAULT_MODE
    duration_s = DEFAULT_DURATION_S if request.duration_s is None else request.duration_s
    settings: Body = {"resolution": NEWER_RESOLUTIONS.get(mode, mode), "duration": duration_s}
    if ratio := _ratio(request, model):
        settings["aspect_ratio"] = ratio
    switched = model is None or bool(model.sound_modes)
    if request.sound and not (model and model.always_sounds):
        settings["audio"] = "native"
    elif request.sound is False and switched:
        settings["audio"] = "off"
    if isinstance(request, StoryboardRequest):
        settings["multi_shot"] = True
    elif model is not None and model.shots_max:
        settings["multi_shot"] = False  # Kling's default here is true
    return settings


def _ratio(request: ClipRequest, model: VideoModel | None) -> str | None:
    """A first frame decides it; some models want to be told where there is none."""
    if request.image:
        return None
    needed = request.omni if model is None else model.ratio_needed
    return request.aspect_ratio or (DEFAULT_RATIO if needed else None)


def _words(request: ClipRequest) -> str:
    if isinstance(request, StoryboardRequest):
        return shots_text(request.shots)
    return request.prompt


def _contents(request: ClipRequest, inputs: Mapping[str, str]) -> list[Body]:
    """The words, the references in order, then the frames in the order in which they are seen.

    References come first, so that their numbers are the same if frames are counted too.
    """
    frames = [("first_frame", FIRST)] * request.image
    if not isinstance(request, StoryboardRequest):
        frames = [(REFERENCE, name) for name in request.references] + frames
        frames += [("middle_frame", name) for name in request.middle]
        frames += [("last_frame", LAST)] * request.end_image
    words: list[Body] = [{"type": "prompt", "text": _words(request)}]
    words += element_contents(request.elements)
    return words + [{"type": kind, "url": inputs[name]} for kind, name in frames]
