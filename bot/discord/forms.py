"""Reads what was filled into a form, whatever shape Discord or somebody else gave it."""

from collections.abc import Iterator
from typing import Any, Final

DEPTH_MAX: Final = 4
"""A field of a form is in a label or in a row; Discord nests nothing deeper."""


def filled_in(components: Any) -> dict[str, str]:
    """Return what was filled in by field: a text, or the value that was chosen. Never raises."""
    return dict(_fields(components, DEPTH_MAX))


def first_of(values: Any) -> str:
    """Return the first value that was chosen from a menu, or an empty text."""
    return str(values[0]) if isinstance(values, list) and values else ""


def _fields(parts: Any, depth: int) -> Iterator[tuple[str, str]]:
    for part in parts if isinstance(parts, list) and depth else ():
        if not isinstance(part, dict):
            continue
        if "custom_id" in part:
            value = part.get("value")
            given = first_of(part.get("values")) if value is None else str(value)
            yield str(part["custom_id"]), given
        yield from _fields(part.get("components"), depth - 1)
        yield from _fields([part.get("component")], depth - 1)
