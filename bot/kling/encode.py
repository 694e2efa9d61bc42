"""From a member's request to Kling's body, field by field; both dialects.

Pure, but for large pictures slow: base64 and JSON of many megabytes belong in a thread. A field
that the member did not set is not in the body, except `model_name`, which always is.
"""

import base64
from collections.abc import Mapping

from bot.domain.requests import (
    CAMERA_AXES,
    ImageRequest,
    LipSyncRequest,
    Request,
    Route,
    VideoRequest,
)
from bot.kling import wire
from bot.kling.dialects import Dialect
from bot.kling.tasks import LipSyncChoice

FIRST_PICTURE = "image"
LAST_PICTURE = "end_image"
SOUND = "audio"


def encode(
    request: Request,
    dialect: Dialect,
    *,
    external_id: str,
    inputs: Mapping[str, bytes],
    choice: LipSyncChoice | None = None,
    callback_url: str | None = None,
) -> wire.Create:
    """Return the body that orders this request.

    `inputs` holds the bytes of each picture and sound by the option it came by. A lip-sync needs a
    `choice`; a missing input is a KeyError, a missing choice a ValueError: both are our own faults.
    """
    order = {"external_task_id": external_id, "callback_url": callback_url}
    match request:
        case VideoRequest():
            return _video(request, inputs, order)
        case ImageRequest():
            return _image(request, dialect, inputs, order)
        case LipSyncRequest():
            if choice is None:
                raise ValueError("a lip-sync needs a face")
            return _lip_sync(request, choice, inputs, order)


def _video(
    request: VideoRequest, inputs: Mapping[str, bytes], order: Mapping[str, str | None]
) -> wire.TextToVideo | wire.ImageToVideo:
    fields = {
        **order,
        "model_name": request.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "cfg_scale": request.cfg_scale,
        "mode": request.mode,
        "duration": None if request.duration_s is None else str(request.duration_s),
        "camera_control": _camera(request),
        "sound": None if request.sound is None else "on" if request.sound else "off",
    }
    if request.route is Route.TEXT2VIDEO:
        return wire.TextToVideo.model_validate(fields | {"aspect_ratio": request.aspect_ratio})
    pictures = {
        "image": _base64(inputs[FIRST_PICTURE]),
        "image_tail": _base64(inputs[LAST_PICTURE]) if request.end_image else None,
    }
    return wire.ImageToVideo.model_validate(fields | pictures)


def _camera(request: VideoRequest) -> wire.CameraControl | None:
    if request.camera is None:
        return None
    if request.camera not in CAMERA_AXES:
        return wire.CameraControl(type=request.camera)
    config = wire.CameraConfig.model_validate({request.camera: request.camera_amount})
    return wire.CameraControl(type="simple", config=config)


def _image(
    request: ImageRequest,
    dialect: Dialect,
    inputs: Mapping[str, bytes],
    order: Mapping[str, str | None],
) -> wire.Generations | wire.OmniImage:
    fields = {
        **order,
        "model_name": request.model,
        "prompt": request.prompt,
        "resolution": request.resolution,
        "n": request.n,
        "aspect_ratio": request.aspect_ratio,
    }
    pictures = [_base64(inputs[name]) for name in request.images]
    if request.route is Route.OMNI_IMAGE:
        listed = tuple(
            picture if dialect is Dialect.GATEWAY else wire.ListedImage(image=picture)
            for picture in pictures
        )
        return wire.OmniImage.model_validate(fields | {"image_list": listed or None})
    more = {
        "negative_prompt": request.negative_prompt,
        "image": pictures[0] if pictures else None,
        "image_reference": request.reference,
        "image_fidelity": request.fidelity,
        "human_fidelity": request.human_fidelity,
    }
    return wire.Generations.model_validate(fields | more)


def _lip_sync(
    request: LipSyncRequest,
    choice: LipSyncChoice,
    inputs: Mapping[str, bytes],
    order: Mapping[str, str | None],
) -> wire.LipSync:
    face = wire.FaceChoice(
        face_id=choice.face_id,
        sound_file=_base64(inputs[SOUND]),
        sound_start_time=choice.sound_start_ms,
        sound_end_time=choice.sound_end_ms,
        sound_insert_time=choice.sound_insert_ms,
        sound_volume=request.volume,
        original_audio_volume=request.original_volume,
    )
    return wire.LipSync.model_validate(
        {**order, "session_id": choice.session_id, "face_choose": (face,)}
    )


def _base64(data: bytes) -> str:
    """Raw: Kling refuses a `data:` prefix (Kling's API documentation, 2026-09)."""
    return base64.b64encode(data).decode("ascii")
