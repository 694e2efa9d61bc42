"""What a member asked for, parsed: frozen, and unchanged by a round trip through the database.

The annotated fields are the options of the commands (`bot/domain/options.py`). Fields the member
did not set are None and are left out of the request to Kling.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Final

from bot.domain import limits
from bot.domain.characters import Element
from bot.domain.edits import EditRequest
from bot.domain.every_request import EveryRequest
from bot.domain.lipsyncs import LipSyncRequest
from bot.domain.offered import Offered
from bot.domain.operations.avatar import AvatarRequest
from bot.domain.operations.character import CharacterRequest
from bot.domain.operations.effect import EffectRequest
from bot.domain.operations.expand import ExpandRequest
from bot.domain.operations.motion import MotionRequest
from bot.domain.operations.sound import SoundRequest
from bot.domain.operations.soundtrack import SoundtrackRequest
from bot.domain.operations.table import OPERATIONS
from bot.domain.options import Media, Option, Wire, declared, on_or_off
from bot.domain.routes import FROM_PICTURE, PLAIN_VIDEO, WITH_RATIO, Route, video_route
from bot.domain.storyboards import StoryboardRequest
from storage.job import Job, Kind

__all__ = [
    "CITATION",
    "DURATION_FACT",
    "IMAGE_OPTIONS",
    "MIDDLE_OPTIONS",
    "REFERENCE_OPTIONS",
    "REQUESTS",
    "AvatarRequest",
    "ByIdTaker",
    "CharacterRequest",
    "ClipRequest",
    "ClipTaker",
    "EditRequest",
    "EffectRequest",
    "ExpandRequest",
    "ImageRequest",
    "LipSyncRequest",
    "MotionRequest",
    "Offered",
    "OperationRequest",
    "Request",
    "Route",
    "SoundRequest",
    "SoundtrackRequest",
    "StoryboardRequest",
    "UrlTaker",
    "VideoRequest",
    "attached",
    "cited_images",
    "continued",
    "from_json",
    "needs_omni",
    "options_of",
    "to_json",
    "uses",
]

IMAGE_OPTIONS: Final = ("image", *(f"image_{n}" for n in range(2, 11)))
"""The options of `/image` that take an image, in order."""
MIDDLE_OPTIONS: Final = ("middle", "middle_2")
REFERENCE_OPTIONS: Final = ("reference", *(f"reference_{n}" for n in range(2, 8)))
"""The options of `/video` whose images the prompt can cite, in order."""
DURATION_FACT: Final = "duration_s"
"""The key under which stored audio has its length, in seconds."""
CITATION: Final = re.compile(r"<<<image_(\d{1,3})>>>")
"""How a prompt cites an image by its number (Kling's omni-image and omni-video documentation)."""


_PLAIN: Final = frozenset({Route.GENERATIONS})

Prompt = Annotated[str, Option(longest=limits.PROMPT_CHARACTERS_MAX, required=True, on_card=False)]
Model = Annotated[str, Option(wire=Wire("model_name"))]


@dataclass(frozen=True, slots=True)
class VideoRequest(EveryRequest):
    """`/video`: from a prompt, or from an image."""

    prompt: Prompt
    model: Model
    image: Annotated[bool, Option(file=Media.PICTURE, wire=Wire(routes=FROM_PICTURE))] = False
    end_image: Annotated[
        bool, Option(file=Media.PICTURE, wire=Wire("image_tail", routes=FROM_PICTURE))
    ] = False
    middle: Annotated[
        tuple[str, ...], Option(names=MIDDLE_OPTIONS, file=Media.PICTURE, wire=None)
    ] = ()
    """The options that hold an image between the first frame and the last, in order."""
    references: Annotated[
        tuple[str, ...], Option(names=REFERENCE_OPTIONS, file=Media.PICTURE, wire=None)
    ] = ()
    """The options that hold an image for the prompt to cite, in order."""
    mode: Annotated[str | None, Option(choices=limits.MODES)] = None
    duration_s: Annotated[int | None, Option(least=1, wire=Wire(encode=str))] = None
    aspect_ratio: Annotated[
        str | None, Option(choices=limits.VIDEO_RATIO_CHOICES, wire=Wire(routes=WITH_RATIO))
    ] = None
    negative_prompt: Annotated[
        str | None,
        Option(longest=limits.PROMPT_CHARACTERS_MAX, wire=Wire(routes=PLAIN_VIDEO)),
    ] = None
    cfg_scale: Annotated[
        float | None, Option(least=0.0, most=1.0, wire=Wire(routes=PLAIN_VIDEO))
    ] = None
    camera: Annotated[
        str | None, Option(choices=(*limits.CAMERA_AXES, *limits.CAMERA_PRESETS), wire=None)
    ] = None
    camera_amount: Annotated[
        float | None,
        Option(least=-limits.CAMERA_AMOUNT_MAX, most=limits.CAMERA_AMOUNT_MAX, wire=None),
    ] = None
    sound: Annotated[bool | None, Option(wire=Wire(encode=on_or_off))] = None
    newer: bool = False
    """Goes to the newer generation, because the model belongs to it."""
    omni: bool = False
    """Goes to omni-video: it has references, or the model is there only."""
    continues: tuple[str, ...] = ()
    """The jobs whose videos come before it, in order: it is joined to them. Its first frame is the
    last one of theirs, which is cut while the job is prepared."""
    earlier_s: int = 0
    """How long those are together."""
    elements: tuple[Element, ...] = ()
    """The characters that the prompt cites, in order."""

    kind = Kind.VIDEO

    @property
    def route(self) -> Route:
        """With an image it is another route, which ignores the ratio: the image decides it."""
        return video_route(image=self.image, newer=self.newer, omni=self.omni)

    @property
    def slots(self) -> int:
        """A video takes one slot (Kling's concurrency rules)."""
        return 1


@dataclass(frozen=True, slots=True)
class ImageRequest(EveryRequest):
    """`/image`: from a prompt, from one image, or from several."""

    prompt: Prompt
    model: Model
    images: Annotated[
        tuple[str, ...], Option(names=IMAGE_OPTIONS, file=Media.PICTURE, wire=None)
    ] = ()
    """The options that hold an image, in order."""
    omni: bool = False
    """Goes to omni-image: an omni model, several images, or a citation."""
    aspect_ratio: Annotated[
        str | None, Option(choices=(*limits.IMAGE_RATIOS, limits.AUTO_RATIO))
    ] = None
    resolution: Annotated[str | None, Option(choices=limits.RESOLUTIONS)] = None
    n: Annotated[int | None, Option(least=1, most=limits.COUNT_MAX)] = None
    series: Annotated[
        int | None, Option(least=limits.SERIES_MIN, most=limits.SERIES_MAX, wire=None)
    ] = None
    """So many images of one story, in order."""
    fidelity: Annotated[
        float | None, Option(least=0.0, most=1.0, wire=Wire("image_fidelity", routes=_PLAIN))
    ] = None
    human_fidelity: Annotated[
        float | None, Option(least=0.0, most=1.0, wire=Wire(routes=_PLAIN))
    ] = None
    reference: Annotated[
        str | None,
        Option(choices=limits.REFERENCES, wire=Wire("image_reference", routes=_PLAIN)),
    ] = None
    negative_prompt: Annotated[
        str | None, Option(longest=limits.PROMPT_CHARACTERS_MAX, wire=Wire(routes=_PLAIN))
    ] = None
    newer: bool = False
    """Goes to the newer generation, because the model belongs to it."""
    elements: tuple[Element, ...] = ()
    """The characters that the prompt cites, in order."""

    kind = Kind.IMAGE

    @property
    def count(self) -> int:
        """How many images it makes; of a series as many as were asked for."""
        return self.series or self.n or 1

    @property
    def route(self) -> Route:
        """Omni-image, the plain route or that of the newer generation, as the parser decided."""
        if self.newer:
            return Route.NEWER_IMAGE
        return Route.OMNI_IMAGE if self.omni else Route.GENERATIONS

    @property
    def slots(self) -> int:
        """An image task takes one slot for each image."""
        return self.count


ClipRequest = VideoRequest | StoryboardRequest
"""What the video models make."""
OperationRequest = (
    AvatarRequest
    | CharacterRequest
    | MotionRequest
    | EffectRequest
    | ExpandRequest
    | SoundRequest
    | SoundtrackRequest
)
"""What the table of operations makes (`bot/domain/operations/table.py`)."""
ByIdTaker = LipSyncRequest | SoundtrackRequest
"""What is made from a video that Kling fetches by its URL, or knows by its id."""
ClipTaker = EditRequest | MotionRequest | CharacterRequest | ByIdTaker
"""What is made from a video that Kling fetches by its URL."""
UrlTaker = EditRequest | MotionRequest | CharacterRequest
"""Of those, what Kling takes by a URL only."""
Request = ClipRequest | ClipTaker | ImageRequest | OperationRequest
REQUESTS: Final[Mapping[Kind, type[Request]]] = {
    Kind.VIDEO: VideoRequest,
    Kind.IMAGE: ImageRequest,
    Kind.LIPSYNC: LipSyncRequest,
    Kind.STORYBOARD: StoryboardRequest,
    Kind.EDIT: EditRequest,
    **{kind: operation.request for kind, operation in OPERATIONS.items()},
}
_OPTIONS: Final = {kind: declared(request) for kind, request in REQUESTS.items()}
_FIELDS: Final = {
    kind: tuple(field.name for field in fields(request)) for kind, request in REQUESTS.items()
}
_OF_OLD: Final[Mapping[Kind, dict[str, Any]]] = {Kind.LIPSYNC: {"audio": True}}
"""What rows of version 0.1.0 do not say: every lip-sync had audio then."""
_NOT_KEPT: Final = frozenset({"video_url"})
ELEMENTS: Final = "elements"
"""The field with the characters that are cited."""


def options_of(request: Request | type[Request]) -> tuple[Option, ...]:
    """Return the options of a request or of a kind of request, in the order of its fields."""
    return _OPTIONS[request.kind]


def uses(request: Request, option: Option) -> bool:
    """Tell whether an option has an effect: its route has it, and no first frame decides it."""
    decided = option.field == "aspect_ratio" and isinstance(request, ClipRequest) and request.image
    return option.reaches(request.route) and not decided


def attached(request: Request) -> tuple[str, ...]:
    """Return the options by which the request got its files."""
    found: list[str] = []
    for option in options_of(request):
        if option.file:
            given = getattr(request, option.field)
            found += given if option.is_list else option.names * given
    return tuple(found)


def to_json(request: Request) -> dict[str, Any]:
    """Return what the database keeps as long as the job: nothing signed.

    `from_json` returns an equal request, except for the URL of a video.
    """
    values = {name: getattr(request, name) for name in _FIELDS[request.kind]}
    if any(value and not isinstance(value, str | bool | int | float) for value in values.values()):
        values = asdict(request)  # copies what holds others, which takes ten times as long
    return {
        key: value for key, value in values.items() if value is not None and key not in _NOT_KEPT
    }


def from_json(kind: Kind, data: Mapping[str, Any]) -> Request:
    """Read a stored request; fields of a newer version are ignored."""
    stored = {key: value for key, value in data.items() if key in _FIELDS[kind]}
    lists = {key: tuple(value) for key, value in stored.items() if isinstance(value, list)}
    if ELEMENTS in lists:
        lists[ELEMENTS] = tuple(Element(*one) for one in lists[ELEMENTS])
    return REQUESTS[kind](**_OF_OLD.get(kind, {}) | stored | lists)


def continued(job: Job) -> tuple[str, ...]:
    """Return the jobs whose videos a job's own is joined to, in order; mostly there are none."""
    return tuple(job.request.get("continues", ()))


def needs_omni(prompt: str, images: Collection[str]) -> bool:
    """Tell whether only images/omni-image accepts this: several images, or a citation."""
    return len(images) > 1 or bool(cited_images(prompt))


def cited_images(prompt: str) -> tuple[int, ...]:
    """Return the numbers of the images that the prompt cites, ascending, each once."""
    return tuple(sorted({int(number) for number in CITATION.findall(prompt)}))
