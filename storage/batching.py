"""Batches concurrent calls: one transaction and one disk sync for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

AT_ONCE_MAX: Final = 250
"""Further items wait for the next batch, because a long batch would delay all of its items."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Batches concurrent calls: one `together` call for all waiting items.

    A single item is not delayed. `together` returns one result for each item, in order: a value to
    return, or an exception to raise; an exception that `together` raises itself is raised for every
    item. Only one call runs at a time. Items that are not urgent wait up to `pause_s` seconds for
    others.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        at_once_max: int = AT_ONCE_MAX,
        pause_s: float = 0.0,
    ) -> None:
        self._together = together
        self._at_once_max = at_once_max
        self._pause_s = pause_s
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """Return the result of the item.

        If the caller is cancelled before the item's batch starts, the item is dropped; after that,
        it is processed all the same.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        try:
            while self._waiting:
                if self._pause_s:
                    await asyncio.sleep(self._pause_s)
                turn = self._waiting[: self._at_once_max]
                del self._waiting[: self._at_once_max]
                await self._take([one for one in turn if not one[1].done()])
        finally:
            self._working = None

    async def _take(self, turn: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = await self._together([item for item, _ in turn]) if turn else ()
        except Exception as failure:  # noqa: BLE001 - each caller gets it raised
            results = [failure] * len(turn)
        except BaseException:
            for _, done in turn:
                done.cancel()
            raise
        for (_, done), result in zip(turn, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
