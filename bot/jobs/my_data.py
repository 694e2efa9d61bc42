"""What a member may do with everything that is kept of them: take it along, and have it deleted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Final

from bot.clock import Clock
from bot.errors import Problem
from bot.jobs.drafting import QUESTION_LIFE_S
from storage.errors import ForgottenToday
from storage.forget_requests import Holdings
from storage.job import Origin, new_job_id
from storage.own_thread import in_own_thread
from storage.personal_archive import Archived
from storage.scratch import Scratch
from storage.store import JobStore

AT_ONCE: Final = 2
"""Archives that are made at once; further members wait."""
FOLDER_PREFIX: Final = "mydata-"
FILE_NAME: Final = "my-data.zip"


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP that is deleted when whoever asked for it is done with it."""

    path: Path
    holds: Archived


@dataclass(frozen=True, slots=True)
class ForgetQuestion:
    """What a member is asked before everything of theirs is deleted."""

    id: str
    until: float
    """Unix seconds."""
    holdings: Holdings


class MyData:
    """Use cases of `/mydata`."""

    def __init__(
        self, store: JobStore, scratch: Scratch, clock: Clock, forget_now: Callable[[], None]
    ) -> None:
        self._store = store
        self._scratch = scratch
        self._clock = clock
        self._forget_now = forget_now
        self._collecting: set[int] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def archive(self, user_id: int, room_bytes: int) -> AsyncIterator[Archive | None]:
        """Make an archive of the member's data, of at most this size if that can be.

        None while another of theirs is made or sent. Raises `StorageUnavailable` and `OSError`.
        """
        if user_id in self._collecting:
            yield None
            return
        self._collecting.add(user_id)
        try:
            folder = await in_own_thread(partial(self._scratch.make_folder, FOLDER_PREFIX))
            try:
                path = folder / FILE_NAME
                async with self._turn:
                    holds = await self._store.archive(user_id, path, room_bytes=room_bytes)
                yield Archive(path, holds)
            finally:
                await in_own_thread(partial(rmtree, folder, ignore_errors=True))
        finally:
            self._collecting.discard(user_id)

    async def ask(self, origin: Origin) -> ForgetQuestion | Problem:
        """Store the question whether everything of the member is to be deleted, and return it."""
        now = self._clock.now()
        question_id, until = new_job_id(), now + QUESTION_LIFE_S
        try:
            await self._store.ask_to_forget(
                question_id, origin.user_id, origin.channel_id, now=now, until=until
            )
        except ForgottenToday as done:
            return Problem("forgotten_today", {"when": round(done.again_at)})
        return ForgetQuestion(question_id, until, await self._store.holdings_of(origin.user_id))

    async def forget(self, question_id: str, user_id: int) -> bool:
        """Have everything of the member deleted; False if their question is not open.

        It is done soon, and whatever happens to this process.
        """
        asked = await self._store.request_forgetting(question_id, user_id, now=self._clock.now())
        if asked:
            self._forget_now()
        return asked
