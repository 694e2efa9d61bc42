"""What each model takes of a clip that it makes another from: data of this world.

Sources: Kling's documentation of omni-video and of the newer API, and its price table (2026-09);
for 4.0 the schemas and list prices of its resellers (2026-11): $0.094 and $0.141 for each second of
input and output, at least for twice the output, in units of $0.14.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.kling.elements import NO_CAST, Cast

O1: Final = {"720p": "0.9", "1080p": "1.2"}
V3: Final = O1 | {"4k": "3.0"}


@dataclass(frozen=True)
class EditModel:
    """One model; prices are units a second by `resolution`."""

    per_s: Mapping[str, str]
    input_ms: tuple[int, int]
    longest_s: int
    """Of a new clip; the shortest has 3 s."""
    sides_px: tuple[int, int] = (700, 4553)
    area_max_px: int | None = None
    ratio: tuple[float, float] | None = None
    mib_max: int = 200
    images_max: int = 4
    ratios: tuple[str, ...] = ("16:9", "9:16", "1:1")
    prompt_max: int = 2500
    counts_input: bool = False
    always_sounds: bool = False
    multi_shot: bool = False
    feature_silent: bool = False
    """The sound of the clip can't be kept where it is only looked at."""
    cast: Cast = NO_CAST
    """Elements beside the clip."""
    takes_ids: bool = True


NEWER: Final = {
    "kling-4.0": EditModel(
        {"720p": "0.67", "1080p": "1.01"},
        (3_000, 30_050),
        30,
        area_max_px=8_294_400,
        ratio=(0.4, 2.5),
        mib_max=300,
        images_max=10,
        ratios=("16:9", "9:16", "1:1", "21:9"),
        prompt_max=26_000,
        counts_input=True,
        always_sounds=True,
        feature_silent=True,
        cast=Cast(7, together=14),
        takes_ids=False,
    ),
    "kling-3.0-omni": EditModel(
        V3,
        (3_000, 15_500),
        15,
        area_max_px=8_294_400,
        ratio=(0.4, 2.0),
        multi_shot=True,
        feature_silent=True,
        cast=Cast(4, together=4, clips=1, clips_beside_pictures=False),
    ),
    "kling-o1": EditModel(
        O1, (3_000, 10_050), 10, sides_px=(700, 2160), cast=Cast(4, together=4, clips=0)
    ),
}
LEGACY: Final = {
    "kling-v3-omni": EditModel(
        V3, (3_000, 15_050), 15, sides_px=(720, 2160), cast=Cast(4, together=4)
    ),
    "kling-video-o1": EditModel(
        O1, (3_000, 10_050), 10, sides_px=(720, 2160), cast=Cast(4, together=4, clips=0)
    ),
}
