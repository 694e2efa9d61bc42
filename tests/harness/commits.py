"""Waiting for what the bot writes down, without asking it again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

WAIT_S = 60.0


class Commits:
    """Tells when anything was committed to a database of ours."""

    def __init__(self) -> None:
        self._turn = asyncio.Event()
        self._committing: set[int] = set()

    def listen_to(self, engine: AsyncEngine) -> None:
        """Hear of every commit once its connection is back, so that whoever reads then sees it."""
        event.listen(engine.sync_engine, "commit", self._on_commit)
        event.listen(engine.sync_engine.pool, "checkin", self._on_return)

    async def until(self, found: Callable[[], Awaitable[T | None]]) -> T:
        """Return what `found` finds, asked again after every commit."""
        async with asyncio.timeout(WAIT_S):
            while True:
                turn = self._turn
                if (value := await found()) is not None:
                    return value
                await turn.wait()

    def _on_commit(self, connection: Connection) -> None:
        self._committing.add(id(connection.connection.dbapi_connection))

    def _on_return(self, connection: object, _record: object) -> None:
        if id(connection) in self._committing:
            self._committing.discard(id(connection))
            turn, self._turn = self._turn, asyncio.Event()
            turn.set()
