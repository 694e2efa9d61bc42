"""What a member asked for, already parsed: frozen, and the same after a trip through the database.

Fields the member did not set are None and are left out of the request to Kling.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from storage.job import Kind, Pack

IMAGE_OPTIONS: Final = ("image", *(f"image_{n}" for n in range(2, 11)))
"""The options of `/image` that take a picture, in order."""
DURATION_FACT: Final = "duration_s"
"""Under which name a stored sound says how long it lasts, in seconds."""
CITATION: Final = re.compile(r"<<<image_(\d{1,3})>>>")
"""How a prompt cites a picture of `image_list` (Kling's omni-image documentation)."""
CAMERA_AXES: Final = ("zoom", "pan", "tilt", "roll", "horizontal", "vertical")
CAMERA_PRESETS: Final = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")


class Route(enum.StrEnum):
    """Kling's routes, spelled as in its query paths."""

    TEXT2VIDEO = "videos/text2video"
    IMAGE2VIDEO = "videos/image2video"
    GENERATIONS = "images/generations"
    OMNI_IMAGE = "images/omni-image"
    LIP_SYNC = "videos/advanced-lip-sync"

    @property
    def pack(self) -> Pack:
        """Which pack of units and slots the route draws on."""
        return Pack.IMAGE if self.value.startswith("images/") else Pack.VIDEO


@dataclass(frozen=True, slots=True)
class Offered:
    """An attachment as Discord describes it, before anybody has looked at its bytes."""

    name: str
    """The option it came by."""
    filename: str
    url: str = field(repr=False)
    size_bytes: int
    content_type: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """`/video`: from words, or from a picture."""

    prompt: str
    model: str
    image: bool = False
    end_image: bool = False
    mode: str | None = None
    duration_s: int | None = None
    aspect_ratio: str | None = None
    negative_prompt: str | None = None
    cfg_scale: float | None = None
    camera: str | None = None
    camera_amount: float | None = None
    sound: bool | None = None

    kind = Kind.VIDEO

    @property
    def route(self) -> Route:
        """With a picture it is another route, which ignores the ratio: it follows the picture."""
        return Route.IMAGE2VIDEO if self.image else Route.TEXT2VIDEO

    @property
    def slots(self) -> int:
        """A clip takes one slot (Kling's concurrency rules)."""
        return 1


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """`/image`: from words, from one picture, or from several."""

    prompt: str
    model: str
    images: tuple[str, ...] = ()
    """The options that hold a picture, in order."""
    omni: bool = False
    """Goes to omni-image: an omni model, several pictures, or a citation."""
    aspect_ratio: str | None = None
    resolution: str | None = None
    n: int | None = None
    fidelity: float | None = None
    human_fidelity: float | None = None
    reference: str | None = None
    negative_prompt: str | None = None

    kind = Kind.IMAGE

    @property
    def route(self) -> Route:
        """Omni-image or the plain route, as decided when the command was parsed."""
        return Route.OMNI_IMAGE if self.omni else Route.GENERATIONS

    @property
    def slots(self) -> int:
        """An image task takes as many slots as pictures were asked for."""
        return self.n or 1


@dataclass(frozen=True, slots=True)
class LipSyncRequest:
    """`/lipsync`: a clip, a sound, and where the one goes on the other. Times are seconds."""

    video_url: str = field(default="", repr=False)
    """The clip's address: Kling fetches it. Signed, so `to_json` leaves it out: the job keeps it
    among its sources, which are emptied when it ends."""
    video_attached: bool = False
    start_s: float | None = None
    end_s: float | None = None
    insert_s: float | None = None
    volume: float | None = None
    original_volume: float | None = None
    prompt: str = ""
    model: str = "advanced-lip-sync"

    kind = Kind.LIPSYNC

    @property
    def route(self) -> Route:
        """The current lip-sync route (since 2025-09-15)."""
        return Route.LIP_SYNC

    @property
    def slots(self) -> int:
        """A clip takes one slot."""
        return 1


Request = VideoRequest | ImageRequest | LipSyncRequest
_TYPES: Final[Mapping[Kind, type[VideoRequest | ImageRequest | LipSyncRequest]]] = {
    Kind.VIDEO: VideoRequest,
    Kind.IMAGE: ImageRequest,
    Kind.LIPSYNC: LipSyncRequest,
}
_NOT_KEPT: Final = frozenset({"video_url"})


def to_json(request: Request) -> dict[str, Any]:
    """Return what the database keeps for as long as the job is remembered: nothing signed.

    `from_json` gives back an equal request, but for the address of a clip.
    """
    return {
        key: value
        for key, value in asdict(request).items()
        if value is not None and key not in _NOT_KEPT
    }


def from_json(kind: Kind, data: Mapping[str, Any]) -> Request:
    """Read a stored request; fields of a newer version are ignored."""
    wanted = _TYPES[kind]
    known = {f.name for f in fields(wanted)}
    values = {key: value for key, value in data.items() if key in known}
    if "images" in values:
        values["images"] = tuple(values["images"])
    return wanted(**values)


def cited_images(prompt: str) -> tuple[int, ...]:
    """Return the numbers of the pictures that the prompt cites, ascending, each once."""
    return tuple(sorted({int(number) for number in CITATION.findall(prompt)}))
