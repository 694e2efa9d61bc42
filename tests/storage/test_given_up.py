"""A step that was given up in the middle of a write leaves nothing open behind."""

import asyncio
import gc
from pathlib import Path

from sqlalchemy import text

from storage.connections import connect_sqlite


async def test_closing_ends_connections_that_nobody_returns(tmp_path: Path) -> None:
    """A connection still held when the database closes is closed all the same."""
    connections = connect_sqlite(str(tmp_path / "kling.db"))
    inside, never = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with connections.writing() as connection:
            await connection.execute(text("CREATE TABLE held (n INTEGER)"))
            inside.set()
            await never.wait()

    holding = asyncio.ensure_future(hold())
    await inside.wait()
    [driver] = list(connections._drivers)
    await connections.close()
    assert driver._connection is None
    holding.cancel()
    await asyncio.wait({holding})
    del driver, holding
    gc.collect()
