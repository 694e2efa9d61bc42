"""Copies a result into the showcase of its server, once ever.

A copy is a message that the job owes, like its results: planned before it is sent, sent by the same
`Sender`, taken out with the others. Where it can't be posted now, it stays owed, and the managers
of the server are told what is in the way.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.delivery.composer import Composer, NothingToShow
from bot.delivery.results import Results
from bot.delivery.sender import NotNow, Sender
from bot.discord.poster import Poster
from bot.domain.policy.backoff import DAY_S, HOUR_S, backoff_s
from bot.domain.policy.delivery import perhaps_sent
from bot.domain.rules_of_place import RulesOfPlace, ShowcaseOf, Visitor
from bot.errors import DownloadFailed, KlingError, PostError
from bot.jobs.claim import Claim
from storage.delivery import SHOWCASE
from storage.job import Delivery, Job, Venue
from storage.store import JobStore

IN_THE_WAY_S: Final = HOUR_S
"""How long it waits where a person has to change something first."""
OFTEN: Final = 48
"""After so many tries they come once a day."""
AGE: Final = "notice.showcase_age"
REFUSED: Final = "notice.showcase_refused"
HIDDEN: Final = "notice.showcase_hidden"
GONE: Final = "notice.showcase_gone"

log = structlog.get_logger(__name__)


class Managers(Protocol):
    """Tells the managers of a server something, rarely."""

    async def __call__(self, guild_id: int, key: str, **facts: str | float) -> bool:
        """Send it, and return whether it arrived just now; never raises."""
        ...


class Showcase:
    """Step of the copies that are owed."""

    def __init__(
        self,
        store: JobStore,
        results: Results,
        composer: Composer,
        sender: Sender,
        poster: Poster,
        tell_managers: Managers,
        clock: Clock,
        restored_at: float = -math.inf,
    ) -> None:
        self._store = store
        self._results = results
        self._composer = composer
        self._sender = sender
        self._poster = poster
        self._views = poster.views
        self._tell_managers = tell_managers
        self._clock = clock
        self._restored_at = restored_at

    async def show(self, claim: Claim) -> None:
        """Post what is owed, or leave it for a later try; raises `ClaimLost`."""
        job = claim.job
        target = await self._target(job)
        if target is None:  # switched off since
            await self._end(claim)
            return
        async with self._results.folder(job) as folder:
            try:
                owed = await self._owed(job)
                in_the_way = await self._in_the_way(job, target, owed)
                if in_the_way:
                    await self._wait(claim, target, in_the_way)
                    return
                owed = owed or await self._plan(claim, folder, target)
                for one in owed:
                    if one.told_at is None:
                        await self._sender.send(claim, _aimed(one, target), folder)
            except NothingToShow:
                log.info("showcase.nothing_left")
                await self._told(job, target, GONE)
                await self._end(claim)
                return
            except (NotNow, DownloadFailed, KlingError, PostError) as reason:
                log.info("showcase.later", reason=type(reason).__name__)
                self._results.keep(job, folder)
                held_s = reason.after_s if isinstance(reason, NotNow) else None
                await self._later(claim, held_s)
                return
            if not all(one.told_at is not None for one in await self._owed(job)):
                self._results.keep(job, folder)  # what only a try could tell
                await self._wait(claim, target, REFUSED)
                return
        log.info("showcase.shown")
        await self._end(claim)

    async def _target(self, job: Job) -> ShowcaseOf | None:
        guild_id = job.origin.guild_id
        if guild_id is None:
            return None
        standing = await self._store.standing(guild_id, job.origin.user_id)
        return RulesOfPlace(Visitor(job.origin.user_id, guild_id), standing).showcase()

    async def _in_the_way(self, job: Job, target: ShowcaseOf, owed: Sequence[Delivery]) -> str:
        """Return what to tell the managers; nothing is downloaded before. Empty if it may go."""
        if await self._hides_age(job, target):
            return AGE
        guild_id = job.origin.guild_id or 0
        tried = any(one.tries for one in owed)  # it may be there: only looking tells
        if not tried and await self._views.may_post(guild_id, target.channel_id) is False:
            return REFUSED
        return HIDDEN if await self._shows_hidden(job, target) else ""

    async def _shows_hidden(self, job: Job, target: ShowcaseOf) -> bool:
        """Tell whether a copy would show everyone what not everyone sees."""
        guild_id = job.origin.guild_id or 0
        if await self._views.open_to_everyone(guild_id, job.origin.channel_id):
            return False
        return await self._views.open_to_everyone(guild_id, target.channel_id) is not False

    async def _hides_age(self, job: Job, target: ShowcaseOf) -> bool:
        """Tell whether a copy would leave an age-restricted channel; one not known may be one."""
        guild_id = job.origin.guild_id or 0
        if await self._poster.age_restricted(guild_id, job.origin.channel_id) is False:
            return False
        return await self._poster.age_restricted(guild_id, target.channel_id) is not True

    async def _owed(self, job: Job) -> Sequence[Delivery]:
        return [one for one in await self._store.deliveries(job.id) if one.kind == SHOWCASE]

    async def _plan(self, claim: Claim, folder: Path, target: ShowcaseOf) -> Sequence[Delivery]:
        job = claim.job
        groups = await self._composer.groups(claim, folder, Venue.CHANNEL)
        rows = [
            Delivery(job.id, SHOWCASE, part, Venue.CHANNEL, items, channel_id=target.channel_id)
            for part, items in enumerate(groups)
        ]
        if job.created_at <= self._restored_at:  # a copy does not know what was posted since
            rows = [perhaps_sent(row, target.channel_id) for row in rows]
        return await self._store.owe_all(job, rows, now=self._clock.now())

    async def _end(self, claim: Claim) -> None:
        await claim.save(show_due_at=None, show_tries=0)

    async def _wait(self, claim: Claim, target: ShowcaseOf, key: str) -> None:
        """Leave it until somebody has changed what is in the way, and tell them what it is."""
        await self._told(claim.job, target, key)
        await self._later(claim, IN_THE_WAY_S)

    async def _told(self, job: Job, target: ShowcaseOf, key: str) -> None:
        await self._tell_managers(job.origin.guild_id or 0, key, channel=f"<#{target.channel_id}>")

    async def _later(self, claim: Claim, wait_s: float | None) -> None:
        tries = claim.job.show_tries
        if tries >= OFTEN:
            wait_s = DAY_S
        again_at = self._clock.now() + (backoff_s(tries) if wait_s is None else wait_s)
        await claim.save(show_due_at=again_at, show_tries=tries + 1)


def _aimed(one: Delivery, target: ShowcaseOf) -> Delivery:
    """Return the part where it is to go: one that may be there already stays where it was tried."""
    tried = one.tries > 0 and one.channel_id is not None
    return replace(
        one, venue=Venue.CHANNEL, channel_id=one.channel_id if tried else target.channel_id
    )
