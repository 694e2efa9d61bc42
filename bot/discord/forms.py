"""Reads what was filled into a form, whatever shape Discord or somebody else gave it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.domain.offered import Offered

DEPTH_MAX: Final = 4
"""A field of a form is in a label or in a row; Discord nests nothing deeper."""


def filled_in(components: Any) -> dict[str, str]:
    """Return what was filled in by field: a text, or the value that was chosen. Never raises."""
    return dict(_fields(components, DEPTH_MAX))


def uploaded(data: Mapping[str, Any]) -> dict[str, Offered]:
    """Return the files that were put into a form, each under the name of its field. Never raises.

    A field has the id of its file; what the file is stands beside the form, under that id.
    """
    resolved = data.get("resolved")
    listed = resolved.get("attachments") if isinstance(resolved, dict) else None
    files = listed if isinstance(listed, dict) else {}
    found: dict[str, Offered] = {}
    for name, value in filled_in(data.get("components")).items():
        file = files.get(value)
        url = file.get("url") if isinstance(file, dict) else None
        if isinstance(file, dict) and isinstance(url, str) and url:
            found[name] = Offered(
                name=name,
                filename=str(file.get("filename") or ""),
                url=url,
                size_bytes=_whole(file.get("size")) or 0,
                content_type=str(file.get("content_type") or ""),
                width=_whole(file.get("width")),
                height=_whole(file.get("height")),
            )
    return found


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


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
