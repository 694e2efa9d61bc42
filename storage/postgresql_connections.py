"""PostgreSQL: a pool of connections; its transactions need no queue of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, event, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage.address import CACHE_SIZES, PostgresqlAddress
from storage.connections import POSTGRESQL, translated

POOL_CONNECTIONS: Final = 8
CONNECT_TIMEOUT_S: Final = 10.0
STATEMENT_TIMEOUT_S: Final = 30.0

Result = TypeVar("Result")


class PostgresqlConnections:
    """Connections to one server; nothing is opened yet."""

    def __init__(self, address: PostgresqlAddress) -> None:
        self.dialect = POSTGRESQL
        self._engine = create_async_engine(
            URL.create(
                "postgresql+asyncpg",
                username=address.user or None,
                password=address.password or None,
                database=address.database or None,
            ),
            hide_parameters=True,
            pool_size=POOL_CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args=_asyncpg_arguments(address),
        )
        event.listen(self._engine.sync_engine, "connect", _set_up)
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

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def analyze(here: Connection) -> None:
    """Tell the planner how many rows there are; until then it guesses, and guesses badly."""
    tables = inspect(here).get_table_names()
    here.exec_driver_sql(f"ANALYZE {', '.join(tables)}")


def _set_up(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # A plan that is to serve for all values reads the whole table where it expects to find a row
    # soon, which in the loop's looks is never so. Planning anew takes a fraction of a millisecond.
    cursor = connection.cursor()
    cursor.execute("SET plan_cache_mode = force_custom_plan")
    cursor.close()


def _asyncpg_arguments(address: PostgresqlAddress) -> dict[str, Any]:
    """Return the options by asyncpg's names, which differ from libpq's."""
    arguments: dict[str, Any] = {
        "timeout": CONNECT_TIMEOUT_S,
        "command_timeout": STATEMENT_TIMEOUT_S,
        **({"host": address.host} if address.host else {}),
        **({"port": address.port} if address.port else {}),
    }
    for name, value in address.options.items():
        if name == "application_name":
            arguments["server_settings"] = {name: value}
        else:
            renamed = "ssl" if name == "sslmode" else name
            arguments[renamed] = int(value) if name in CACHE_SIZES else value
    return arguments
