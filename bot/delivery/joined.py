"""A result that goes on from earlier videos, joined to them anew at each delivery."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from bot.delivery.results import ResultFile, result_at, size_of
from bot.domain.catalogue.model import DEFAULT_DURATION_S
from bot.domain.limits import JOINED_MAX_S
from bot.domain.policy.delivery import joined_timeout_s
from bot.domain.requests import VideoRequest, continued
from bot.errors import DownloadFailed, KlingError, MediaRefused, MediaWorkerFailed
from bot.jobs.claim import Claim
from bot.jobs.earlier_parts import EarlierParts
from bot.media.pool import MediaPool
from bot.media.tasks import join
from bot.messages.result_parts import Alone

WHOLE_NAME: Final = "whole.mp4"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Joint:
    """What of a result is posted: it is joined to what comes before it, or alone."""

    results: list[ResultFile]
    parts: int = 0
    """How many are joined; 0: it is no part of a longer video, or alone."""
    alone: Alone | None = None
    """Why it is not joined."""


class JoinedResults:
    """Joins them in a media worker, members in turns."""

    def __init__(self, parts: EarlierParts, pool: MediaPool) -> None:
        self._parts = parts
        self._pool = pool

    async def of(
        self, claim: Claim, results: list[ResultFile], folder: Path, *, patient: bool
    ) -> Joint:
        """Return the results of a job joined to its earlier parts, or alone, and why.

        While it is `patient` it raises `DownloadFailed` or `KlingError` for an earlier part that
        another try may bring.
        """
        chain = continued(claim.job)
        if not chain:
            return Joint(results)
        whole: Path | Alone | None
        if results:
            whole = await self._whole(claim, results[0], folder, patient=patient)
        else:
            whole = await self._parts.whole(claim.job.id, folder)
        if isinstance(whole, Path):
            return Joint([await asyncio.to_thread(_joined, claim, whole)], len(chain) + 1)
        return Joint(results, alone=whole)

    async def _whole(
        self, claim: Claim, new: ResultFile, folder: Path, *, patient: bool
    ) -> Path | Alone:
        """Return the new part joined to all before it, or why it is not."""
        whole = folder / WHOLE_NAME
        if await asyncio.to_thread(whole.exists):
            return whole
        try:
            earlier = await self._parts.all(continued(claim.job), folder, patient=patient)
        except (DownloadFailed, KlingError) as failure:
            if patient:
                raise
            log.warning("join.not_fetched", reason=type(failure).__name__)
            return Alone.FAILED
        if earlier is None:
            return Alone.GONE
        paths = (*earlier, new.path)
        member, deadline_s = claim.job.origin.user_id, joined_timeout_s(_seconds(claim))
        try:
            made = await self._pool.run(join, paths, folder, member=member, deadline_s=deadline_s)
            size_bytes = await asyncio.to_thread(size_of, made, folder)
        except (MediaRefused, MediaWorkerFailed) as failure:
            log.warning("join.failed", reason=str(failure))
            return Alone.FAILED
        if size_bytes is None:
            return Alone.FAILED
        await asyncio.to_thread(made.rename, whole)
        return whole


def _seconds(claim: Claim) -> int:
    """Return how long all parts are together, as they were asked for."""
    request = claim.request
    if not isinstance(request, VideoRequest):
        return JOINED_MAX_S
    return round(request.earlier_s) + (request.duration_s or DEFAULT_DURATION_S)


def _joined(claim: Claim, path: Path) -> ResultFile:
    return replace(result_at(claim.job, 0, path), joined_s=_seconds(claim))
