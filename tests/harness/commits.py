"""Waiting for what the bot writes down, without asking it again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sandbox.clock import PATIENCE_S
from storage.connections import Connections

T = TypeVar("T")


class Commits:
    """Tells when anything was committed to a database of ours."""

    def __init__(self) -> None:
        self._turn = asyncio.Event()
        self.tidied = 0
        """How often the database was tidied up."""

    def listen_to(self, connections: Connections) -> None:
        """Be called for every write once it is committed, so that a reader then sees it."""
        write, tidy = connections.write, connections.tidy

        async def heard(*args: Any, **kwargs: Any) -> Any:
            try:
                return await write(*args, **kwargs)
            finally:
                self._say()

        async def heard_tidying() -> None:
            await tidy()
            self.tidied += 1
            self._say()

        connections.write = heard  # type: ignore[method-assign]  # stands in front of it
        connections.tidy = heard_tidying  # type: ignore[method-assign]  # as above

    def _say(self) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def until(self, found: Callable[[], Awaitable[T | None]]) -> T:
        """Return what `found` finds, asked again after every commit."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                turn = self._turn
                if (value := await found()) is not None:
                    return value
                await turn.wait()
