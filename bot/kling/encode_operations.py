"""From a request of the table of operations to Kling's body, in both generations.

Pure, but slow for large files, like `encode`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import to_json

from bot.domain.operations.table import OPERATIONS
from bot.domain.requests import OperationRequest
from bot.kling.encode import fields_of, raw_base64
from bot.kling.encode_newer import options


def encode_operation(
    request: OperationRequest,
    *,
    external_id: str | None,
    inputs: Mapping[str, bytes],
    callback_url: str | None = None,
) -> bytes:
    """Return the JSON of the create; None as the id: the model takes none, and no callback.

    `inputs` holds the bytes of each file by its option; a missing one is a KeyError, a missing URL
    a ValueError.
    """
    if getattr(request, "video_url", None) == "":
        raise ValueError("the URL of the video is missing")
    operation, files = OPERATIONS[request.kind], _Base64(inputs)
    said = options(external_id, callback_url)
    if request.route.newer and operation.newer is not None:
        body = operation.newer(request, files)
        return to_json(body | ({"options": said} if said else {}))
    body = operation.said(request, files) | fields_of(request, inputs)
    return to_json(said | body)


class _Base64(Mapping[str, str]):
    """Files as base64, each made when it is asked for."""

    def __init__(self, inputs: Mapping[str, bytes]) -> None:
        self._inputs = inputs

    def __getitem__(self, name: str) -> str:
        return raw_base64(self._inputs[name])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inputs)

    def __len__(self) -> int:
        return len(self._inputs)
