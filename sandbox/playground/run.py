"""Opens the playground and keeps it open until Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Final, TextIO

from sandbox.playground.ground import Ground, open_ground
from sandbox.ports import explained
from sandbox.process import BotEnded

PORT: Final = 8420
CANNOT_SERVE: Final = 1
"""The exit code if the page can't be served."""
GREETED_AFTER_S: Final = 1.0
"""If a server arrives in discord.py's first half second, it counts as already known."""


def run_playground(port: int = PORT) -> int:
    """Serve the page on `port` (0: a free one) until asked to stop; return the exit code."""
    return asyncio.run(_run(port, sys.stdout, sys.stderr))


async def _run(port: int, out: TextIO, err: TextIO) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return await serve(port, stop, out, err)


async def serve(port: int, stop: asyncio.Event, out: TextIO, err: TextIO) -> int:
    """Serve the page on `port` (0: a free one) until `stop` is set; return the exit code."""
    async with contextlib.AsyncExitStack() as stack:
        made = stack.enter_context(tempfile.TemporaryDirectory(prefix="kling-playground-"))
        opening = open_ground(Path(made), port, invited=False)
        try:
            ground = await stack.enter_async_context(opening)
        except OSError as problem:
            print(explained("The page", port, problem, PORT, by_make=True), file=err)
            return CANNOT_SERVE
        print(f"The playground: {ground.url}  (Ctrl-C ends it)", file=out, flush=True)
        async with asyncio.TaskGroup() as tasks:
            beginning = tasks.create_task(_begin(ground, err))
            await stop.wait()
            beginning.cancel()
        with contextlib.suppress(TimeoutError):
            await ground.bot.stop_bot()
    return 0


async def _begin(ground: Ground, err: TextIO) -> None:
    await start(ground, err)
    await _open_browser(ground.url)


async def start(ground: Ground, err: TextIO) -> None:
    """Start the bot and let it join the server; if it ends instead, print the end of its log."""
    try:
        await ground.bot.start_bot()
    except (BotEnded, TimeoutError):
        print(f"The bot did not start. The end of its log:\n{ground.bot.last_words()}", file=err)
    await asyncio.sleep(GREETED_AFTER_S)
    ground.invite()


async def _open_browser(url: str) -> None:
    """Open the page if there is a display; otherwise the printed URL is enough."""
    shown = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if shown:
        await asyncio.to_thread(webbrowser.open, url)
