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
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

Main = Callable[[Sequence[str], Mapping[str, str]], int]
"""What is run: takes the arguments and the environment, returns the exit code."""
IMPORTED: Final = ("bot.app", "bot.worker_app", "bot.client", "tests.harness.recovery.dying")
"""What no fork has to import."""
LINE_MAX_BYTES: Final = 2**20
_ROOT: Final = Path(__file__).parents[2]
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([*IMPORTED, __name__])
_OPENING: Final = threading.Lock()


class Child:
    """One bot that was forked, with the part of asyncio's processes that its keeper needs."""

    def __init__(self, process: ForkServerProcess, stdout: "Said", stderr: "Said") -> None:
        self.stdout = stdout.reader
        self.stderr = stderr.reader
        self._process = process
        self._said = (stdout, stderr)
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
        for said in self._said:
            said.unused.close()


@dataclass(frozen=True)
class Said:
    """What a child says on one of its streams."""

    reader: asyncio.StreamReader
    unused: asyncio.StreamWriter


async def fork(
    main: Main,
    args: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    line_max_bytes: int = LINE_MAX_BYTES,
) -> Child:
    """Run `main` in a child with nothing but `env` in its environment."""
    (out, its_out), (err, its_err) = socket.socketpair(), socket.socketpair()
    with its_out, its_err:
        given = (main, list(args), dict(env), str(cwd), its_out, its_err)
        process = await asyncio.to_thread(_start, given)
    stdout, stderr = [
        Said(*await asyncio.open_connection(sock=ours, limit=line_max_bytes)) for ours in (out, err)
    ]
    return Child(process, stdout, stderr)


def _start(given: tuple[object, ...]) -> ForkServerProcess:
    with _OPENING:
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = str(_ROOT)  # for the nursery, which imports when it is opened
        try:
            forkserver.ensure_running()
        finally:
            del os.environ["PYTHONPATH"]
            if before is not None:
                os.environ["PYTHONPATH"] = before
    process = _CONTEXT.Process(target=_live, args=given)
    process.start()
    return process


def _live(
    main: Main,
    args: list[str],
    env: dict[str, str],
    cwd: str,
    out: socket.socket,
    err: socket.socket,
) -> None:
    """Be a process that has just been started, and run `main`."""
    with out, err:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(err.fileno(), sys.stderr.fileno())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    warnings.simplefilter("error")
    sys.exit(main(args, os.environ))
