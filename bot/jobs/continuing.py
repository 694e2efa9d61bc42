"""The first frame of a job that goes on from a video: cut from that, and stored as its input.

Nothing of this is paid, and it is not counted as a file of the member's.
"""

import asyncio
import shutil
from collections.abc import Mapping
from typing import Final

from bot.domain.requests import VideoRequest
from bot.domain.rules.video import joined_problems
from bot.errors import Problem, RequestRefused
from bot.jobs.claim import Claim
from bot.jobs.earlier_parts import EarlierParts
from bot.media.pool import MediaPool
from bot.media.tasks import last_frame
from storage.job import StoredInput
from storage.scratch import Scratch
from storage.store import JobStore

FRAME: Final = "image"
"""The option whose file it takes the place of."""
CUT_TIMEOUT_S: Final = 120.0


class Continuing:
    """Part of the step of `preparing`."""

    def __init__(
        self, store: JobStore, parts: EarlierParts, pool: MediaPool, scratch: Scratch
    ) -> None:
        self._store = store
        self._parts = parts
        self._pool = pool
        self._scratch = scratch

    async def settle(self, claim: Claim, stored: Mapping[str, StoredInput]) -> None:
        """Have the first frame among the job's inputs, if it goes on from a video.

        Raises `RequestRefused` where that is gone, or too long; and what fetching and opening it
        raises.
        """
        request = claim.request
        if not isinstance(request, VideoRequest) or not request.continues or FRAME in stored:
            return
        folder = await asyncio.to_thread(self._scratch.make_folder, f"{claim.job.id}-")
        try:
            path = await self._parts.last(request.continues, folder)
            if path is None:
                raise RequestRefused([Problem("continue_gone")])
            cut = await self._pool.run(
                last_frame, path, member=claim.job.origin.user_id, deadline_s=CUT_TIMEOUT_S
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        too_long = tuple(joined_problems(max(cut.seconds, request.earlier_s), request))
        if too_long:
            raise RequestRefused(too_long)
        facts = {"width": cut.width, "height": cut.height, "changed": []}
        frame = StoredInput(FRAME, cut.media_type, cut.data, facts)
        await self._store.put_inputs(claim.job, [frame])
