"""A PostgreSQL database that keeps its schema between tests: making it takes a quarter of a second.

What a test has changed of the schema is noticed, and it is made anew.
"""

from typing import Any

from storage.engine import open_database
from tests.harness.postgres_server import Database

SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', conrelid, pg_get_constraintdef(oid)) FROM pg_constraint
    UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
) AS lines
"""
TABLES = "SELECT array_agg(format('%I', tablename)) FROM pg_tables WHERE schemaname = 'public'"
SIZE = """
SELECT sum(pg_relation_size(format('%I', tablename)::regclass))
FROM pg_tables WHERE schemaname = 'public'
"""
FROM_ONE = """
SELECT setval(format('%I', sequencename)::regclass, 1, false)
FROM pg_sequences WHERE schemaname = 'public'
"""
LARGE_BYTES = 1_000_000
"""From here on `TRUNCATE` is the quicker way; it makes each table and index a new file."""
VERSION = "SELECT array_agg(version) FROM schema_version"


class KeptSchema:
    """Gives the database without a row, at the newest schema."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made: tuple[str, list[int]] | None = None

    async def cleared(self) -> str:
        """Return its URL, once nothing of an earlier test is left."""
        here = await self._database.connect()
        try:
            if self._made is None or await here.fetchval(SHAPE) != self._made[0]:
                await self._database.emptied()
                async with open_database(self._database.url, owner="nobody"):
                    pass
                self._made = await here.fetchval(SHAPE), await here.fetchval(VERSION)
            await self._clear(here, self._made[1])
        finally:
            await here.close()
        return self._database.url

    async def _clear(self, here: Any, versions: list[int]) -> None:
        async with here.transaction():
            tables = await here.fetchval(TABLES)
            if await here.fetchval(SIZE) >= LARGE_BYTES:
                await here.execute(f"TRUNCATE {','.join(tables)}")
            else:
                await here.execute("SET LOCAL session_replication_role = replica")
                await here.execute(";".join(f"DELETE FROM {table}" for table in tables))  # noqa: S608 - our own names
            await here.execute(FROM_ONE)
            rows = [(version,) for version in versions]
            await here.executemany("INSERT INTO schema_version (version) VALUES ($1)", rows)
