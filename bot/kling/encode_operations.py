"""From a request of the table of operations to Kling's body, in both generations. Pure."""

from collections.abc import Mapping

from pydantic_core import to_json

from bot.domain.operations.table import OPERATIONS
from bot.domain.requests import MotionRequest, OperationRequest
from bot.kling.encode import fields_of
from bot.kling.encode_newer import options


def encode_operation(
    request: OperationRequest,
    *,
    external_id: str | None,
    inputs: Mapping[str, str],
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create; None as the id: the model takes none, and no callback.

    `inputs` holds what stands for each file, by its option; a missing one is a KeyError, a missing
    URL a ValueError.
    """
    if isinstance(request, MotionRequest) and not request.video_url:
        raise ValueError("the URL of the video is missing")
    operation = OPERATIONS[request.kind]
    said = options(external_id, callback_url)
    if request.route.newer and operation.newer is not None:
        body = operation.newer(request, inputs)
        return to_json(body | ({"options": said} if said else {}))
    body = operation.said(request, inputs) | fields_of(request, inputs)
    return to_json(said | body)
