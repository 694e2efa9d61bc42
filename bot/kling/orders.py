"""Which encoder writes a request: by its generation, and by what is made. Pure, like they are."""

from collections.abc import Mapping

from bot.domain.catalogue import Catalogue
from bot.domain.citing import as_kling_reads
from bot.domain.requests import (
    ClipRequest,
    EditRequest,
    ImageRequest,
    OperationRequest,
    Request,
)
from bot.kling.dialects import Dialect
from bot.kling.encode import encode
from bot.kling.encode_edit import encode_edit
from bot.kling.encode_newer import encode_newer
from bot.kling.encode_newer_image import encode_newer_image
from bot.kling.encode_operations import encode_operation
from bot.kling.tasks import LipSyncChoice


def order_of(
    request: Request,
    dialect: Dialect,
    catalogue: Catalogue | None,
    *,
    external_id: str,
    with_id: bool,
    inputs: Mapping[str, str],
    choice: LipSyncChoice | None = None,
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create, in the newer generation only `with_id` with our id.

    Raises what the encoders raise: ValueError or LookupError, all of them programming errors.
    """
    own_id = external_id if with_id else None
    request = as_kling_reads(request)
    if isinstance(request, OperationRequest):
        return encode_operation(
            request,
            external_id=own_id if request.route.newer else external_id,
            inputs=inputs,
            callback_url=callback_url,
        )
    if isinstance(request, EditRequest):
        edit = catalogue.edit_model(request.model) if catalogue else None
        return encode_edit(
            request,
            edit,
            external_id=own_id if request.newer else external_id,
            inputs=inputs,
            callback_url=callback_url,
        )
    if isinstance(request, ImageRequest) and request.newer:
        image = catalogue.image_model(request.model) if catalogue else None
        return encode_newer_image(
            request, image, external_id=own_id, inputs=inputs, callback_url=callback_url
        )
    if isinstance(request, ClipRequest) and request.newer:
        video = catalogue.video_model(request.model) if catalogue else None
        return encode_newer(
            request, video, external_id=own_id, inputs=inputs, callback_url=callback_url
        )
    return encode(
        request,
        dialect,
        external_id=external_id,
        inputs=inputs,
        choice=choice,
        callback_url=callback_url,
    )
