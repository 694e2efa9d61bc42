"""What callers of the gateway may send, and what is sent to Kling instead.

Callers of such gateways write images as plain strings, put `data:` in front of base64, and leave
unused fields as `""` or null. Kling accepts none of that: `data:` prefixes are removed, listed
images become objects, and a field that is unset, null or empty is left out instead of being sent
with a default, because many models refuse fields they do not support. Fields of Kling's own API
(documentation of 2026-09) pass through; others are dropped. What a model supports is left to Kling.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, LiteralString, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError, from_json

from bot.domain.limits import PROMPT_CHARACTERS_MAX
from bot.errors import UrlRefused
from bot.media.guard import check_written

PUBLIC_ONLY: Final = "public_only"
EXTERNAL_ID: Final = "external_task_id"
SCHEME_CHARACTERS_MAX: Final = 32
WHY: Final[Mapping[str, LiteralString]] = {
    "scheme": "must begin with https:// or http://",
    "userinfo": "must not contain a user name or a password",
    "host": "has no valid host name",
    "private": "points to a private network, which Kling cannot reach",
}
CAMERA_MIN: Final = -10.0
CAMERA_MAX: Final = 10.0
ECHO_MAX_CHARACTERS: Final = 64
"""Longer values, such as images, are shown by their length if a refusal repeats them."""
ECHO_MAX_ITEMS: Final = 16


class BodyRefused(Exception):
    """The body is invalid for the route; `problems` are `{type, loc, msg, input}`, all of them."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def _without_prefix(text: str) -> str:
    is_data_url = text[:5].lower() == "data:"
    return text.partition(",")[2] if is_data_url and "," in text else text


def _as_object(item: object) -> object:
    return {"image": item} if isinstance(item, str) else item


def _address(text: str, info: ValidationInfo) -> str:
    """Accept a URL that an upstream may fetch or call.

    It is judged as written; where its name points is the upstream's responsibility.
    """
    public_only = bool((info.context or {}).get(PUBLIC_ONLY))
    try:
        check_written(text, public_only=public_only)
    except UrlRefused as refused:
        raise PydanticCustomError("url", WHY[refused.reason]) from None
    return text


def _address_or_base64(text: str, info: ValidationInfo) -> str:
    return _address(text, info) if ":" in text[:SCHEME_CHARACTERS_MAX] else text


Address = Annotated[str, AfterValidator(_address)]
File = Annotated[str, AfterValidator(_without_prefix), AfterValidator(_address_or_base64)]
"""A URL, or base64, which has no colon."""
Prompt = Annotated[str, Field(max_length=PROMPT_CHARACTERS_MAX)]
Ratio = Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"]
Axis = Annotated[float, Field(ge=CAMERA_MIN, le=CAMERA_MAX)]
Objects = list[dict[str, Any]]


