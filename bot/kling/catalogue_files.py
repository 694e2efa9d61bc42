"""The catalogue's files: those that are shipped, and the operator's own `catalogue.toml`."""

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bot.domain import catalogue
from bot.domain.catalogue import Catalogue, parse_catalogue
from bot.errors import SettingsInvalid

_SHIPPED: Final = (
    "other.toml",
    "image.toml",
    "video.toml",
    "edit.toml",
    "operations.toml",
    "effects.toml",
    "voices.toml",
)


def load_catalogue(override: Path | None = None) -> Catalogue:
    """Return the shipped catalogue with the operator's rows over it; None: there are none.

    Raises `SettingsInvalid`, which names every problem by file and place.
    """
    if override is None:
        return _shipped()
    try:
        own = tomllib.loads(override.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "it is not UTF-8"
        raise SettingsInvalid(f"{override}: cannot be read: {reason}") from unreadable
    except tomllib.TOMLDecodeError as wrong:
        raise SettingsInvalid(f"{override}: is not valid TOML: {wrong}") from wrong
    return parse_catalogue([*_files(), (str(override), own)])


@cache
def _shipped() -> Catalogue:
    """Read the shipped files, once a process: they are a part of the program."""
    return parse_catalogue(_files())


def _files() -> list[tuple[str, dict[str, Any]]]:
    data = resources.files(catalogue) / "data"
    return [(name, tomllib.loads((data / name).read_text("utf-8"))) for name in _SHIPPED]
