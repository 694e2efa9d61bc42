"""From an edit to Kling's body, in both generations: a video by its URL, images, and words.

Kling's API documentation of omni-video and of its newer API (2026-09), and for 4.0 the schemas of
its resellers (2026-10). Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from bot.domain.catalogue.edit_model import EditModel
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.characters import element_contents, element_list
from bot.domain.edits import EDIT, REFERENCE
from bot.domain.limits import NEWER_RESOLUTIONS
from bot.domain.requests import EditRequest
from bot.kling.encode import DEFAULT_RATIO
from bot.kling.encode_newer import REFERENCE as REFERENCE_IMAGE
from bot.kling.encode_newer import options

LEGACY_USES: Final = {EDIT: "base", REFERENCE: "feature"}
NEWER_USES: Final = {EDIT: "base_video", REFERENCE: "feature_video"}
Body = dict[str, Any]


def encode_edit(
    request: EditRequest,
    model: EditModel | None,
    *,
    external_id: str | None,
    inputs: Mapping[str, str],
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create; None as the id: the model takes none, and no callback.

    `inputs` holds what stands for each image, by its option; a missing one is a KeyError, a missing
    URL a ValueError.
    """
    if not request.video_url:
        raise ValueError("an edit needs the URL of its video")
    said = options(external_id, callback_url)
    if not request.newer:
        return to_json(_legacy(request, inputs) | said)
    body = _newer(request, model, inputs)
    return to_json(body | ({"options": said} if said else {}))


def _legacy(request: EditRequest, inputs: Mapping[str, str]) -> Body:
    """Return what is about an edit in a body of videos/omni-video.

    The mode is always said, because Kling's default is `pro` there; and so is the sound.
    """
    video = {
        "video_url": request.video_url,
        "refer_type": LEGACY_USES[request.used],
        "keep_original_sound": "yes" if request.keeps else "no",
    }
    body: Body = {
        "model_name": request.model,
        "prompt": request.prompt,
        "mode": request.mode or DEFAULT_MODE,
        "video_list": [video],
    }
    if request.images:
        pictures = [inputs[name] for name in request.images]
        body["image_list"] = [{"image_url": picture} for picture in pictures]
    body |= element_list(request.elements)
    if request.is_reference:
        body["duration"] = str(request.duration_s or DEFAULT_DURATION_S)
        body["aspect_ratio"] = request.aspect_ratio or DEFAULT_RATIO
    return body


def _newer(request: EditRequest, model: EditModel | None, inputs: Mapping[str, str]) -> Body:
    """Return what is about an edit in a body of omni-video of the newer generation."""
    contents: list[Body] = [
        {"type": "prompt", "text": request.prompt},
        {"type": NEWER_USES[request.used], "url": request.video_url},
    ]
    contents += [{"type": REFERENCE_IMAGE, "url": inputs[name]} for name in request.images]
    contents += element_contents(request.elements)
    return {"contents": contents, "settings": _settings(request, model)}


def _settings(request: EditRequest, model: EditModel | None) -> Body:
    """An edit keeps length and ratio of its video, so they are said of a new video only."""
    mode = request.mode or DEFAULT_MODE
    settings: Body = {"resolution": NEWER_RESOLUTIONS.get(mode, mode)}
    if request.is_reference:
        settings["duration"] = request.duration_s or DEFAULT_DURATION_S
        if request.aspect_ratio is not None:
            settings["aspect_ratio"] = request.aspect_ratio
    if request.keeps:
        settings["audio"] = "original"
    elif model is not None and not model.always_sounds:
        settings["audio"] = "off"
    if model is not None and model.multi_shot:
        settings["multi_shot"] = request.is_reference  # Kling's rules for each kind of video
    return settings
