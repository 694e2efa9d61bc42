"""One temporary folder per job, for its results on their way from Kling into a message.

It outlives a delivery that is tried again, so that nothing is downloaded twice, and nothing else.
"""

import asyncio
import contextlib
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

from bot.background import Background
from bot.clock import Clock
from storage.errors import ClaimLost
from storage.job import Job
from storage.scratch import Scratch

FOLDERS_KEPT_MAX: Final = 16
"""Folders that wait for another try; beyond it the one kept longest is deleted."""
FOLDERS_KEPT_S: Final = 15 * 60.0
"""Without use, for example because another process has delivered the job; then it is deleted."""


class _Kept(NamedTuple):
    """A folder that waits for another try, and until when (Unix seconds)."""

    path: Path
    until: float


class Folders:
    """Makes, keeps and deletes them."""

    def __init__(self, scratch: Scratch, clock: Clock, background: Background) -> None:
        self._scratch = scratch
        self._clock = clock
        self._background = background
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._watched: set[str] = set()
        """Jobs for whose folder a task waits until it has expired."""

    @contextlib.asynccontextmanager
    async def folder(self, job: Job) -> AsyncIterator[Path]:
        """Yield a folder for the job, and delete it with its contents.

        What was given to `keep` is yielded again the next time, unless the claim was lost.
        """
        kept = self._kept.pop(job.id, None)
        if kept is not None and await asyncio.to_thread(kept.path.is_dir):
            made = kept.path
        else:
            made = await asyncio.to_thread(self._scratch.make_folder, f"{job.id}-")
        try:
            yield made
        except ClaimLost:  # the job is another's now, or was deleted
            self._kept.pop(job.id, None)
            raise
        finally:
            gone = [] if job.id in self._kept else [made]
            while len(self._kept) > FOLDERS_KEPT_MAX:
                gone.append(self._kept.popitem(last=False)[1].path)
            for folder in gone:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def keep(self, job: Job, folder: Path) -> None:
        """Keep the job's folder for its next try, so that nothing is downloaded twice.

        It is deleted after a quarter of an hour without use.
        """
        self._kept[job.id] = _Kept(folder, self._clock.now() + FOLDERS_KEPT_S)
        if job.id not in self._watched:
            self._watched.add(job.id)
            self._background.begin(self._expire(job.id))

    async def drop(self, job_id: str) -> None:
        """Delete what was kept of a job that was stopped or deleted."""
        kept = self._kept.pop(job_id, None)
        if kept is not None:
            await asyncio.to_thread(shutil.rmtree, kept.path, ignore_errors=True)

    async def drop_all(self) -> None:
        """Delete what was kept of any job: some were forgotten, the others fetch theirs again."""
        for job_id in tuple(self._kept):
            await self.drop(job_id)

    async def _expire(self, job_id: str) -> None:
        """Delete a folder once its time has passed; one in use, or that is gone, ends this."""
        try:
            while (kept := self._kept.get(job_id)) is not None:
                left_s = kept.until - self._clock.now()
                if left_s <= 0:
                    await self.drop(job_id)
                    return
                await self._clock.sleep(left_s)
        finally:
            self._watched.discard(job_id)
