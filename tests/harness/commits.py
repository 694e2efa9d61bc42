"""Waiting for what the bot writes down, without asking it again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from storage.connections import Connections

T = TypeVar("T")

WAIT_S = 60.0


class Commits:
    """Tells when anything was committed to a database of ours."""

    def __init__(self) -> None:
        self._turn = asyncio.Event()

    def listen_to(self, connections: Connections) -> None:
        """Hear of every write once it is committed, so that whoever reads then sees it."""
        write = connections.write

        async def heard(*args: Any, **kwargs: Any) -> Any:
            try:
                return await write(*args, **kwargs)
            finally:
                turn, self._turn = self._turn, asyncio.Event()
                turn.set()

        connections.write = heard  # type: ignore[method-assign]  # stands in front of it

    async def until(self, found: Callable[[], Awaitable[T | None]]) -> T:
        """Return what `found` finds, asked again after every commit."""
        async with asyncio.timeout(WAIT_S):
            while True:
                turn = self._turn
                if (value := await found()) is not None:
                    return value
                await turn.wait()
