"""A command of the bot as a process of its own: started, listened to, killed, started again."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot.cli import main
from sandbox.clock import PATIENCE_S
from storage.engine import open_database
from storage.job import ENDED, Job
from storage.store import JobStore
from tests.harness.nursery import LINE_MAX_BYTES, Child, Main, fork
from tests.harness.shell import WARNINGS, environment
from tests.harness.town import Town

ROWS_MAX = 10_000

T = TypeVar("T")


class BotProcess:
    """One command of the bot, as often as it is started; its log is read while it runs.

    It is forked, or started as `python -m bot …` by the command `within`, such as one that enters
    a namespace. `run` is what runs in a fork instead of the command line. What it said is printed
    when it is closed, which pytest shows for tests that fail.
    """

    def __init__(
        self,
        *args: str,
        env: dict[str, str],
        cwd: Path,
        within: tuple[str, ...] = (),
        run: Main = main,
    ) -> None:
        self.log: list[dict[str, Any]] = []
        """The records of the present run."""
        self.patience_s = PATIENCE_S
        self._args = args
        self._within = within
        self._run = run
        self._env = {**env, "KLINGBOT_LOG__FORMAT": "json", "KLINGBOT_LOG__LEVEL": "debug"}
        self._cwd = cwd
        self._process: Child | asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._said: list[str] = []
        self._turn = asyncio.Event()
        self.beside: list[BotProcess] = []
        """Processes that also look again when this one has said something."""

    async def start(self) -> None:
        """Start it; returns at once."""
        assert self._process is None, "it runs already"
        self.log = []
        self._said.append(f"--- {' '.join(self._args)} is started")
        self._process = await (self._start_within() if self._within else self._fork())
        self._reader = asyncio.create_task(self._read(self._process))

    async def _fork(self) -> Child:
        env = environment(self._env)
        return await fork(self._run, self._args, env=env, cwd=self._cwd)

    async def _start_within(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._within,
            sys.executable,
            *WARNINGS,
            *("-m", "bot"),
            *self._args,
            cwd=self._cwd,
            env=environment(self._env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_MAX_BYTES,
        )

    async def says(self, event: str) -> dict[str, Any]:
        """Return the first record of this event in the present run, once it is there."""
        return (await self.says_often(event, 1))[0]

    async def says_often(self, event: str, times: int) -> list[dict[str, Any]]:
        """Return the records of this event in the current run, once there are this many."""

        async def found() -> list[dict[str, Any]] | None:
            records = [record for record in self.log if record.get("event") == event]
            return records if len(records) >= times else None

        return await self._until(found)

    @property
    def said(self) -> str:
        """Every line so far, of all its runs."""
        return "\n".join(self._said)

    def set(self, name: str, value: str) -> None:
        """Change a setting for the next start."""
        self._env[name] = value

    async def kill(self) -> None:
        """End it by SIGKILL: no handler runs, nothing is flushed."""
        self.send(signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        """Ask it to stop by SIGTERM and return its exit code."""
        self.send(signal.SIGTERM)
        return await self.ended()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def gone(self) -> None:
        """Return once it has ended on its own, however long that takes."""
        assert self._process is not None
        await self._process.wait()

    async def ended(self) -> int:
        """Return its exit code once it has ended."""
        process, reader = self._process, self._reader
        assert process is not None
        assert reader is not None
        async with asyncio.timeout(PATIENCE_S):
            code = await process.wait()
            await reader
        self._process = self._reader = None
        self._said.append(f"--- ended with {code}")
        return code

    async def close(self) -> None:
        """Let nothing of it stay behind."""
        if self._process is not None:
            await self.kill()
        print(self.said, file=sys.stderr)  # noqa: T201 - pytest shows it on failure

    async def _read(self, process: Child | asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode(errors="replace").rstrip()
            self._said.append(line)
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    self.log.append(record)
            for waiting in (self, *self.beside):
                waiting.stir()

    def stir(self) -> None:
        """Let whoever waits for something look again."""
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def _until(self, found: Callable[[], Awaitable[T | None]]) -> T:
        """Return what `found` finds, asked again after every line that is said."""
        reader = self._reader
        assert reader is not None, "it does not run"
        async with asyncio.timeout(self.patience_s):
            while True:
                turn = asyncio.ensure_future(self._turn.wait())
                try:
                    if (value := await found()) is not None:
                        return value
                    assert not reader.done(), "it ended too soon"
                    await asyncio.wait({turn, reader}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    turn.cancel()


class RealBot(BotProcess):
    """`run` in a town."""

    def __init__(
        self, town: Town, cwd: Path, within: tuple[str, ...] = (), run: Main = main
    ) -> None:
        super().__init__("run", env=town.env, cwd=cwd, within=within, run=run)
        self._town = town

    async def connect(self) -> None:
        """Start it and return once the local Discord has let it in."""
        gateway = self._town.discord.gateway
        before = gateway.identifies
        await self.start()
        assert self._reader is not None
        connected = asyncio.ensure_future(
            self._town.discord.until(
                lambda: gateway.identifies > before and gateway.connected, self.patience_s
            )
        )
        await asyncio.wait({connected, self._reader}, return_when=asyncio.FIRST_COMPLETED)
        assert connected.done(), "it ended before it was connected"
        await connected

    async def rows(self, wanted: Callable[[list[Job]], bool]) -> list[Job]:
        """Return all jobs as they lie in the database, once they are as wanted."""

        async def found(store: JobStore) -> list[Job] | None:
            jobs = await store.list_jobs(limit=ROWS_MAX)
            return jobs if wanted(jobs) else None

        return await self._stored(found)

    async def forgotten(self) -> None:
        """Return once nothing that members asked to be deleted is left to be done."""

        async def found(store: JobStore) -> bool | None:
            return None if await store.forget_requests() else True

        await self._stored(found)

    async def at_rest(self) -> list[Job]:
        """Return all jobs once each has ended, and owes nothing to its card or the showcase.

        What is to be hidden was looked at by then, and is not due to be looked at again.
        """

        async def found(store: JobStore) -> list[Job] | None:
            jobs = await store.list_jobs(limit=ROWS_MAX)
            owing = not all(map(_owes_nothing, jobs))
            return None if owing or await store.hidden_due(now=time.time(), limit=1) else jobs

        return await self._stored(found)

    async def _stored(self, found: Callable[[JobStore], Awaitable[T | None]]) -> T:
        """Return what `found` finds in the database, read beside the bot, once it finds it."""
        url = self._town.settings.storage.url.get_secret_value()
        async with open_database(url, owner="test", beside=True) as database:
            return await self._until(partial(found, database.jobs))

    async def crash(self) -> None:
        """Kill it and return once the local Discord has noticed that it is gone."""
        await self.kill()
        await self._town.discord.until(lambda: not self._town.discord.gateway.connected, PATIENCE_S)


def _owes_nothing(job: Job) -> bool:
    return job.state in ENDED and job.card.due_at is None and job.show_due_at is None


@contextlib.asynccontextmanager
async def real_bot(town: Town, cwd: Path, run: Main = main) -> AsyncIterator[RealBot]:
    """Run the bot of a town as a process; it is connected when the block begins."""
    bot = RealBot(town, cwd, run=run)
    try:
        await bot.connect()
        yield bot
    finally:
        await bot.close()
