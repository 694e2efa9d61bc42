"""What each video model accepts on text2video and image2video, newest first.

Sources: Kling's capability map (2026-01) and API documentation (2026-09); prices from Kling's
price table (2026-09) and, for models that left it, its state of 2026-05. Where they disagree:

- `mode` on the two master models: documented as not supported, yet sent by Kling's own partners;
  allowed here, except 4k.
- `std` on kling-v2-6: refused in its first weeks, documented for silent clips since; allowed.
- `cfg_scale` on kling-v3: not stated; allowed.
"""

import datetime as dt
from decimal import Decimal
from typing import Final

from bot.domain.catalogue.model import Camera, EndImage, Source, VideoModel
from bot.domain.limits import CAMERA_PRESETS

_MAP: Final = Source("Kling's capability map and API documentation", dt.date(2026, 1, 1))
_DOCS: Final = Source("Kling's API documentation", dt.date(2026, 9, 20))
_PRICES_OLD: Final = Source("Kling's price table", dt.date(2026, 5, 15))
_PRICES: Final = Source("Kling's price table", dt.date(2026, 9, 20))

_SHORT: Final = (5, 10)
_STD_PRO: Final = ("std", "pro")
_SILENT: Final = False
_WITH_SOUND: Final = True


def _silent_units(std: str, pro: str) -> dict[tuple[str, bool], Decimal]:
    return {("std", _SILENT): Decimal(std), ("pro", _SILENT): Decimal(pro)}


VIDEO_MODELS: Final = (
    VideoModel(
        name="kling-v3",
        text=True,
        image=True,
        durations_s=tuple(range(3, 16)),
        modes=("std", "pro", "4k"),
        cfg_scale=None,
        end_image=EndImage(modes=("std", "pro", "4k"), durations_s=tuple(range(3, 16))),
        sound_modes=("std", "pro", "4k"),
        units_per_s={
            ("std", _SILENT): Decimal("0.6"),
            ("pro", _SILENT): Decimal("0.8"),
            ("4k", _SILENT): Decimal("3.0"),
            ("std", _WITH_SOUND): Decimal("0.9"),
            ("pro", _WITH_SOUND): Decimal("1.2"),
            ("4k", _WITH_SOUND): Decimal("3.0"),
        },
        source=_DOCS,
        price_source=_PRICES,
    ),
    VideoModel(
        name="kling-v2-6",
        text=True,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        end_image=EndImage(modes=("pro",), durations_s=_SHORT, silent_only=True),
        sound_modes=("pro",),
        units_per_s=_silent_units("0.3", "0.5") | {("pro", _WITH_SOUND): Decimal("1.0")},
        source=_MAP,
        price_source=_PRICES,
    ),
    VideoModel(
        name="kling-v2-5-turbo",
        text=True,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        end_image=EndImage(modes=("pro",), durations_s=_SHORT),
        units_per_s=_silent_units("0.3", "0.5"),
        source=_MAP,
        price_source=_PRICES,
    ),
    VideoModel(
        name="kling-v2-1-master",
        text=True,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        units_per_s=_silent_units("2", "2"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    VideoModel(
        name="kling-v2-1",
        text=False,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        end_image=EndImage(modes=("pro",), durations_s=_SHORT),
        units_per_s=_silent_units("0.4", "0.7"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    VideoModel(
        name="kling-v2-master",
        text=True,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        units_per_s=_silent_units("2", "2"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    VideoModel(
        name="kling-v1-6",
        text=True,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        cfg_scale=True,
        end_image=EndImage(modes=("pro",), durations_s=_SHORT),
        units_per_s=_silent_units("0.4", "0.7"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    VideoModel(
        name="kling-v1-5",
        text=False,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        cfg_scale=True,
        camera_image=Camera(types=("simple",), mode="pro", duration_s=5),
        end_image=EndImage(modes=("pro",), durations_s=_SHORT),
        units_per_s=_silent_units("0.4", "0.7"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    VideoModel(
        name="kling-v1",
        text=True,
        image=True,
        durations_s=_SHORT,
        modes=_STD_PRO,
        cfg_scale=True,
        camera_text=Camera(types=("simple", *CAMERA_PRESETS), mode="std", duration_s=5),
        end_image=EndImage(modes=_STD_PRO, durations_s=(5,)),
        units_per_s=_silent_units("0.2", "0.7"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
)

OMNI_VIDEO_MODELS: Final = ("kling-video-o1", "kling-v3-omni")
"""Known only to Kling's omni-video route, which no command uses."""
