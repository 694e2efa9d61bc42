"""What it costs that PostgreSQL keeps no prepared statement, which a pooler would mix up.

The same store on the same server, once as it is and once with the drivers' caches on and each plan
made anew, as it was before. The fastest tenth counts, as for growth.
"""

import contextlib
import statistics
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.growth import Subject, live
from storage.address import PostgresqlAddress, parse_address
from storage.engine import open_database
from storage.postgresql_connections import NOTHING_PREPARED, PostgresqlConnections
from storage.store import JobStore
from tests.harness.postgres_server import find_programs, serving

KEPT: Final = {"statement_cache_size": 100, "prepared_statement_cache_size": 100}
"""The drivers' own values."""
PLANNED_ANEW: Final = "options=-cplan_cache_mode%3Dforce_custom_plan"


async def measure(_folder: Path, amount: Amount) -> dict[str, Any]:
    """Return milliseconds by what is asked: with kept statements, and without."""
    programs = find_programs()
    if programs is None:
        return {"skipped": "no PostgreSQL here: apt-get install postgresql"}
    with serving(programs) as server:
        await server.database.execute("CREATE DATABASE kept")
        now = server.database.url
        before = f"{replace(server.database, name='kept').url}&{PLANNED_ANEW}"
        async with _subject(before, KEPT) as kept, _subject(now, NOTHING_PREPARED) as ours:
            for number in range(amount.growth_rounds):
                for subject in (kept, ours) if number % 2 else (ours, kept):
                    await live(subject)
    times = {
        name: [statistics.quantiles(each.times_s[name], n=10)[0] * 1e3 for each in (kept, ours)]
        for name in kept.times_s
    }
    return {"p10_ms": times}


@contextlib.asynccontextmanager
async def _subject(url: str, caches: Mapping[str, int]) -> AsyncIterator[Subject]:
    async with open_database(url, owner="bench"):
        pass
    address = parse_address(url)
    assert isinstance(address, PostgresqlAddress)
    connections = PostgresqlConnections(address, caches)
    try:
        yield Subject(JobStore(connections, "bench"), 0)
    finally:
        await connections.close()