class Body(BaseModel):
    """A JSON object of which only known fields are kept."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _unsaid(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None and value != ""}


class Order(Body):
    """What every create may have."""

    callback_url: Address = ""
    external_task_id: str = ""
    watermark_info: dict[str, Any] = {}


class CameraConfig(Body):
    """How far the camera moves along each axis."""

    horizontal: Axis = 0.0
    vertical: Axis = 0.0
    pan: Axis = 0.0
    tilt: Axis = 0.0
    roll: Axis = 0.0
    zoom: Axis = 0.0


class CameraControl(Body):
    """A move of the camera."""

    type: Literal["simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward"]
    config: CameraConfig | None = None

    @model_validator(mode="after")
    def _simple_needs_an_axis(self) -> Self:
        if self.type == "simple" and not (self.config and any(value for _, value in self.config)):
            raise PydanticCustomError("camera_config", "simple needs a config with one axis set")
        return self


class _Video(Order):
    model_name: str = ""
    negative_prompt: Prompt = ""
    cfg_scale: float = 0.0
    mode: Literal["std", "pro", "4k"] = "std"
    sound: Literal["on", "off"] = "off"
    duration: str = ""
    camera_control: CameraControl | None = None
    multi_shot: bool = False
    shot_type: str = ""
    multi_prompt: Objects = []
    element_list: Objects = []
    voice_list: Objects = []


class TextToVideo(_Video):
    """Body of text2video."""

    prompt: Prompt = ""
    aspect_ratio: Ratio = "16:9"

    @model_validator(mode="after")
    def _needs_words(self) -> Self:
        if not self.prompt and not self.multi_shot:
            raise PydanticCustomError("missing", "Field required: prompt")
        return self


class Mask(Body):
    """A region that moves."""

    mask: File
    trajectories: Objects = []


class ImageToVideo(_Video):
    """Body of image2video; `aspect_ratio` is dropped, because Kling follows the image."""

    image: File = ""
    image_tail: File = ""
    prompt: str = ""
    static_mask: File = ""
    dynamic_masks: list[Mask] = []

    @model_validator(mode="after")
    def _needs_a_picture(self) -> Self:
        if not self.image and not self.image_tail:
            raise PydanticCustomError("missing", "Field required: image (or image_tail)")
        return self


class Generations(Order):
    """Body of images/generations."""

    model_name: str = ""
    prompt: Prompt
    negative_prompt: Prompt = ""
    image: File = ""
    image_reference: str = ""
    image_fidelity: float = 0.0
    human_fidelity: float = 0.0
    element_list: Objects = []
    resolution: str = ""
    n: int = 1
    aspect_ratio: Ratio = "16:9"


class ListedImage(Body):
    """An image of a list."""

    image: File


class OmniImage(Order):
    """Body of omni-image; each image is a plain string or an object."""

    model_name: str = ""
    prompt: Prompt
    image_list: list[Annotated[ListedImage, BeforeValidator(_as_object)]] = []
    element_list: Objects = []
    resolution: str = ""
    result_type: str = ""
    n: int = 1
    series_amount: int | str = 1
    aspect_ratio: Ratio = "auto"


class IdentifyFace(Body):
    """Body of identify-face: a video by its id or by its URL."""

    video_id: str = ""
    video_url: Address = ""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if bool(self.video_id) == bool(self.video_url):
            raise PydanticCustomError("one_of", "Exactly one of video_id and video_url is required")
        return self


class FaceChoice(Body):
    """Which face speaks what; times are milliseconds."""

    face_id: str
    audio_id: str = ""
    sound_file: File = ""
    sound_start_time: int
    sound_end_time: int
    sound_insert_time: int
    sound_volume: float = 1.0
    original_audio_volume: float = 1.0


class LipSync(Order):
    """Body of the lip-sync's create-task."""

    session_id: str
    face_choose: Annotated[list[FaceChoice], Field(min_length=1)]


def translate(
    kind: type[Body], raw: bytes, *, public_only: bool = False, external_id: str = ""
) -> bytes:
    """Return the body for Kling; raise BodyRefused with all problems.

    With `public_only`, URLs in it must be public as written. An `external_id` becomes that of the
    order, unless the body has one.

    Slow for bodies of many megabytes: call it in a thread.
    """
    try:
        data = from_json(raw, allow_inf_nan=False)
    except ValueError:
        problem = {"type": "json_invalid", "loc": ["body"], "msg": "not JSON", "input": {}}
        raise BodyRefused([problem]) from None
    try:
        if external_id and isinstance(data, dict) and not data.get(EXTERNAL_ID):
            data |= {EXTERNAL_ID: external_id}
        body = kind.model_validate(data, context={PUBLIC_ONLY: public_only})
        return body.model_dump_json(exclude_unset=True).encode()
    except ValidationError as error:
        problems = [
            {
                "type": problem["type"],
                "loc": ["body", *problem["loc"]],
                "msg": problem["msg"],
                "input": _echo(problem["input"]),
            }
            for problem in error.errors(include_url=False, include_context=False)
        ]
        raise BodyRefused(problems) from None


def _echo(value: object, depth: int = 2) -> object:
    """Repeat the input briefly: never an image, never a whole body."""
    match value:
        case str() if len(value) > ECHO_MAX_CHARACTERS:
            return f"<{len(value)} characters>"
        case dict() if depth:
            shown = list(value.items())[:ECHO_MAX_ITEMS]
            return {_echo(str(key)): _echo(item, depth - 1) for key, item in shown}
        case list() if depth:
            return [_echo(item, depth - 1) for item in value[:ECHO_MAX_ITEMS]]
        case dict() | list():
            return f"<{len(value)} items>"
        case str() | bool() | int() | float() | None:
            return value
    return f"<{type(value).__name__}>"
