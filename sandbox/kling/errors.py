"""Kling's envelope and its error table, as one exception that knows its HTTP status."""

import json
from typing import Any, Final

from aiohttp import web

# Code to HTTP status: Kling's API documentation, "Error code", 2026-09.
HTTP_STATUS: Final = {
    1000: 401,
    1001: 401,
    1002: 401,
    1003: 401,
    1004: 401,
    1100: 429,
    1101: 429,
    1102: 429,
    1103: 403,
    1200: 400,
    1201: 400,
    1202: 404,
    1203: 404,
    1300: 400,
    1301: 400,
    1302: 429,
    1303: 429,
    1304: 429,
    5000: 500,
    5001: 503,
    5002: 504,
}
OK_MESSAGE: Final = "SUCCEED"
RISK_CONTROL: Final = "Failure to pass the risk control system"


class Refusal(Exception):
    """A request Kling does not grant: `code` is Kling's business code, `message` its text."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = HTTP_STATUS[code]
        self.message = message


def bad_value(message: str) -> Refusal:
    """Return the refusal of a field's value: HTTP 400, code 1201."""
    return Refusal(1201, message)


def invalid(field: str, value: object) -> Refusal:
    """Return the refusal whose wording the live service uses: `mode value 'std' is invalid`."""
    return bad_value(f"{field} value '{value}' is invalid")


def not_found(task_id: str) -> Refusal:
    """Return the refusal of an unknown id, which is a 400 and not a 404."""
    return bad_value(f"Task not found by id/external id: {task_id}")


def _json(status: int, body: dict[str, Any]) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json")


def granted(data: object, request_id: str) -> web.Response:
    """Return `data` in Kling's envelope, HTTP 200."""
    return _json(200, {"code": 0, "message": OK_MESSAGE, "request_id": request_id, "data": data})


def refused(refusal: Refusal, request_id: str) -> web.Response:
    """Return the envelope of a refusal; it has no `data`."""
    body = {"code": refusal.code, "message": refusal.message, "request_id": request_id}
    return _json(refusal.status, body)
