"""PostgreSQL: a pool of connections; its transactions need no queue of ours.

What is between us and the server may be a pooler that gives each transaction another connection of
the server's. So nothing here outlives a transaction: no prepared statement, no `SET`.
"""

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, NullPool, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from storage.address import PostgresqlAddress
from storage.connections import POSTGRESQL, translated
from storage.errors import StorageUnavailable
from storage.postgresql_options import (
    SYSTEM_ROOTS,
    VERIFYING,
    asyncpg_arguments,
    ssl_mode,
    verifies_by_system,
)
from storage.postgresql_wakeups import CHANNEL, hear
from storage.statements import analyze

POOL_CONNECTIONS: Final = 8
NOTHING_PREPARED: Final = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
"""asyncpg numbers its prepared statements from 1 in every process, and behind a pooler a statement
of another process is found under the number: its rows come back, without an error. With both caches
off, a statement has no name and goes together with its values. `python -m bench statements` says
what that costs. It also has each statement planned for its values: a plan for all values reads the
whole table where it expects to find a row soon, which in the loop's looks is never so."""
LIBPQ_FOLDER: Final = ".postgresql"

Result = TypeVar("Result")


class PostgresqlConnections:
    """Connections to one server; nothing is opened yet.

    `caches` are asyncpg's and SQLAlchemy's; others than the usual ones are for measuring. Raises
    `StorageUnavailable` if a file that the URL names is not there.
    """

    def __init__(
        self, address: PostgresqlAddress, caches: Mapping[str, int] = NOTHING_PREPARED
    ) -> None:
        self.dialect = POSTGRESQL
        url = URL.create(
            "postgresql+asyncpg",
            username=address.user or None,
            password=address.password or None,
            database=address.database or None,
        )
        arguments = {**_arguments(address), **caches}
        self._engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_size=POOL_CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args=arguments,
        )
        self._listening = create_async_engine(
            url, hide_parameters=True, poolclass=NullPool, connect_args=arguments
        )
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` returns, as `Connections` promises."""
        with translated():
            async with self._reader.connect() as connection:
                return await connection.run_sync(work)

    async def write(self, work: Callable[[Connection], Result], *, urgent: bool = False) -> Result:  # noqa: ARG002 - there is no line to overtake
        """Return what `work` returns, as `Connections` promises."""
        with translated():
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def overwrite_input(self, job_id: str, name: str) -> None:
        """Nothing: old versions of a row are the server's, which takes them away by itself."""

    async def in_copies(self, delete: Callable[[Path], None]) -> None:
        """Do nothing: the server's copies are its operator's."""

    async def tidy(self) -> None:
        """Have the planner look at the tables: the server's own turn may come late, or never."""
        await self.write(analyze)

    async def announce(self, sender: str) -> None:
        """Wake whoever hears, in every process."""
        notifying = select(func.pg_notify(CHANNEL, sender))
        await self.write(lambda here: here.execute(notifying).close())

    async def hear(self, owner: str, heard: Callable[[], None]) -> None:
        """Hear what others announce, on a connection of its own, as `Connections` promises."""
        with translated():
            async with self._listening.connect() as connection:
                raw = await connection.get_raw_connection()
                try:
                    await hear(raw.driver_connection, owner, heard, self.announce)
                finally:
                    await connection.invalidate()  # it listens still

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
        await self._listening.dispose()


def _arguments(address: PostgresqlAddress) -> dict[str, Any]:
    """Return what asyncpg is to connect with, except for user, password and database."""
    arguments = asyncpg_arguments(address.options)
    if address.host:
        hosts = address.host.split(",")
        arguments["host"] = hosts if len(hosts) > 1 else address.host
    if address.port:
        arguments["port"] = address.port
    for name in ("sslrootcert", "sslcert", "sslkey", "sslcrl"):
        path = address.options.get(name, "")
        if path and path != SYSTEM_ROOTS and not Path(path).is_file():
            raise StorageUnavailable("cannot_open", f"{name} in its URL names no file")
    own_roots = (Path.home() / LIBPQ_FOLDER / "root.crt").is_file()
    if verifies_by_system(address.options, own_roots=own_roots):
        arguments.pop("dsn", None)
        arguments["ssl"] = _system_trust(address.options)
    return arguments


def _system_trust(options: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities."""
    context = ssl.create_default_context()
    # As in libpq, the system's authorities are only of use together with the host's name.
    by_system = options.get("sslrootcert") == SYSTEM_ROOTS
    context.check_hostname = by_system or ssl_mode(options) not in VERIFYING - {"verify-full"}
    if certificate := options.get("sslcert"):
        key = options.get("sslkey")
        context.load_cert_chain(certificate, key, options.get("sslpassword", ""))
    return context
