"""Names of commands in a text: as a mention to click where Discord has told the command's id."""

import re
from collections.abc import Mapping
from typing import Any, Final

SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")
"""An id of Discord's, as it writes it."""


class CommandNames:
    """What a text puts in for `{cmd:video}`, or for a subcommand, `{cmd:settings show}`.

    `</video:ID>` is a mention: a client shows the name and fills it in when it is clicked
    (Discord's reference, message formatting). Until the id is known, the name stands as it is
    typed. Where Discord renders no mentions, a text names a command plainly instead.
    """

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def learn(self, ids: Mapping[str, Any]) -> None:
        """Take over what is known by now; what is no id is left out."""
        self._ids = {name: id_ for name, id_ in ids.items() if _is_id(id_)}

    def __format__(self, name: str) -> str:
        id_ = self._ids.get(name.partition(" ")[0])
        return f"`/{name}`" if id_ is None else f"</{name}:{id_}>"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and SNOWFLAKE.fullmatch(value) is not None
