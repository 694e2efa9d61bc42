"""The database as the store sees it: reads and writes are functions, and failures have a meaning.

No other module sees a driver's exception, except for `IntegrityError`.
"""

import contextlib
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, exc

from storage.errors import StorageUnavailable
from storage.sqlite_file import reason_of

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"

Result = TypeVar("Result")

_SQLSTATE_REASONS: Final = {
    "53100": "full",
    "25006": "read_only",
    "40001": "held",  # a serialization failure or a deadlock undid all of the transaction:
    "40P01": "held",  # it may be repeated
    "55P03": "held",  # a table was in use for longer than an upgrade waits
}
"""PostgreSQL's codes that explain the failure (its documentation, appendix A)."""
_SQLSTATE_WORDS: Final = {
    "08P01": "the server, or a pooler before it, refuses an option of the URL",
    "57014": "the server broke off a statement: its statement_timeout, or somebody by hand",
    "28": "the server refuses this user or password",
    "3D": "the server has no database of this name",
}
_SQLSTATE_UNAVAILABLE: Final = ("08", "28", "3D", "53", "57014", "57P", "58", "XX001", "XX002")
"""Connection, authorisation, missing database, resources, a statement that was cancelled, shutdown,
system error, corruption."""


class Connections(Protocol):
    """Reads that see committed rows, and atomic writes.

    Both take a function that receives an ordinary SQLAlchemy connection and may wait only for the
    database. Both raise `StorageUnavailable`, and pass on the function's own exceptions.
    """

    dialect: str

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return the result of `work`; each of its statements is a read of its own."""
        ...

    async def write(self, work: Callable[[Connection], Result], *, urgent: bool = False) -> Result:
        """Return the result of `work`, committed unless it raises.

        `urgent` is for writes that a member waits for: they overtake the queued writes.
        """
        ...

    async def overwrite_input(self, job_id: str, name: str) -> None:
        """Fill a stored input with zeros where that can be done, in many short turns."""
        ...

    async def in_copies(self, delete: Callable[[Path], None]) -> None:
        """Delete from the copies beside the file that were made before upgrades."""
        ...

    async def tidy(self) -> None:
        """Make the file as small as what it holds and its log empty, in short turns."""
        ...

    async def announce(self, sender: str) -> None:
        """Tell the other processes on this database that there is work; it may be lost."""
        ...

    async def hear(self, owner: str, heard: Callable[[], None]) -> None:
        """Call `heard` for each announcement of others until cancelled; raises if it can't."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's error about an unusable database into `StorageUnavailable`."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.TimeoutError:
        raise StorageUnavailable("held", "no connection became free") from None
    except exc.DBAPIError as error:
        unavailable = _unavailable(error.orig, lost=error.connection_invalidated)
        if unavailable is None:
            raise
        raise unavailable from None
    except sqlite3.Error as error:  # raised before there is a connection
        unavailable = _unavailable(error, lost=False)
        if unavailable is None:
            raise
        raise unavailable from None
    except OSError as error:
        raise StorageUnavailable("cannot_open", _why_not_connected(error)) from None


def _why_not_connected(error: OSError) -> str:
    """Return the kind of the socket's error; its message may contain the URL."""
    match error:
        case socket.gaierror():
            return "its server's name cannot be resolved"
        case ssl.SSLError():
            return "the connection to its server is not trusted"
        case TimeoutError():
            return "its server does not answer in time"
        case ConnectionRefusedError() | FileNotFoundError():
            return "no server answers there"
        case _:
            return f"its server cannot be reached ({type(error).__name__})"


def _unavailable(error: object, *, lost: bool) -> StorageUnavailable | None:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        about_file = reason_of(code)
        return StorageUnavailable(about_file, str(error)) if about_file else None
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and state.startswith((*_SQLSTATE_UNAVAILABLE, *_SQLSTATE_REASONS)):
        reason = _SQLSTATE_REASONS.get(state, "corrupt" if state[:2] == "XX" else "cannot_open")
        said = _SQLSTATE_WORDS.get(state) or _SQLSTATE_WORDS.get(state[:2])
        told = f"SQLSTATE {state}"
        return StorageUnavailable(reason, f"{said} ({told})" if said else told)
    # asyncpg's own error has no code; SQLAlchemy keeps it as the cause of another.
    if type(getattr(error, "__cause__", None)).__name__ == "TargetServerAttributeNotMatched":
        return StorageUnavailable("cannot_open", "no server is as target_session_attrs demands")
    if lost:
        return StorageUnavailable("cannot_open", "the connection was lost")
    return None
