"""The parts of a body that every path of the newer generation reads: `contents` and `options`."""

from sandbox.kling import fields
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.switches import Switches

INPUTS_MAX = 15
"""Beside the prompt."""
PROMPT = "prompt"
REFERENCE = "refer_image"
Items = dict[str, list[JsonObject]]


def has_type(body: JsonObject, *types: str) -> bool:
    """Tell whether `contents` have an item of one of these types, however wrong they are."""
    contents = body.get("contents")
    return isinstance(contents, list) and any(
        isinstance(one, dict) and one.get("type") in types for one in contents
    )


def items_of(body: JsonObject, *types: str, most: int = INPUTS_MAX + 1) -> Items:
    """Return the items of `contents` by their type, each of these types and of no other."""
    contents = fields.objects(body, "contents", most)
    if not contents:
        raise bad_value("contents cannot be empty")
    if "prompt" in body:
        raise bad_value("prompt and contents cannot be used together")
    items: Items = {kind: [] for kind in types}
    for one in contents:
        if not isinstance(one, dict):
            raise invalid("contents", one)
        kind = fields.text(one, "type")
        if kind not in items:
            raise bad_value("contents has a type that is not supported")
        items[kind].append(one)
    return items


def prompt_of(items: Items, max_chars: int) -> str:
    """Return the words of the one prompt that there must be."""
    words = items[PROMPT]
    prompt = fields.text(words[0], "text", max_chars=max_chars) if words else ""
    if len(words) != 1 or not prompt.strip():
        raise bad_value("prompt cannot be empty")
    return prompt


def check_options(body: JsonObject, name: str, switches: Switches, *, takes_ids: bool) -> None:
    """Refuse an id or a callback where the model takes none."""
    options = fields.inner(body, "options")
    if takes_ids or switches.v4_takes_ids:
        return
    for field in ("external_task_id", "callback_url"):
        if options.get(field):
            raise bad_value(f"{field} is not supported by {name}")
