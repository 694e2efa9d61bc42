"""The database's URL. Only this module parses it: for connecting, showing and redacting.

Pure. Errors never repeat the input, because the URL may contain a password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from storage.postgresql_options import read_options

SQLITE_PREFIX: Final = "sqlite:///"
POSTGRESQL_PREFIXES: Final = ("postgresql://", "postgres://")
PORT_MAX: Final = 65_535
_PASSWORD_OPTION: Final = re.compile(r"[?&](?:ssl)?password=([^&]*)")
_PLACE: Final = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\s\[\]:/?#@]*))"
    r"(?::(?P<port>[0-9]+))?(?:/(?P<database>[^\s/?#]*))?(?:\?(?P<options>[^\s#]*))?"
)


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A database file. Relative paths are relative to the working directory."""

    path: Path

    @property
    def shown(self) -> str:
        """The URL, fit for a log."""
        return f"{SQLITE_PREFIX}{self.path}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Nothing: a path is not a secret."""
        return ()


@dataclass(frozen=True, slots=True)
class PostgresqlAddress:
    """A database on a server. Empty or None: the driver's default."""

    host: str
    port: int | None
    database: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    options: Mapping[str, str] = field(repr=False)
    """The other options, as `read_options` returns them."""
    secrets: tuple[str, ...] = field(repr=False)
    """Every spelling of the URL's passwords."""

    @property
    def shown(self) -> str:
        """The URL without user, password and options, fit for a log."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{POSTGRESQL_PREFIXES[0]}{host}{port}/{self.database}"


DatabaseAddress = SqliteAddress | PostgresqlAddress


def parse_address(url: str) -> DatabaseAddress:
    """Read `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME?OPTIONS`.

    User and password end at the last `@`, so a password may be typed as it is; a `%` before two
    hexadecimal digits, and a `:` in the user's name, have to be written as `%25` and `%3A`.
    `ValueError` says in words what is wrong.
    """
    text = url.strip()
    if text.startswith(SQLITE_PREFIX):
        return _sqlite(text.removeprefix(SQLITE_PREFIX))
    for prefix in POSTGRESQL_PREFIXES:
        if text.startswith(prefix) and text != prefix:
            return _postgresql(text.removeprefix(prefix))
    raise ValueError('must be "sqlite:///PATH" or "postgresql://USER:PASSWORD@HOST/NAME"')


def _sqlite(path: str) -> SqliteAddress:
    if not path:
        raise ValueError('must be "sqlite:///PATH"')
    if ":memory:" in path:
        raise ValueError("must be a file: what is kept in memory is lost at a restart")
    if "?" in path or not path.isprintable():
        raise ValueError("must end with the path of a file: SQLite takes no options here")
    return SqliteAddress(Path(path))


def _postgresql(text: str) -> PostgresqlAddress:
    login, _, place = text.rpartition("@")
    parts = _PLACE.fullmatch(place)
    options_in_login = _PASSWORD_OPTION.search(login) or not set("/?").isdisjoint(
        login.partition(":")[0]
    )
    if options_in_login or parts is None:
        raise ValueError(
            'must be "postgresql://USER:PASSWORD@HOST:PORT/NAME"; write an @ that follows the '
            "password as %40"
        )
    user, _, typed = login.partition(":")
    options = read_options(parts["options"] or "")
    optional = options.pop("password", "")
    password = _decoded(typed) or optional
    for_key = options.get("sslpassword", "")
    spellings = (login, typed, password, optional, for_key, *_PASSWORD_OPTION.findall(place))
    return PostgresqlAddress(
        host=options.pop("host", "") or _decoded(parts["ipv6"] or parts["host"] or ""),
        port=_port(options.pop("port", "") or parts["port"]),
        database=options.pop("dbname", "") or _decoded(parts["database"] or ""),
        user=options.pop("user", "") or _decoded(user),
        password=password,
        options=options,
        secrets=tuple(dict.fromkeys(filter(None, spellings))) if password or for_key else (),
    )


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= PORT_MAX):
        raise ValueError(f"must have a port from 1 to {PORT_MAX}")
    return int(text)


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("has a %XX that is not UTF-8; write a % as %25") from None
