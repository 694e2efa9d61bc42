"""From a member's request to Kling's body, field by field; both dialects.

Most fields are as their options declare them (`bot/domain/requests.py`); only combinations of
options are handled here. Pure: files are not handled, but what stands for each in the JSON
(`bot.kling.bodies`). A field that the member did not set is not in the body, except `model_name`,
which always is.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from bot.domain.catalogue.model import DEFAULT_MODE
from bot.domain.characters import element_list
from bot.domain.limits import CAMERA_AXES
from bot.domain.options import Takes
from bot.domain.requests import (
    ClipRequest,
    ImageRequest,
    LipSyncRequest,
    Request,
    Route,
    StoryboardRequest,
    VideoRequest,
    options_of,
    uses,
)
from bot.kling.dialects import Dialect
from bot.kling.tasks import LipSyncChoice

SOUND = "audio"
DEFAULT_RATIO: Final = "16:9"
"""Sent where Kling wants a ratio and the member named none: its default elsewhere."""
Body = dict[str, Any]


def encode(
    request: ClipRequest | ImageRequest | LipSyncRequest,
    dialect: Dialect,
    *,
    external_id: str,
    inputs: Mapping[str, str],
    choice: LipSyncChoice | None = None,
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create for this request.

    `inputs` holds what stands for each image and audio file, by its option. A lip-sync needs a
    `choice`. A missing input is a KeyError, a missing choice or an unencodable text a ValueError:
    all of them are programming errors.
    """
    body = {"external_task_id": external_id}
    if callback_url is not None:
        body["callback_url"] = callback_url
    fields = fields_of(request, inputs)
    match request:
        case VideoRequest():
            listed = _listed(request, inputs) | element_list(request.elements)
            return to_json(body | fields | _camera(request) | listed)
        case StoryboardRequest():
            return to_json(body | fields | _shots(request) | element_list(request.elements))
        case ImageRequest():
            pictures = _pictures(request, dialect, inputs) | element_list(request.elements)
            return to_json(body | fields | pictures)
        case LipSyncRequest():
            if choice is None:
                raise ValueError("a lip-sync needs a face")
            return to_json(body | _face(choice, inputs, fields))


def encode_clip(*, video_url: str | None, video_id: str | None) -> bytes:
    """Return the JSON that asks for the faces of a video, given by its URL or by Kling's id.

    ValueError if it is given in both ways, or in neither.
    """
    if bool(video_url) == bool(video_id):
        raise ValueError("a clip has an address or an id, not both")
    return to_json({"video_url": video_url} if video_url else {"video_id": video_id})


def encode_speech(text: str, *, voice_id: str, language: str, speed: float | None) -> bytes:
    """Return the JSON that has words spoken."""
    said: Body = {"text": text, "voice_id": voice_id, "voice_language": language}
    return to_json(said if speed is None else said | {"voice_speed": round(speed, 1)})


def fields_of(request: Request, inputs: Mapping[str, str]) -> Body:
    """Return the fields of single options that were set and that the route has."""
    fields: Body = {}
    for option in options_of(request):
        value = getattr(request, option.field)
        if value is None or not option.wire or not uses(request, option):
            continue
        if option.wire.encode:
            value = option.wire.encode(value)
        elif option.takes is Takes.NUMBER:
            value = float(value)
        elif option.file:
            value = inputs[option.name] if value else None
        if value is not None:
            fields[option.wire_field] = value
    return fields


def _listed(request: VideoRequest, inputs: Mapping[str, str]) -> Body:
    """Omni-video has one list for references and frames: references first, so that citations hold.

    Its default mode is `pro`, and without a first frame it wants the ratio: both are always said.
    """
    if request.route is not Route.LEGACY_OMNI_VIDEO:
        return {}
    said: Body = {"mode": request.mode or DEFAULT_MODE}
    if not request.image:
        said["aspect_ratio"] = request.aspect_ratio or DEFAULT_RATIO
    images: list[Body] = [{"image_url": inputs[name]} for name in request.references]
    ends = [("image", "first_frame")] * request.image
    ends += [("end_image", "end_frame")] * request.end_image
    images += [{"image_url": inputs[name], "type": kind} for name, kind in ends]
    return said | ({"image_list": images} if images else {})


def _camera(request: VideoRequest) -> Body:
    """An axis moves by the amount; a preset needs none."""
    if request.camera is None:
        return {}
    if request.camera not in CAMERA_AXES:
        return {"camera_control": {"type": request.camera}}
    config = {request.camera: float(request.camera_amount or 0)}
    return {"camera_control": {"type": "simple", "config": config}}


def _shots(request: StoryboardRequest) -> Body:
    """Shots replace the prompt; without `multi_shot` Kling would ignore them."""
    shots = [
        {"index": shot.number, "prompt": shot.words, "duration": str(shot.seconds)}
        for shot in request.shots
    ]
    return {
        "duration": str(request.duration_s),
        "multi_shot": True,
        "shot_type": "customize",
        "multi_prompt": shots,
    }


def _pictures(request: ImageRequest, dialect: Dialect, inputs: Mapping[str, str]) -> Body:
    """Omni-image takes a list in the order of the citations: of objects, a gateway of strings."""
    pictures = [inputs[name] for name in request.images]
    series: Body = {}
    if request.series is not None:
        series = {"result_type": "series", "series_amount": request.series}
    if not pictures:
        return series
    if request.route is not Route.OMNI_IMAGE:
        return series | {"image": pictures[0]}
    if dialect is Dialect.GATEWAY:
        return series | {"image_list": pictures}
    return series | {"image_list": [{"image": picture} for picture in pictures]}


def _face(choice: LipSyncChoice, inputs: Mapping[str, str], volumes: Body) -> Body:
    """Kling takes exactly one face; times are milliseconds."""
    sound: Body = {"audio_id": choice.audio_id}
    if not choice.audio_id:
        sound = {"sound_file": inputs[SOUND]}
    face: Body = {
        "face_id": choice.face_id,
        **sound,
        "sound_start_time": choice.sound_start_ms,
        "sound_end_time": choice.sound_end_ms,
        "sound_insert_time": choice.sound_insert_ms,
    }
    return {"session_id": choice.session_id, "face_choose": [face | volumes]}
