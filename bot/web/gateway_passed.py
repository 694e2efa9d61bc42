"""Routes of Kling that no command uses: what callers of the gateway may send to them.

Kling's API documentation of 2026-02. What they are for, and why the bot leaves them out, is in
`docs/kling.md`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from bot.domain.catalogue import Catalogue, price
from bot.domain.requests import VideoRequest
from bot.domain.routes import Passed
from bot.web.gateway_schemas import Body, File, ListedImage, Order, Prompt, Ratio

IMAGES_MAX: Final = 4
DEFAULT_MODEL: Final = "kling-v1-6"
"""The only one of multi-image2video."""
MULTI_IMAGE_UNITS: Final = Decimal(16)
"""Of each image (Kling's price table, 2026-09)."""
EXTEND_UNITS_MAX: Final = Decimal("3.5")
"""In mode `pro`; in `std` 1 or 2, by the model of the video (Kling's price table, 2026-05)."""
TRY_ON_USD: Final = Decimal("0.07")
"""Of each image; its units are a pack of their own (same source)."""
TRY_ON_PACK: Final = "try-on"


def _listed(item: object) -> object:
    return {"image": item} if isinstance(item, str) else item


def _subject(item: object) -> object:
    return {"subject_image": item} if isinstance(item, str) else item


class Subject(Body):
    """An image of somebody or something that is to be seen."""

    subject_image: File


class MultiImageToVideo(Order):
    """Body of multi-image2video; each image is a plain string or an object."""

    model_name: str = ""
    image_list: Annotated[
        list[Annotated[ListedImage, BeforeValidator(_listed)]],
        Field(min_length=1, max_length=IMAGES_MAX),
    ]
    prompt: Prompt
    negative_prompt: Prompt = ""
    mode: Literal["std", "pro"] = "std"
    duration: str = ""
    aspect_ratio: Ratio = "16:9"


class VideoExtend(Order):
    """Body of video-extend: a video by Kling's id, and how it goes on."""

    video_id: Annotated[str, Field(min_length=1)]
    prompt: Prompt = ""
    negative_prompt: Prompt = ""
    cfg_scale: float = 0.0


class MultiImageToImage(Order):
    """Body of multi-image2image; each subject is a plain string or an object."""

    model_name: str = ""
    prompt: Prompt = ""
    subject_image_list: Annotated[
        list[Annotated[Subject, BeforeValidator(_subject)]],
        Field(min_length=1, max_length=IMAGES_MAX),
    ]
    scene_image: File = ""
    style_image: File = ""
    n: int = 1
    aspect_ratio: Ratio = "16:9"


class TryOn(Order):
    """Body of kolors-virtual-try-on: a person, and what they put on."""

    model_name: str = ""
    human_image: File
    cloth_image: File


PASSED_ORDERS: Final[Mapping[Passed, type[Body]]] = {
    Passed.MULTI_IMAGE_TO_VIDEO: MultiImageToVideo,
    Passed.VIDEO_EXTEND: VideoExtend,
    Passed.MULTI_IMAGE_TO_IMAGE: MultiImageToImage,
    Passed.TRY_ON: TryOn,
}
PASSED_MAKES: Final = {
    Passed.MULTI_IMAGE_TO_VIDEO: "Creates a video of up to four images.",
    Passed.VIDEO_EXTEND: "Continues a video by four to five seconds; only of models up to 1.6.",
    Passed.MULTI_IMAGE_TO_IMAGE: "Creates images of up to four subjects, in a scene and a style.",
    Passed.TRY_ON: "Creates an image of a person in other clothes.",
}


class Cost(NamedTuple):
    """What a create costs; None where the price table does not say it."""

    units: Decimal | None
    pack: str
    usd: Decimal | None = None
    """Where it is not the units' price."""
    at_most: bool = False


def passed_cost(
    catalogue: Catalogue,
    route: Passed,
    said: Mapping[str, Any],
    *,
    duration_s: int | None,
    count: int | None,
) -> Cost:
    """Return what a create of this route costs."""
    match route:
        case Passed.MULTI_IMAGE_TO_VIDEO:
            model = str(said.get("model_name") or DEFAULT_MODEL)
            mode = str(said.get("mode") or "std")
            found = price(
                catalogue,
                VideoRequest("", model, image=True, mode=mode, duration_s=duration_s),
            )
            return Cost(found.units if found and model == DEFAULT_MODEL else None, "video")
        case Passed.VIDEO_EXTEND:
            return Cost(EXTEND_UNITS_MAX, "video", at_most=True)
        case Passed.MULTI_IMAGE_TO_IMAGE:
            return Cost(MULTI_IMAGE_UNITS * (count or 1), "image")
        case Passed.TRY_ON:
            return Cost(None, TRY_ON_PACK, usd=TRY_ON_USD)
