"""Folders of results that wait for another try: gone once nothing will need them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.background import Background
from bot.delivery.folders import FOLDERS_KEPT_S, Folders
from sandbox.clock import PATIENCE_S
from storage.errors import ClaimLost
from storage.job import Job, new_job_id
from storage.scratch import Scratch
from tests.harness.jobs import make_job
from tests.harness.manual_clock import ManualClock

FILE = "result-0.mp4"


class Watched(Folders):
    """Says when it has dropped one."""

    def __init__(self, scratch: Scratch, clock: ManualClock, background: Background) -> None:
        super().__init__(scratch, clock, background)
        self.dropped = asyncio.Event()

    async def drop(self, job_id: str) -> None:
        await super().drop(job_id)
        self.dropped.set()


def a_job() -> Job:
    return replace(make_job(), id=new_job_id())


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="folders")
async def _folders(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Watched]:
    background = Background()
    yield Watched(Scratch(tmp_path / "scratch", locked=False), clock, background)
    await background.close()


def left(tmp_path: Path) -> list[Path]:
    return [*tmp_path.rglob(FILE)]


async def kept(folders: Folders, job: Job, *, lost: bool = False) -> Path:
    """Leave a file in a folder for the job's next try."""
    async with folders.folder(job) as folder:
        await asyncio.to_thread((folder / FILE).touch)
        folders.keep(job, folder)
        if lost:
            raise ClaimLost(job.id)
    return folder


async def test_a_folder_is_there_again_until_its_job_is_dropped(
    folders: Folders, tmp_path: Path
) -> None:
    """A second try finds what the first one fetched; stopped or deleted, nothing is left."""
    job, other = a_job(), a_job()
    first = await kept(folders, job)
    assert await kept(folders, job) == first
    await folders.drop(other.id)
    assert left(tmp_path)
    await folders.drop(job.id)
    assert not left(tmp_path)


async def test_everything_goes_when_somebody_is_forgotten(folders: Folders, tmp_path: Path) -> None:
    """Whose folders they are is not known any more; the others' are fetched again."""
    for _ in range(3):
        await kept(folders, a_job())
    await folders.drop_all()
    assert not left(tmp_path)


async def test_a_claim_that_is_lost_leaves_no_folder(folders: Folders, tmp_path: Path) -> None:
    """Also where it had been kept a moment before: another process has the job, or nobody."""
    job = a_job()
    with pytest.raises(ClaimLost):
        await kept(folders, job, lost=True)
    assert not left(tmp_path)


async def test_a_folder_expires_a_quarter_of_an_hour_after_its_last_use(
    folders: Watched, clock: ManualClock, tmp_path: Path
) -> None:
    """Each use begins the time anew."""
    job = a_job()
    for _ in range(3):
        await kept(folders, job)
        await asyncio.sleep(0)
        clock.advance(FOLDERS_KEPT_S - 1)
        await asyncio.sleep(0)
    assert left(tmp_path)
    clock.advance(1)
    async with asyncio.timeout(PATIENCE_S):
        await folders.dropped.wait()
    assert not left(tmp_path)
