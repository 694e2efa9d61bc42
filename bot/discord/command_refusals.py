"""What Discord has against each command, read from its refusal of all of them. Pure.

A bulk registration is refused as a whole (API documentation, "Bulk Overwrite"); its tree of errors
has the number of each bad command, then the fields below it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord

REASON_CHARS_MAX: Final = 300
NAMED: Final = ("options", "choices")

Command = Mapping[str, Any]


def refused_commands(commands: Sequence[Command], failed: discord.HTTPException) -> dict[str, str]:
    """Return the reason by the name of each refused command; empty if Discord names none."""
    # discord.py keeps the tree privately; its text repeats it without the names, at any length.
    tree: Any = getattr(failed, "_errors", None)
    if not isinstance(tree, Mapping):
        return {}
    found: dict[str, str] = {}
    for number, below in tree.items():
        if str(number).isdecimal() and int(number) < len(commands):
            command = commands[int(number)]
            lines = _lines(below, command, "")
            found[str(command.get("name"))] = shortened("; ".join(lines) or failed.text)
    return found


def shortened(reason: str) -> str:
    """Return a reason of a length that can be read in a log."""
    line = " ".join(reason.split())
    return line if len(line) <= REASON_CHARS_MAX else f"{line[: REASON_CHARS_MAX - 1]}…"


def _lines(node: Any, about: Any, where: str) -> list[str]:
    """Return `field: message` for each error; an option is named, not numbered."""
    if not isinstance(node, Mapping):
        return []
    lines = []
    for key, below in node.items():
        if key == "_errors":
            errors = below if isinstance(below, list) else []
            messages = [str(e.get("message", "")) for e in errors if isinstance(e, Mapping)]
            lines.append(f"{where}: {' '.join(messages)}" if where else " ".join(messages))
            continue
        part, inside = _step(str(key), about)
        lines += _lines(below, inside, f"{where}.{part}".lstrip("."))
    return lines


def _step(key: str, about: Any) -> tuple[str, Any]:
    if isinstance(about, Mapping):
        return ("" if key in NAMED else key), about.get(key)
    if isinstance(about, Sequence) and key.isdecimal() and int(key) < len(about):
        item = about[int(key)]
        named = item.get("name") if isinstance(item, Mapping) else None
        return str(named or key), item
    return key, None
