"""Questions to members: one that is stuck keeps no other waiting."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from bot.background import Background
from bot.delivery.face_pictures import FacePictures
from bot.errors import DownloadFailed
from bot.jobs.claim import Claim
from bot.jobs.faces import FACE_SOURCE
from bot.jobs.lanes import PATIENCE_S, Lanes
from bot.jobs.outages import Outages
from bot.jobs.poison import Poison
from bot.jobs.worker import JobWorker
from bot.media.download import Downloader
from sandbox.clock import PATIENCE_S as PATIENT_S
from storage.engine import open_database
from storage.job import State, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.failing_steps import LIMITS, told
from tests.harness.jump_clock import JumpClock
from tests.harness.storage.making import MEMBER, answered, make_job

STUCK = 2
"""As many as the lane has places."""
FACES = 3


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


async def _asked(store: JobStore, member: int, at: float) -> str:
    """Add a job of this member whose question is due."""
    job = make_job(
        state=State.WAITING,
        user_id=member,
        created_at=at,
        waits_for=WaitsFor.FACE,
        waits_until=at,
    )
    return (await answered(store, job)).id


async def test_stuck_questions_keep_no_others_waiting(store: JobStore) -> None:
    """As many as there are places, and more of one member: another member's is asked."""
    clock, background = JumpClock(), Background()
    stuck, last = asyncio.Semaphore(0), asyncio.Event()
    start = clock.now() - 100.0
    for number in range(STUCK + 2):  # the first member has three
        await _asked(store, MEMBER + max(0, number - 2), start + number)
    innocent = await _asked(store, MEMBER + 9, start + 50.0)

    async def step(claim: Claim) -> None:
        if claim.job.id == innocent:
            await claim.save(due_at=None)
            last.set()
            return
        stuck.release()
        await asyncio.Event().wait()

    lanes = Lanes(store, clock, Outages(store, clock, told, background), {})
    worker = JobWorker(
        store,
        clock,
        [lanes.work(Lane.ASK, step)],
        lambda _: None,
        lambda _: None,
        Poison(clock, told, LIMITS),
        on_failure=lambda _: None,
    )
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(PATIENT_S):
        for _ in range(STUCK):
            await stuck.acquire()
        clock.jump(PATIENCE_S)
        await last.wait()
    await worker.stop(0.0)
    await working
    await background.close()


class Slow:
    """A downloader each of whose files comes once all others are asked for; one never does."""

    def __init__(self) -> None:
        self._all = asyncio.Barrier(FACES)

    async def fetch_bytes(self, url: str, max_bytes: int, timeout_s: float) -> bytes:
        assert max_bytes > 0
        assert timeout_s > 0
        await self._all.wait()
        if url.endswith("2"):
            raise DownloadFailed("kling", "timeout")
        return url.encode()


async def test_the_pictures_of_faces_are_fetched_together() -> None:
    """They take as long as the slowest of them, and come in the order of the faces."""
    numbers = range(1, FACES + 1)
    sources = {FACE_SOURCE.format(number=number): f"https://kling/{number}" for number in numbers}
    job = make_job(sources=sources, question={"faces": [{}] * FACES})
    async with asyncio.timeout(PATIENT_S):
        files = await FacePictures(cast("Downloader", Slow())).of(job)
    assert [file.filename for file in files] == ["face-1.jpg", "face-3.jpg"]
    assert [file.data for file in files] == [b"https://kling/1", b"https://kling/3"]
