"""One media worker as the bot sees it: a process, its pipes, and how it ended."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import bot
from bot.media.framing import FRAME, REQUEST

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 2.0
REPLY_MAX_BYTES = 64 * 1024 * 1024
READ_BYTES = 1024 * 1024

# A worker needs no tokens or keys, so it does not get them.
_ENVIRONMENT = frozenset({"PATH", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT"})
_ENVIRONMENT_PREFIXES = ("PYTHON", "LC_", "COVERAGE_")


class WorkerLost(Exception):
    """The worker is gone or may not be used again."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class MediaWorker:
    """One process and its two pipes; used by one task at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, memory_bytes: int) -> Self:
        """A worker that has imported its libraries and waits for work."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "bot.media.worker_process",
            str(memory_bytes),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
            process_group=0,  # the terminal's Ctrl-C is for the bot, which ends us in order
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(START_DEADLINE_S):
                await worker._read_frame()
        except TimeoutError:
            await worker.kill()
            raise WorkerLost("crashed", "start took too long") from None
        except BaseException:
            await worker.kill()
            raise
        return worker

    async def call(self, call: bytes, cpu_s: float) -> tuple[dict[str, Any], bytes]:
        """Run the pickled `call`; return the reply's head and blob, or raise `WorkerLost`."""
        stdin = self._process.stdin
        if stdin is None:
            raise WorkerLost("crashed", "no pipe")
        try:
            stdin.write(REQUEST.pack(cpu_s, len(call)))
            stdin.write(call)
            await stdin.drain()
        except ConnectionError:
            raise WorkerLost(await self._cause_of_death()) from None
        return await self._read_frame()

    async def _read_frame(self) -> tuple[dict[str, Any], bytes]:
        stdout = self._process.stdout
        if stdout is None:
            raise WorkerLost("crashed", "no pipe")
        try:
            head_length, blob_length = FRAME.unpack(await stdout.readexactly(FRAME.size))
            if head_length + blob_length > REPLY_MAX_BYTES:
                raise WorkerLost("crashed", "reply too long")
            head = json.loads(await stdout.readexactly(head_length))
            blob = await stdout.readexactly(blob_length)
        except asyncio.IncompleteReadError:
            raise WorkerLost(await self._cause_of_death()) from None
        except (ValueError, RecursionError):
            raise WorkerLost("crashed", "unreadable reply") from None
        if not isinstance(head, dict):
            raise WorkerLost("crashed", "unreadable reply")
        return head, blob

    async def _cause_of_death(self) -> str:
        """Read the reason from the signal: SIGKILL for memory, SIGXCPU for CPU time."""
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                code = await self._process.wait()
        except TimeoutError:  # it only closed its pipe
            return "crashed"
        return {-signal.SIGKILL: "memory", -signal.SIGXCPU: "deadline"}.get(code, "crashed")

    def end(self) -> None:
        """Send SIGKILL to it and to whatever it has started."""
        with suppress(ProcessLookupError):
            if self._process.returncode is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    async def kill(self) -> None:
        """Kill it and wait until it is gone."""
        self.end()
        await self._release()

    async def stop(self) -> None:
        """Close its pipe, which tells it to exit; kill it if it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_DEADLINE_S):
                await self._process.wait()
        await self.kill()

    async def _release(self) -> None:
        """Close both pipes; its remaining output must be read for its pipe to close."""
        if self._process.stdin is not None:
            self._process.stdin.close()
            with suppress(ConnectionError):
                await self._process.stdin.wait_closed()
        while self._process.stdout is not None and await self._process.stdout.read(READ_BYTES):
            pass
        await self._process.wait()


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIXES)
    }
    package_root = str(Path(bot.__file__).parent.parent)
    paths = [package_root, *kept.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        **kept,
        "MALLOC_ARENA_MAX": "2",
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }
