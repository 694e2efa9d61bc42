"""What each model of the newer generation supports and costs: data of this world.

Sources: Kling's documentation of the newer API and its price table (2026-09); for the 4.0 family
the schemas and list prices of its resellers (2026-10 and 2026-11): 4.0 at $0.157 and $0.235, Flash
at $0.094 a second, in units of $0.14.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.kling.elements import NO_CAST, Cast

RATIOS: Final = ("16:9", "9:16", "1:1")
IMAGE_RATIOS: Final = (*RATIOS, "2:3", "3:4", "4:3", "3:2", "21:9")
SHORT: Final = (5, 10)


def span(first: int, last: int) -> tuple[int, ...]:
    """Return every whole number of seconds from first to last."""
    return tuple(range(first, last + 1))


@dataclass(frozen=True)
class NewerModel:
    """One video model; prices are units a second by `resolution`."""

    per_s: Mapping[str, str]
    durations: tuple[int, ...] = SHORT
    text: bool = True
    image: bool = True
    ratios: tuple[str, ...] = RATIOS
    sound_per_s: Mapping[str, str] = field(default_factory=dict)
    """Where `audio: native` can be asked for, and its price."""
    always_sounds: bool = False
    """It has no `audio` field, and every clip has a track."""
    last: tuple[str, ...] = ()
    """Resolutions in which a last frame may follow the first."""
    middle_max: int = 0
    multi_shot: bool = False
    """It has the field `multi_shot`, whose default is true."""
    omni: bool = False
    """It is on the path `omni-video`; there only, where it is neither `text` nor `image`."""
    refer_max: int = 0
    """`refer_image` contents of one clip."""
    omni_frames: bool = False
    """On `omni-video` it takes a first and a last frame, too."""
    frames_beside: int = 0
    """How many of first and last frame may stand beside `refer_image`."""
    bare_durations: tuple[int, ...] = ()
    """Lengths without `refer_image`, where they are fewer."""
    ratio_required: bool = False
    """Without a first frame, `aspect_ratio` has no default."""
    prompt_max: int = 2500
    cast: Cast = NO_CAST
    """Elements among its `contents`."""
    takes_ids: bool = True
    """`external_task_id` and `callback_url` are fields it knows."""


NEWER: Final = {
    "kling-4.0": NewerModel(
        {"720p": "1.12", "1080p": "1.68"},
        durations=span(3, 30),
        ratios=(*RATIOS, "21:9"),
        always_sounds=True,
        last=("720p", "1080p"),
        middle_max=8,
        omni=True,
        refer_max=10,
        cast=Cast(7, together=15, first=0, both=0),
        prompt_max=26_000,
        takes_ids=False,
    ),
    "kling-4.0-flash": NewerModel(
        {"720p": "0.67"},
        durations=span(3, 20),
        ratios=(*RATIOS, "21:9", "4:3", "3:4"),
        always_sounds=True,
        prompt_max=26_000,
        takes_ids=False,
    ),
    "kling-3.0-turbo": NewerModel(
        {"720p": "0.8", "1080p": "1.0"},
        durations=span(3, 15),
        always_sounds=True,
        prompt_max=3072,
    ),
    "kling-3.0": NewerModel(
        {"720p": "0.6", "1080p": "0.8", "4k": "3.0"},
        durations=span(3, 15),
        sound_per_s={"720p": "0.9", "1080p": "1.2", "4k": "3.0"},
        last=("720p", "1080p", "4k"),
        multi_shot=True,
        cast=Cast(3),
        prompt_max=3072,
    ),
    "kling-3.0-omni": NewerModel(
        {"720p": "0.6", "1080p": "0.8", "4k": "3.0"},
        durations=span(3, 15),
        text=False,
        image=False,
        sound_per_s={"720p": "0.8", "1080p": "1.0", "4k": "3.0"},
        last=("720p", "1080p", "4k"),
        multi_shot=True,
        omni=True,
        refer_max=7,
        omni_frames=True,
        frames_beside=2,
        cast=Cast(7, together=7, first=3, both=3, clips=3, mixed=4),
        ratio_required=True,
    ),
    "kling-o1": NewerModel(
        {"720p": "0.6", "1080p": "0.8"},
        durations=span(3, 10),
        text=False,
        image=False,
        last=("720p", "1080p"),
        omni=True,
        refer_max=7,
        omni_frames=True,
        frames_beside=1,
        cast=Cast(7, together=7, both=0, clips=0),
        bare_durations=SHORT,
        ratio_required=True,
    ),
    "kling-2.6": NewerModel(
        {"720p": "0.3", "1080p": "0.5"}, sound_per_s={"1080p": "1.0"}, last=("1080p",)
    ),
    "kling-2.5-turbo": NewerModel({"720p": "0.3", "1080p": "0.5"}, last=("1080p",)),
}


@dataclass(frozen=True)
class NewerImageModel:
    """One image model; prices are units a picture by `resolution`."""

    each: Mapping[str, str]
    ratios: tuple[str, ...] = IMAGE_RATIOS
    references_max: int = 10
    series_max: int = 10
    prompt_max: int = 50_000
    cast: Cast = NO_CAST
    takes_ids: bool = True


NEWER_IMAGES: Final = {
    # $0.06 for 2k (2026-11) in units of $0.0035. Nothing states the price of larger ones:
    # this world takes twice and four times as much.
    "kling-image-4.0": NewerImageModel(
        {"2k": "17", "4k": "34", "8k": "68"},
        takes_ids=False,
        cast=Cast(10, together=10, clips=0),
    ),
}
IMAGE_PROMPT_MAX: Final = 2500
"""With a first frame, the prompt of the 3.0 models is shorter."""
EDGES: Final = {"720p": "std", "1080p": "pro", "4k": "4k"}
"""Clips are as large as those of the legacy mode."""
