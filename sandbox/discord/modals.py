"""Filling in a modal as a Discord client does."""

from typing import Any

from sandbox.discord.command_options import SELECT_TAKES, Resolved
from sandbox.discord.components import (
    CHECKBOX,
    FILE_UPLOAD,
    INPUTS,
    LABEL,
    RADIO_GROUP,
    ROW,
    TEXT_INPUT,
    walk,
)
from sandbox.discord.refusal import LocalRefusal

TEXT_MAX = 4000


def filled_modal(
    modal: dict[str, Any], values: dict[str, Any], resolved: Resolved
) -> list[dict[str, Any]]:
    """Return the `components` of a submitted modal; `values` by custom id.

    Raises:
        LocalRefusal: for a field that is unknown, missing or filled with what does not fit.
    """
    fields = {c["custom_id"] for _, c in walk(modal["components"]) if c["type"] in INPUTS}
    if unknown := values.keys() - fields:
        raise LocalRefusal("unknown_fields", names=", ".join(sorted(unknown)))
    filled = []
    for number, part in enumerate(modal["components"], start=1):
        top = {"type": part["type"], "id": part.get("id", number)}
        if part["type"] == ROW:
            filled.append(
                top
                | {"components": [_field(c, values, resolved, number) for c in part["components"]]}
            )
        elif part["type"] == LABEL:
            filled.append(top | {"component": _field(part["component"], values, resolved, number)})
        else:
            filled.append(top)
    return filled


def _field(
    part: dict[str, Any], values: dict[str, Any], resolved: Resolved, number: int
) -> dict[str, Any]:
    part = {key: value for key, value in part.items() if value is not None}
    kind, custom_id = part["type"], part["custom_id"]
    base = {"type": kind, "id": part.get("id", 100 + number), "custom_id": custom_id}
    value = values.get(custom_id)
    if kind == CHECKBOX:
        return base | {"value": bool(value)}
    if value in (None, "", []):
        if part.get("required", True):
            raise LocalRefusal("required", name=custom_id)
        value = "" if kind == TEXT_INPUT else None if kind == RADIO_GROUP else []
        return base | {"value" if kind in (TEXT_INPUT, RADIO_GROUP) else "values": value}
    if kind == TEXT_INPUT:
        low, high = part.get("min_length", 0), part.get("max_length", TEXT_MAX)
        if not isinstance(value, str) or not low <= len(value) <= high:
            raise LocalRefusal("text_length", name=custom_id, low=low, high=high)
        return base | {"value": value}
    offered = {option["value"] for option in part.get("options") or []}
    chosen = [value] if kind == RADIO_GROUP else list(value)
    if offered and (unknown := [v for v in chosen if v not in offered]):
        raise LocalRefusal("not_offered", name=custom_id, values=unknown)
    if kind == RADIO_GROUP:
        return base | {"value": value}
    if unfit := [v for v in chosen if not isinstance(v, SELECT_TAKES.get(kind, object))]:
        raise LocalRefusal("not_offered", name=custom_id, values=unfit)
    low = part.get("min_values", 1)
    high = part.get("max_values", len(offered) if kind != FILE_UPLOAD and offered else 1)
    if not low <= len(chosen) <= high:
        raise LocalRefusal("value_range", name=custom_id, low=low, high=high)
    return base | {"values": [v if isinstance(v, str) else resolved.reference(v) for v in chosen]}
