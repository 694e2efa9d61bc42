"""What Kling's refusals and successes show about its places, as rows."""

from sqlalchemy import Connection, delete, select

from storage.access import Access
from storage.job import Job
from storage.line import IN_USE_BY_OTHERS, SLOT_TURN
from storage.places import PLACES_KEPT_S, Learnt, after_refusal, after_success
from storage.schema import places
from storage.statements import insert_into, take_turn


class Learning(Access):
    """The part of the store that remembers the places of each model."""

    async def learn_refusal(self, job: Job, *, now: float) -> int:
        """Record that Kling had no place for the job, which holds its slots still.

        Returns how many slots our other jobs of its model have.
        """

        def shows_nothing(here: Connection) -> bool:
            return after_refusal(_known(here, job), _others(here, job, now), job.slots, now) is None

        if await self._connections.read(shows_nothing):
            return 0

        def write(here: Connection) -> int:
            take_turn(here, SLOT_TURN[job.pack])
            in_flight = _others(here, job, now)
            known = _known(here, job)
            _remember(here, job, known, after_refusal(known, in_flight, job.slots, now))
            return in_flight

        return await self._connections.write(write)

    async def learn_success(self, job: Job, *, now: float) -> None:
        """Record that Kling accepted the job, which holds its slots."""
        if await self._connections.read(lambda here: _known(here, job)) is None:
            return

        def write(here: Connection) -> None:
            take_turn(here, SLOT_TURN[job.pack])
            known = _known(here, job)
            in_flight = _others(here, job, now) + job.slots
            _remember(here, job, known, after_success(known, in_flight, now))

        await self._connections.write(write)

    async def places_learnt(self, job: Job, *, now: float) -> int | None:
        """Return how many places its model has, as far as it is known."""
        known = await self._connections.read(lambda here: _known(here, job))
        return None if known is None else known.places_at(now)


def forget_places(connection: Connection, now: float) -> None:
    """Delete what was learnt too long ago to matter."""
    connection.execute(delete(places).where(places.c.learnt_at <= now - PLACES_KEPT_S))


def _others(connection: Connection, job: Job, now: float) -> int:
    asked = {"pack": job.pack.value, "model": job.model, "but": job.id, "now": now}
    return int(connection.execute(IN_USE_BY_OTHERS, asked).scalar_one())


def _known(connection: Connection, job: Job) -> Learnt | None:
    its = (places.c.pack == job.pack.value, places.c.model == job.model)
    found = connection.execute(select(places.c.places, places.c.learnt_at).where(*its)).first()
    return None if found is None else Learnt(*found)


def _remember(connection: Connection, job: Job, known: Learnt | None, now: Learnt | None) -> None:
    if now is None or now == known:
        return
    fresh = {"places": now.places, "learnt_at": now.learnt_at}
    adding = insert_into(connection.dialect.name, places)
    adding = adding.values(pack=job.pack.value, model=job.model, **fresh)
    connection.execute(adding.on_conflict_do_update(index_elements=["pack", "model"], set_=fresh))
