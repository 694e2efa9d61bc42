"""`config.toml`, the documentation and the model name the same keys with the same defaults."""

import re
import tomllib
from pathlib import Path

from pydantic import SecretStr

from bot.settings.load import Settings, dotted_keys, load_settings

ROOT = Path(__file__).parents[2]


def shown(value: object) -> str:
    """A default as TOML shows it."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return "[]" if value == () else str(value)


def test_the_file_holds_every_key_with_its_default() -> None:
    """`config.toml` as it is shipped is the defaults, spelled out: no key less, no key more."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    keys = [f"{section}.{key}" for section, table in tomllib.loads(text).items() for key in table]
    assert keys == list(dotted_keys())
    assert load_settings(ROOT / "config.toml", {}) == Settings()


def test_each_key_of_the_file_has_one_comment() -> None:
    """Right above each key stands one line that explains it."""
    lines = (ROOT / "config.toml").read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"[a-z_]+ = ", line)]
    assert len(keys) == len(dotted_keys())
    for number in keys:
        assert lines[number - 1].startswith("# ")
        assert not lines[number - 2].startswith("# ")


def test_the_documentation_lists_every_key_with_its_default() -> None:
    """Both ways: no key without its row in the documentation, no row without its key."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| `([^`]*)` \|", text, flags=re.MULTILINE)
    assert rows == [(key, shown(default)) for key, default in dotted_keys().items()]
