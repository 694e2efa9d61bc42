"""A thread for one thing that blocks, outside asyncio's default executor.

That executor has a handful of threads for everybody; look-ups of names, whose answers strangers
decide about, wait there too.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def in_own_thread(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises; the thread keeps no process alive."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result) -> None:
        if not done.done():
            done.set_result(result)

    def fail(error: BaseException) -> None:
        if not done.done():
            done.set_exception(error)

    def go() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                loop.call_soon_threadsafe(fail, error)
            else:
                loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=go, name="storage", daemon=True).start()
    return await done
