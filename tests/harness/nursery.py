"""Bots as processes that need not import anything: they are forked from one process that has.

What runs in a fork is what `python -m bot …` runs, with arguments, an environment, a folder and a
stderr of its own, and it can be killed like any other process.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from tests.harness.shell import ROOT

Main = Callable[[Sequence[str], Mapping[str, str]], int]
"""What is run: takes the arguments and the environment, returns the exit code."""
IMPORTED: Final = ("bot.app", "bot.client", "tests.harness.recovery.dying")
"""What no fork has to import."""
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([*IMPORTED, __name__])
_OPENING: Final = threading.Lock()


class Child:
    """One bot that was forked, with the part of asyncio's processes that its keeper needs."""

    def __init__(
        self,
        process: ForkServerProcess,
        stderr: asyncio.StreamReader,
        unused: asyncio.StreamWriter,
    ) -> None:
        self.stderr = stderr
        self._process = process
        self._unused = unused
        self._ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; raises ProcessLookupError where it has ended."""
        if self._ended.done() or self._process.pid is None:
            raise ProcessLookupError
        os.kill(self._process.pid, number)

    async def wait(self) -> int:
        """Return its exit code, or minus the number of the signal, once it has ended."""
        return int(await asyncio.shield(self._ended))

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set_result(self._process.exitcode)
        self._process.close()
        self._unused.close()


async def fork(
    main: Main, args: Sequence[str], *, env: Mapping[str, str], cwd: Path, line_max_bytes: int
) -> Child:
    """Run `main` in a child with nothing but `env` in its environment."""
    ours, theirs = socket.socketpair()
    with theirs:
        given = (main, list(args), dict(env), str(cwd), theirs)
        process = await asyncio.to_thread(_start, given)
    stderr, unused = await asyncio.open_connection(sock=ours, limit=line_max_bytes)
    return Child(process, stderr, unused)


def _start(given: tuple[object, ...]) -> ForkServerProcess:
    with _OPENING:
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = str(ROOT)  # for the nursery, which imports when it is opened
        try:
            forkserver.ensure_running()
        finally:
            del os.environ["PYTHONPATH"]
            if before is not None:
                os.environ["PYTHONPATH"] = before
    process = _CONTEXT.Process(target=_live, args=given)
    process.start()
    return process


def _live(main: Main, args: list[str], env: dict[str, str], cwd: str, said: socket.socket) -> None:
    """Be a process that has just been started, and run `main`."""
    with said, open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    warnings.simplefilter("error")
    sys.exit(main(args, os.environ))
