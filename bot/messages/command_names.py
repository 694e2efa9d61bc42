"""Names of commands in a text: as clickable mentions once Discord has told the command's id."""

import re
from collections.abc import Mapping
from typing import Any, Final

SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")
"""An id of Discord's, as it writes it."""


class CommandNames:
    """The value for `{cmd:video}` in a text, or for a subcommand, `{cmd:settings show}`.

    `</video:ID>` is a mention: a client shows the name and fills it in when clicked (Discord's
    reference, message formatting). Until the id is known, the typed name is used. Where Discord
    renders no mentions, a text names a command plainly instead.
    """

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def learn(self, ids: Mapping[str, Any]) -> None:
        """Take over the ids known so far; values that are not ids are left out."""
        self._ids = {name: id_ for name, id_ in ids.items() if _is_id(id_)}

    def __format__(self, name: str) -> str:
        id_ = self._ids.get(name.partition(" ")[0])
        return f"`/{name}`" if id_ is None else f"</{name}:{id_}>"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and SNOWFLAKE.fullmatch(value) is not None
