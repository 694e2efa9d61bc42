"""Servers the bot was in: noted when they are left, forgotten with everything long after."""

import pytest
from sqlalchemy import Connection, select

from storage.engine import open_database
from storage.errors import ClaimLost
from storage.guilds import Forgotten
from storage.job import Job, State, WaitsFor
from storage.schema import guilds
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    NOW,
    PICTURE,
    SERVER,
    answered,
    claimed,
    done,
    make_job,
    posting,
)
from tests.harness.storage.version_0_1_0 import FIRST, insert

DAY_S = 86_400.0
KEPT_S = 30 * DAY_S
OTHER = SERVER + 1


async def _noted(store: JobStore) -> dict[int, float | None]:
    found = await store._connections.read(lambda here: here.execute(select(guilds)).all())
    return {row.guild_id: row.left_at for row in found}


async def _forget(store: JobStore, now: float) -> Forgotten:
    return await store.forget_guilds(now=now, left_older_s=KEPT_S)


async def _done(store: JobStore, **changes: float | None) -> Job:
    job = make_job(**changes)  # type: ignore[arg-type]  # of any kind
    await store.insert(job, [PICTURE])
    await store.mark_answered(job.id, message_id=1, now=job.created_at, due_at=job.created_at)
    return await done(store, now=job.created_at)


async def test_everything_of_a_server_goes_when_it_was_left_long_ago(store: JobStore) -> None:
    """Jobs, inputs and messages: nothing a moment too soon, then all of them, and no others."""
    await store.see_guilds({SERVER, OTHER}, now=NOW)
    mine = await _done(store)
    others = await _done(store, guild_id=OTHER)
    private = await _done(store, guild_id=None)
    await store.see_guilds({OTHER}, now=NOW + 5.0)
    assert await _noted(store) == {SERVER: NOW + 5.0, OTHER: None}
    assert await _forget(store, NOW + 5.0 + KEPT_S - 1.0) == (0, 0)
    assert await store.list_jobs() != []
    assert await _forget(store, NOW + 5.0 + KEPT_S) == (1, 1)
    assert {job.id for job in await store.list_jobs()} == {others.id, private.id}
    assert await store.inputs(mine.id) == {}
    assert await store.deliveries(mine.id) == []
    assert await store.inputs(others.id) == {PICTURE.name: PICTURE}
    assert await _noted(store) == {OTHER: None}
    assert await _forget(store, NOW + 9 * KEPT_S) == (0, 0)


async def test_a_server_that_comes_back_was_not_left(store: JobStore) -> None:
    """The date is removed, and leaving again starts a new one; looking twice changes nothing."""
    await store.see_guilds({SERVER}, now=NOW)
    await _done(store)
    for now in (NOW + 1.0, NOW + DAY_S):
        await store.see_guilds(set(), now=now)
        assert await _noted(store) == {SERVER: NOW + 1.0}
    await store.see_guilds({SERVER}, now=NOW + 20 * DAY_S)
    assert await _noted(store) == {SERVER: None}
    assert await _forget(store, NOW + 40 * DAY_S) == (0, 0)
    await store.see_guilds(set(), now=NOW + 40 * DAY_S)
    assert await _forget(store, NOW + 69 * DAY_S) == (0, 0)
    assert await _forget(store, NOW + 70 * DAY_S) == (1, 1)


async def test_where_the_bot_never_was_it_cannot_leave(store: JobStore) -> None:
    """Jobs from a server that knows the bot only as a user-installed application age normally."""
    carried = await _done(store, guild_id=OTHER)
    await store.see_guilds({SERVER}, now=NOW)
    await store.see_guilds(set(), now=NOW)
    assert await _forget(store, NOW + KEPT_S) == (1, 0)
    assert await store.list_jobs() == [carried]


async def test_what_is_asked_for_after_the_bot_left_is_not_the_servers(store: JobStore) -> None:
    """A member who carries the bot along asks for themselves; the server's own jobs go."""
    await store.see_guilds({SERVER}, now=NOW)
    await _done(store)
    await store.see_guilds(set(), now=NOW + 1.0)
    carried = await _done(store, created_at=NOW + 20 * DAY_S)
    assert await _forget(store, NOW + 1.0 + KEPT_S) == (1, 1)
    assert await store.list_jobs() == [carried]


async def test_open_jobs_go_too_and_their_steps_find_out(store: JobStore, other: JobStore) -> None:
    """In the line, in the hands of a step, waiting for a person: there is no place to be told."""
    await store.see_guilds({SERVER}, now=NOW)
    await answered(store, make_job(state=State.PREPARING))
    held = await claimed(store, Lane.PREPARE)
    await answered(store, make_job())
    pickup = await posting(store)
    await store.move(pickup, State.WAITING, now=NOW, waits_for=WaitsFor.PICKUP)
    await answered(store, make_job())
    await store.insert(make_job())
    await store.see_guilds(set(), now=NOW + 1.0)
    assert await _forget(other, NOW + 1.0 + KEPT_S) == (1, 4)
    assert await store.list_jobs() == []
    with pytest.raises(ClaimLost):
        await store.move(held, State.QUEUED, now=NOW + KEPT_S)
    with pytest.raises(ClaimLost):
        await store.put_inputs(held, [PICTURE])
    with pytest.raises(ClaimLost):
        await store.renew(held, until=NOW + KEPT_S + LEASE_S)


async def test_an_upgrade_knows_where_the_bot_could_post(url: str) -> None:
    """In servers of earlier jobs the bot was a member where it could post, and only there."""
    async with open_database(url, owner="bot", migrations=FIRST) as database:

        def fill(here: Connection) -> None:
            for number, guild_id in enumerate((SERVER, SERVER, None)):
                insert(here, number, guild_id=guild_id)
            insert(here, 3, guild_id=OTHER, can_post=False)

        await database.jobs._connections.write(fill)
    async with open_database(url, owner="bot") as database:
        assert await _noted(database.jobs) == {SERVER: None}
