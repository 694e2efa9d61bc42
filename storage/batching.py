"""Doing together what is asked for at the same time: one transaction, one sync of the disk."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

AT_ONCE_MAX: Final = 250
"""More wait for the next turn: one that is too long would make all in it late."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Calls `together` with every item that waits; whoever comes alone waits for nobody.

    `together` returns one result for each item, in order: a value to return, or an exception to
    raise. What it raises itself is raised for every item. The calls take turns. With `pause_s`
    seconds, items that nobody is in a hurry for wait that long for others before each call.
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
        """Return what became of the item.

        One whose caller was cancelled before its turn is left out; in its turn, it is done.
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
