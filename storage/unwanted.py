"""Jobs that are to go out of Discord: the wish, and what it empties once the job has ended."""

from collections.abc import Mapping
from typing import Any, Unpack

from sqlalchemy import Connection, and_, or_, update

from storage import rows
from storage.forgetting import Forgetting
from storage.job import ENDED, Delivery, Job
from storage.rows import Changes
from storage.schema import deliveries, jobs
from storage.updates import RELEASED, saved

_ENDED = jobs.c.state.in_([state.value for state in ENDED])


class Unwanted(Forgetting):
    """The part of the store that takes jobs back."""

    async def want_gone(self, job: Job, *, now: float, **changes: Unpack[Changes]) -> Job | None:
        """Note that the job is to go, if it is where it was read, and has ended or is not followed.

        None: it has moved on, or is to go already. A step of an ended job loses its claim, so that
        it writes nothing about the card any more; one that works for the end keeps it.
        """
        still = and_(
            jobs.c.id == job.id,
            jobs.c.state == job.state.value,
            jobs.c.unwanted.is_(False),
            or_(_ENDED, jobs.c.stopped),
        )
        wish: Changes = {"unwanted": True, "stopped": True, "show_due_at": None}
        values = saved(job.state, {**changes, **wish}, now=now)
        if job.state in ENDED:
            values |= RELEASED
        wanting = update(jobs).where(still).values(values).returning(*jobs.c)

        def write(here: Connection) -> Job | None:
            row = here.execute(wanting).mappings().one_or_none()
            return None if row is None else rows.job(row)

        return await self._connections.write(write)

    async def empty(self, job: Job, request: Mapping[str, Any], *, now: float) -> None:
        """Leave of an ended job that it was there: no outcome, no inputs, and `request` instead.

        Under the job's lease; raises `ClaimLost`. What it cost is untouched. A message that seems
        to have been sent later than now, by a clock that was ahead, was sent now.
        """
        sent_at = deliveries.c.first_tried_at
        dating = (
            update(deliveries)
            .where(deliveries.c.job_id == job.id, sent_at > now)
            .values(first_tried_at=now)
        )
        emptying = (
            update(jobs)
            .where(jobs.c.id == job.id, _ENDED)
            .values(outcome=None, request=dict(request), updated_at=now)
        )

        def write(here: Connection) -> None:
            self._hold(here, job, now=now)
            here.execute(emptying)
            here.execute(dating)

        await self._connections.write(write)
        await self._drop_inputs([job.id])

    async def note_gone(self, job: Job, delivery: Delivery, *, now: float) -> None:
        """Note that a message is out of Discord, under the job's lease; raises `ClaimLost`."""
        noting = (
            update(deliveries)
            .where(
                deliveries.c.job_id == job.id,
                deliveries.c.kind == delivery.kind,
                deliveries.c.part == delivery.part,
            )
            .values(gone_at=now, token=None)
        )

        def write(here: Connection) -> None:
            self._hold(here, job)
            here.execute(noting)

        await self._connections.write(write)
