"""A thread for one blocking call, outside asyncio's default executor.

That executor has only a few threads for everything, and host look-ups wait there too, for as long
as outsiders' name servers take.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def in_own_thread(work: Callable[[], Result]) -> Result:
    """Return the result of `work`, or raise its exception; the thread ends with the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result) -> None:
        if not done.done():
            done.set_result(result)

    def fail(error: BaseException) -> None:
        if not done.done():
            done.set_exception(error)

    def go() -> None:
        with contextlib.suppress(RuntimeError):  # The loop has ended and nothing waits.
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                loop.call_soon_threadsafe(fail, error)
            else:
                loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=go, name="storage", daemon=True).start()
    return await done
