"""From a member's request to the body of an image of Kling's newer generation.

The schema is that of a reseller of Image 4.0, which says that it passes bodies on unchanged
(2026-10). Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from bot.domain.catalogue.model import ImageModel
from bot.domain.characters import element_contents
from bot.domain.requests import ImageRequest
from bot.kling.encode_newer import REFERENCE, options

SMALLEST: Final = "2k"
"""What is sent for a model without a row: the smallest that Image 4.0 makes."""
Body = dict[str, Any]


def encode_newer_image(
    request: ImageRequest,
    model: ImageModel | None,
    *,
    external_id: str | None,
    inputs: Mapping[str, str],
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create; None as the id: the model takes none, and no callback.

    `inputs` holds what stands for each image, by its option; a missing one is a KeyError.
    """
    words: list[Body] = [{"type": "prompt", "text": request.prompt}]
    pictures = [{"type": REFERENCE, "url": inputs[name]} for name in request.images]
    contents = words + pictures + element_contents(request.elements)
    body: Body = {"contents": contents, "settings": _settings(request, model)}
    if said := options(external_id, callback_url):
        body["options"] = said
    return to_json(body)


def _settings(request: ImageRequest, model: ImageModel | None) -> Body:
    """The resolution is always said: it decides the price."""
    usual = model.usual_resolution if model is not None else SMALLEST
    settings: Body = {"resolution": request.resolution or usual}
    if request.aspect_ratio is not None:
        settings["aspect_ratio"] = request.aspect_ratio
    if request.series is not None:
        settings |= {"result_type": "series", "series_amount": request.series}
    elif request.n is not None:
        settings["n"] = request.n
    return settings
