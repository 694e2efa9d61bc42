"""What each image model accepts on images/generations and images/omni-image, newest first.

Sources: Kling's API documentation (2026-09) and, for the models that left it, its capability map
(2026-01); prices as for video. Where they disagree or are silent:

- `negative_prompt` on omni-image: Kling's own page has no such field, some mirrors list it;
  refused, because what would be dropped on the way must not be accepted in silence.
- `image_fidelity` by model: not stated; allowed on every model of images/generations.
- kling-v2-new has no price in any source: its price is unknown.
"""

import datetime as dt
from decimal import Decimal
from typing import Final

from bot.domain.catalogue.model import ImageModel, Source
from bot.domain.limits import AUTO_RATIO, IMAGE_RATIOS

_MAP: Final = Source("Kling's capability map and API documentation", dt.date(2026, 1, 1))
_DOCS: Final = Source("Kling's API documentation", dt.date(2026, 9, 20))
_PRICES_OLD: Final = Source("Kling's price table", dt.date(2026, 5, 15))
_PRICES: Final = Source("Kling's price table", dt.date(2026, 9, 20))

_1K: Final = ("1k",)
_1K_2K: Final = ("1k", "2k")
_1K_2K_4K: Final = ("1k", "2k", "4k")
_OMNI_RATIOS: Final = (*IMAGE_RATIOS, AUTO_RATIO)
_NO_21_9: Final = tuple(ratio for ratio in IMAGE_RATIOS if ratio != "21:9")
_SUBJECT_FACE: Final = ("subject", "face")


def _units(resolutions: tuple[str, ...], units: str) -> dict[str, Decimal]:
    return dict.fromkeys(resolutions, Decimal(units))


IMAGE_MODELS: Final = (
    ImageModel(
        name="kling-v3",
        omni=False,
        text=True,
        image=True,
        resolutions_text=_1K_2K,
        resolutions_image=_1K_2K,
        ratios=IMAGE_RATIOS,
        units_text=_units(_1K_2K, "8"),
        units_image=_units(_1K_2K, "8"),
        source=_DOCS,
        price_source=_PRICES,
    ),
    ImageModel(
        name="kling-v3-omni",
        omni=True,
        text=True,
        image=True,
        resolutions_text=_1K_2K_4K,
        resolutions_image=_1K_2K_4K,
        ratios=_OMNI_RATIOS,
        fidelity=False,
        human_fidelity=False,
        negative_prompt=False,
        auto_needs_image=True,
        pictures_max=10,
        units_text=_units(_1K_2K, "8") | _units(("4k",), "16"),
        units_image=_units(_1K_2K, "8") | _units(("4k",), "16"),
        source=_DOCS,
        price_source=_PRICES,
    ),
    ImageModel(
        name="kling-image-o1",
        omni=True,
        text=True,
        image=True,
        resolutions_text=_1K_2K,
        resolutions_image=_1K_2K,
        ratios=_OMNI_RATIOS,
        fidelity=False,
        human_fidelity=False,
        negative_prompt=False,
        pictures_max=10,
        units_text=_units(_1K_2K, "8"),
        units_image=_units(_1K_2K, "8"),
        source=_DOCS,
        price_source=_PRICES,
    ),
    ImageModel(
        name="kling-v2-1",
        omni=False,
        text=True,
        image=True,
        resolutions_text=_1K_2K,
        resolutions_image=_1K_2K,
        ratios=IMAGE_RATIOS,
        references=_SUBJECT_FACE,
        units_text=_units(_1K_2K, "4"),
        units_image=_units(_1K_2K, "8"),
        source=_DOCS,
        price_source=_PRICES_OLD,
    ),
    ImageModel(
        name="kling-v2",
        omni=False,
        text=True,
        image=True,
        resolutions_text=_1K_2K,
        resolutions_image=_1K,
        ratios=IMAGE_RATIOS,
        units_text=_units(_1K_2K, "4"),
        units_image=_units(_1K, "8"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    ImageModel(
        name="kling-v2-new",
        omni=False,
        text=False,
        image=True,
        resolutions_text=(),
        resolutions_image=(),
        ratios=(),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    ImageModel(
        name="kling-v1-5",
        omni=False,
        text=True,
        image=True,
        resolutions_text=_1K,
        resolutions_image=_1K,
        ratios=IMAGE_RATIOS,
        references=_SUBJECT_FACE,
        reference_needed=True,
        units_text=_units(_1K, "4"),
        units_image=_units(_1K, "8"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
    ImageModel(
        name="kling-v1",
        omni=False,
        text=True,
        image=True,
        resolutions_text=_1K,
        resolutions_image=_1K,
        ratios=_NO_21_9,
        units_text=_units(_1K, "1"),
        units_image=_units(_1K, "1"),
        source=_MAP,
        price_source=_PRICES_OLD,
    ),
)
