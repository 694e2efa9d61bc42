"""What every path of the local Kling has in common: a body that is an object, an id of its own."""

import json
import uuid
from typing import Any

from sandbox.kling.errors import Refusal
from sandbox.kling.fields import JsonObject


def request_id() -> str:
    """Return a fresh request id."""
    return str(uuid.uuid4())


def json_object(raw: bytes) -> JsonObject:
    """Return the body as an object; raise Refusal 1200 if it is none."""
    try:
        body: Any = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(1200, "Request body is not a JSON object")
    return body
