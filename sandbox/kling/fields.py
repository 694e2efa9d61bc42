"""Reading one field of a request body as the type Kling documents, or refusing it by name."""

from typing import Any

from sandbox.kling.errors import bad_value, invalid

PROMPT_MAX_CHARS = 2500
JsonObject = dict[str, Any]


def given(body: JsonObject) -> JsonObject:
    """Return the fields that are set: Kling's own samples send `""` for an unset one."""
    return {name: value for name, value in body.items() if value is not None and value != ""}


def inner(body: JsonObject, name: str) -> JsonObject:
    """Return the fields that are set of an object in the body, `{}` when it is unset."""
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise invalid(name, value)
    return given(value)


def text(body: JsonObject, name: str, *, max_chars: int | None = None) -> str:
    """Return a string field, `""` when unset."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise invalid(name, value)
    if max_chars is not None and len(value) > max_chars:
        raise bad_value(f"{name} length is invalid, at most {max_chars} characters")
    return value


def prompt(body: JsonObject, *, required: bool) -> str:
    """Return `prompt`; white space alone is no prompt."""
    value = text(body, "prompt", max_chars=PROMPT_MAX_CHARS)
    if required and not value.strip():
        raise bad_value("prompt cannot be empty")
    return value


def choice(body: JsonObject, name: str, allowed: tuple[str, ...], default: str) -> str:
    """Return a string field that is one of `allowed`."""
    value = body.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise invalid(name, value)
    return value


def whole(body: JsonObject, name: str, low: int, high: int | None, default: int | None) -> int:
    """Return an integer field within [low, high]; required when there is no default."""
    value = body.get(name, default)
    if value is None:
        raise bad_value(f"{name} cannot be empty")
    wrong = isinstance(value, bool) or not isinstance(value, int)
    if wrong or value < low or (high is not None and value > high):
        raise invalid(name, value)
    return int(value)


def number(body: JsonObject, name: str, low: float, high: float, default: float) -> float:
    """Return a number field within [low, high]."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise invalid(name, value)
    return float(value)


def flag(body: JsonObject, name: str) -> bool:
    """Return a boolean field, False when unset."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid(name, value)
    return value


def objects(body: JsonObject, name: str, max_items: int) -> list[Any]:
    """Return a list field of at most `max_items`, `[]` when unset."""
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > max_items:
        raise invalid(name, value if not isinstance(value, list) else f"{len(value)} items")
    return value
