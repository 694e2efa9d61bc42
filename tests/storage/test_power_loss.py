"""Power loss while the bot writes: the disk's contents open and hold what was acknowledged.

A process that writes is stopped by SIGSTOP at any of its instructions, file and log are copied as
they are, and it continues as if nothing had happened.
"""

import asyncio
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import PATIENCE_S
from storage.engine import open_database
from storage.job import State
from tests.harness.shell import environment
from tests.harness.storage import writing
from tests.harness.storage.contents import at_hand, whole
from tests.harness.storage.files import copied

pytestmark = pytest.mark.sweep

STOPS = 25
LINES_BETWEEN_MAX = 40
LIFE = [State.PREPARING, State.READY, State.POSTING, State.DONE]
EVERY_JOB = 10**6
READ_BYTES = 65_536


class Writer:
    """The process that writes, and the newest state of each job that it has acknowledged."""

    def __init__(self, url: str) -> None:
        self.acknowledged: dict[str, State] = {}
        self._process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, writing.__file__, url],
            env=environment({}),
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdout is not None
        self._said = self._process.stdout.fileno()
        os.set_blocking(self._said, False)

    def say(self, lines: int) -> None:
        """Return once it has acknowledged so much more."""
        while lines > 0:
            ready, _, _ = select.select([self._said], [], [], PATIENCE_S)
            assert ready, "it says nothing"
            lines -= self._take()

    def stop(self) -> None:
        """Stop it, and take in whatever it has acknowledged before."""
        self._process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(self._process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        while self._take():
            pass

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _take(self) -> int:
        """Take in what it has said and return how many lines that were."""
        try:
            lines = os.read(self._said, READ_BYTES).decode().splitlines()
        except BlockingIOError:
            return 0
        assert lines, "it has ended"
        for line in lines:
            job_id, state = line.split()
            self.acknowledged[job_id] = State(state)
        return len(lines)


@pytest.fixture
def writer(sqlite_path: Path) -> Iterator[Writer]:
    made = Writer(f"sqlite:///{sqlite_path}")
    yield made
    made.end()


def test_power_loss_loses_nothing_acknowledged(
    sqlite_path: Path, tmp_path: Path, writer: Writer
) -> None:
    """Again and again under load: every job that was acknowledged is there, as far as it was."""
    moments = random.Random(0)  # noqa: S311 - no secret; the moment is the machine's anyway
    for number in range(STOPS):
        writer.say(moments.randint(1, LINES_BETWEEN_MAX))
        writer.stop()
        copy = tmp_path / f"copy{number}" / sqlite_path.name
        copied(sqlite_path, copy)
        acknowledged = dict(writer.acknowledged)
        writer.go_on()
        asyncio.run(_holds(copy, acknowledged))
        copy.unlink()
    assert len(writer.acknowledged) > STOPS


async def _holds(copy: Path, acknowledged: dict[str, State]) -> None:
    async with open_database(f"sqlite:///{copy}", owner="after") as database:
        store = database.jobs
        found = {job.id: job for job in await store.list_jobs(limit=EVERY_JOB)}
        for job_id, state in acknowledged.items():
            assert LIFE.index(found[job_id].state) >= LIFE.index(state)
        for job_id in list(acknowledged)[-LINES_BETWEEN_MAX:]:
            [kept] = (await store.inputs(job_id)).values()
            assert await whole(store, kept) == at_hand(writing.INPUT)
            if acknowledged[job_id] in {State.POSTING, State.DONE}:
                assert len(await store.deliveries(job_id)) == 1
