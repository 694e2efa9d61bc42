"""Reads `.env`, the file for secrets beside `config.toml`: names and values.

`#` begins a comment, values may be quoted, a name may follow `export`. Nothing is substituted: `$`
is an ordinary character. No error repeats a value.
"""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dotenv.parser import Binding, parse_stream

from bot.errors import SettingsInvalid

ENV_FILE: Final = ".env"


def read_env_file(path: Path) -> dict[str, str]:
    """Return the file's values; if a name is set twice, the last value counts.

    `SettingsInvalid` names the file, and each line that is not `NAME=value`.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as unreadable:
        raise SettingsInvalid(f"{path}: {unreadable.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise SettingsInvalid(f"{path}: is not UTF-8 text") from None
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    wrong = [_line_of(binding) for binding in bindings if _is_wrong(binding)]
    if wrong:
        raise SettingsInvalid("\n".join(_complaints(path, wrong)))
    return {b.key: b.value for b in bindings if b.key is not None and b.value is not None}


def _is_wrong(binding: Binding) -> bool:
    return binding.error or (binding.key is not None and binding.value is None)


def _line_of(binding: Binding) -> int:
    """Return the number of the line; the library gives that of the blank lines before it."""
    text = binding.original.string
    before = text[: len(text) - len(text.lstrip())]
    return binding.original.line + len(before.splitlines())


def _complaints(path: Path, lines: Iterable[int]) -> list[str]:
    return [f"{path}: line {line} must be NAME=value, its quotes closed" for line in lines]
