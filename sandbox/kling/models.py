"""What each model supports and costs: Kling's capability map and price table as data of this world.

Sources: Kling's API documentation and capability map, 2026-01 to 2026-09; prices of the models
before v2-5 are of 2026-05.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sandbox.kling.switches import Switches

SHORT_OR_LONG: Final = ("5", "10")
THREE_TO_FIFTEEN: Final = tuple(str(seconds) for seconds in range(3, 16))
STD_PRO: Final = ("std", "pro")


@dataclass(frozen=True)
class VideoModel:
    """One legacy video model; `per_5_s` holds the units of five silent seconds by mode."""

    per_5_s: dict[str, str]
    text: bool = True
    image: bool = True
    durations: tuple[str, ...] = SHORT_OR_LONG
    mode_free: bool = False
    """The model has no modes: `mode` is not a field it knows."""
    tail: tuple[str, ...] = ()
    """Modes in which a last frame may be given beside the first."""
    tail_alone: bool = False
    tail_durations: tuple[str, ...] = ()
    """Empty: any of `durations`."""
    cfg_scale: bool = False
    sound_per_5_s: dict[str, str] = field(default_factory=dict)
    """Units of five seconds with sound, by mode; a mode that is not here makes none."""
    voices: bool = False
    voices_per_5_s: dict[str, str] = field(default_factory=dict)
    """Where voices cost more than other sound."""
    elements: bool = False
    multi_shot: bool = False


VIDEO: Final = {
    "kling-v1": VideoModel(
        {"std": "1", "pro": "3.5"}, tail=STD_PRO, tail_durations=("5",), cfg_scale=True
    ),
    "kling-v1-5": VideoModel(
        {"std": "2", "pro": "3.5"}, text=False, tail=("pro",), tail_alone=True, cfg_scale=True
    ),
    "kling-v1-6": VideoModel(
        {"std": "2", "pro": "3.5"}, tail=("pro",), tail_alone=True, cfg_scale=True
    ),
    "kling-v2-master": VideoModel({"std": "10", "pro": "10"}, mode_free=True),
    "kling-v2-1": VideoModel({"std": "2", "pro": "3.5"}, text=False, tail=("pro",)),
    "kling-v2-1-master": VideoModel({"std": "10", "pro": "10"}, mode_free=True),
    "kling-v2-5-turbo": VideoModel({"std": "1.5", "pro": "2.5"}, tail=("pro",)),
    "kling-v2-6": VideoModel(
        {"std": "1.5", "pro": "2.5"},
        tail=("pro",),
        sound_per_5_s={"pro": "5"},
        voices=True,
        voices_per_5_s={"pro": "6"},
    ),
    "kling-v3": VideoModel(
        {"std": "3", "pro": "4", "4k": "15"},
        durations=THREE_TO_FIFTEEN,
        tail=("std", "pro", "4k"),
        sound_per_5_s={"std": "4.5", "pro": "6", "4k": "15"},
        voices=True,
        elements=True,
        multi_shot=True,
    ),
}
V3_SOUND_AS_OMNI_PER_5_S: Final = {"std": "4", "pro": "5", "4k": "15"}
FACE_UNITS: Final = Decimal("0.05")
TTS_UNITS: Final = Decimal("0.05")
LIP_SYNC_UNITS_PER_5_S: Final = Decimal("0.5")

RATIOS: Final = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
VIDEO_RATIOS: Final = RATIOS[:3]


@dataclass(frozen=True)
class ImageModel:
    """One model of images/generations or omni-image; units are per picture."""

    units: str
    units_with_image: str
    resolutions: tuple[str, ...] = ("1k", "2k")
    text: bool = True
    image: bool = True
    ratios: tuple[str, ...] = RATIOS
    references: bool = False
    """`image_reference` may be given."""
    reference_required: bool = False
    """`image` needs `image_reference`."""
    keeps_size: bool = False
    """A picture made from a picture has the source's size."""
    image_resolutions: tuple[str, ...] = ("1k", "2k")
    elements: bool = False


GENERATIONS: Final = {
    "kling-v1": ImageModel("1", "1", ("1k",), ratios=RATIOS[:7]),
    "kling-v1-5": ImageModel("4", "8", ("1k",), references=True, reference_required=True),
    "kling-v2": ImageModel("4", "8", keeps_size=True, image_resolutions=("1k",)),
    "kling-v2-new": ImageModel("8", "8", text=False, keeps_size=True),
    "kling-v2-1": ImageModel("4", "8", references=True),
    "kling-v3": ImageModel("8", "8", elements=True),
}
OMNI: Final = {
    "kling-image-o1": ImageModel("8", "8", elements=True),
    "kling-v3-omni": ImageModel("8", "8", ("1k", "2k", "4k"), elements=True),
}
OMNI_4K_UNITS: Final = Decimal(16)


def clip_units(
    model: str, mode: str, seconds: int, switches: Switches, *, sound: bool, voices: bool
) -> Decimal:
    """Return the price of a clip in video units."""
    row = VIDEO[model]
    table = row.sound_per_5_s if sound else row.per_5_s
    if sound and voices:
        table = row.voices_per_5_s or table
    if sound and model == "kling-v3" and switches.v3_sound_at_omni_price:
        table = V3_SOUND_AS_OMNI_PER_5_S
    return Decimal(table[mode]) * seconds / 5


def plain(units: Decimal) -> str:
    """Return units as Kling writes them: a decimal string without trailing zeros."""
    return format(units.normalize(), "f")
