"""What an accepted create asked for, in the terms of the code that draws and bills it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Product(StrEnum):
    """A route that makes tasks; the value is its path, below `/v1/` for the legacy generation."""

    TEXT2VIDEO = "videos/text2video"
    IMAGE2VIDEO = "videos/image2video"
    GENERATIONS = "images/generations"
    OMNI_IMAGE = "images/omni-image"
    LIP_SYNC = "videos/advanced-lip-sync"
    LEGACY_OMNI_VIDEO = "videos/omni-video"
    MOTION = "videos/motion-control"
    AVATAR = "videos/avatar/image2video"
    EFFECTS = "videos/effects"
    EXPAND = "images/editing/expand"
    TEXT_TO_AUDIO = "audio/text-to-audio"
    VIDEO_TO_AUDIO = "audio/video-to-audio"
    MULTI_IMAGE_TO_VIDEO = "videos/multi-image2video"
    VIDEO_EXTEND = "videos/video-extend"
    MULTI_IMAGE_TO_IMAGE = "images/multi-image2image"
    TRY_ON = "images/kolors-virtual-try-on"
    ELEMENTS = "general/advanced-custom-elements"
    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"
    OMNI_VIDEO = "omni-video"
    NEWER_MOTION = "motion-control"
    NEWER_IMAGE = "omni-image"

    @property
    def pack(self) -> str:
        """Which pack pays, `video`, `image` or `try-on`: they are never added up."""
        if self is Product.TRY_ON:
            return "try-on"
        is_image = self.value.startswith("images/") or self is Product.NEWER_IMAGE
        return "image" if is_image else "video"

    @property
    def newer(self) -> bool:
        """Whether it belongs to the newer generation, whose models are part of the path."""
        return "/" not in self.value

    @property
    def creates(self) -> str:
        """The path of its creates, as a pattern where the model follows."""
        return f"/{self.value}/*" if self.newer else f"/v1/{self.value}"


@dataclass(frozen=True)
class PictureDrawing:
    """`count` pictures of `size` pixels: the prompt painted, with the source pictures in it."""

    prompt: str
    size: tuple[int, int]
    count: int = 1
    sources: tuple[bytes, ...] = ()
    lettered: str = ""
    """The prompt with the names of the elements that it cites; empty: as it is."""


@dataclass(frozen=True)
class Shot:
    """A part of a clip with words of its own."""

    words: str
    seconds: int


@dataclass(frozen=True)
class ClipDrawing:
    """A clip of `seconds`: the first picture moving (towards the last), or the prompt painted."""

    prompt: str
    size: tuple[int, int]
    seconds: int
    first: bytes | None = None
    middle: tuple[bytes, ...] = ()
    """Shown on the way from the first to the last, evenly spread."""
    last: bytes | None = None
    references: tuple[bytes, ...] = ()
    """Shown in their order, between the first and the last."""
    sound: bool = False
    shots: tuple[Shot, ...] = ()
    """Each is painted from its own words for its own length, one after the other."""


@dataclass(frozen=True)
class Remake:
    """A clip made from `clip`: of its own frames where it `edits` it, else after its example."""

    prompt: str
    clip: bytes
    size: tuple[int, int]
    ms: int
    edits: bool
    sound: str
    """`original`, `native` or `off`."""
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Dub:
    """A clip with the part `start_ms` to `end_ms` of a sound put on it at `insert_ms`."""

    clip: bytes
    clip_ms: int
    sound: bytes
    start_ms: int
    end_ms: int
    insert_ms: int
    volume: float
    original_volume: float
    parent: "Parent"


@dataclass(frozen=True)
class Parent:
    """The clip that another one was made from: its id, its address, its length."""

    id: str
    url: str
    ms: int


@dataclass(frozen=True)
class Made:
    """Results that are made by a function; `given` is what they are made from."""

    make: Callable[[int, int], bytes]
    """Takes the number of a result, and of how many frames the first stands for all."""
    kind: str
    """The extension of their files: `mp4`, `png`, or `mp3`, of which number 1 is a WAV."""
    ms: int | None = None
    """The length of a video or sound; None: Kling does not say it of this product."""
    count: int = 1
    given: tuple[bytes, ...] = ()
    parent: Parent | None = None
    mode: str = ""
    """In which it is made on; empty: it has none."""
    with_sound: bool = False
    """A clip whose sound is a result of its own: number 1 is an MP3, 2 a WAV."""


@dataclass(frozen=True)
class ElementMade:
    """Somebody or something that looks the same in many results; there is no file of it."""

    name: str
    words: str
    looks: tuple[bytes, ...]
    of_clip: bool


@dataclass(frozen=True)
class Order:
    """One accepted create: what is drawn, by which model, its price and the slots it takes."""

    product: Product
    model: str
    prompt: str
    units: Decimal
    slots: int
    drawing: PictureDrawing | ClipDrawing | Remake | Dub | Made | ElementMade
    series: bool = False
