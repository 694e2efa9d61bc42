"""The local Kling by itself, for authors of clients of Kling or of a gateway to it."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Final, TextIO

from sandbox.kling.scripts import FAILED_WORD
from sandbox.kling.world import LocalKling
from sandbox.ports import explained

PORT: Final = 8421
CANNOT_SERVE: Final = 1


def run_kling(port: int | None, out: TextIO, err: TextIO) -> int:
    """Serve the local Kling on a port (None: its default) until asked to stop.

    Returns the exit code.
    """
    return asyncio.run(_run(PORT if port is None else port, out, err))


async def _run(port: int, out: TextIO, err: TextIO) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await serve(port, stop, out, err)


async def serve(port: int, stop: asyncio.Event, out: TextIO, err: TextIO) -> int:
    """Serve the local Kling on a port (0: a free one) until `stop` is set; return the exit code."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            kling = await stack.enter_async_context(kling_on(port))
        except OSError as problem:
            print(explained("The local Kling", port, problem, PORT), file=err)
            return CANNOT_SERVE
        print(f"{described(kling)}\nCtrl-C ends it.", file=out, flush=True)
        await stop.wait()
    return 0


@contextlib.asynccontextmanager
async def kling_on(port: int) -> AsyncIterator[LocalKling]:
    """Yield a local Kling that listens on the port (0: a free one).

    Raises:
        OSError: if the port is taken.
    """
    kling = LocalKling()
    try:
        await kling.start(port)
        yield kling
    finally:
        await kling.close()


def described(kling: LocalKling) -> str:
    """Return its URL, its keys, and the words that make it refuse."""
    return f"""\
The local Kling: {kling.base_url}
  API key:       {kling.keys.api_key}
  or access key: {kling.keys.access_key}
     secret key: {kling.keys.secret_key}
  It draws placeholders and costs nothing. A task fails whose prompt contains "{FAILED_WORD}"."""
