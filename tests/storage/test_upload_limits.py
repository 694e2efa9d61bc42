"""Upload limits: the smallest that was seen, the smallest that was refused, for some days."""

from dataclasses import replace

from sqlalchemy import text

from storage.job import Job
from storage.store import JobStore
from storage.upload_limits import UploadLimit
from tests.harness.storage.making import NOW, SERVER, make_job

MIB = 2**20
WEEK_S = 7 * 86_400.0
OTHER = SERVER + 1
NOTHING = UploadLimit(None, None)


def naming(
    mib: int, *, at: float = NOW, guild_id: int | None = SERVER, can_post: bool = True
) -> Job:
    """Return a job whose interaction named this limit."""
    job = make_job(guild_id=guild_id, created_at=at)
    origin = replace(job.origin, answer_limit_bytes=mib * MIB, can_post=can_post)
    return replace(job, origin=origin)


async def known(store: JobStore, guild_id: int | None = SERVER, now: float = NOW) -> UploadLimit:
    """Return what is known of a place, in MiB."""
    found = await store.upload_limit(guild_id, now=now)
    sizes = (found.seen_bytes, found.refused_bytes)
    return UploadLimit(*(None if size is None else size // MIB for size in sizes))


async def test_the_smallest_that_was_seen_counts(store: JobStore, other: JobStore) -> None:
    """The limit counts for every member and process; a larger one says nothing about the server."""
    assert await known(store) == NOTHING
    for mib, smallest in ((500, 500), (20, 20), (500, 20), (20, 20), (10, 10)):
        await store.insert(naming(mib))
        assert await known(other) == UploadLimit(smallest, None)
    assert await known(store, OTHER) == NOTHING


async def test_a_limit_that_is_not_seen_again_is_forgotten(store: JobStore) -> None:
    """Boosts come and go: after a week the next value counts, whatever it is."""
    await store.insert(naming(20))
    await store.insert(naming(50, at=NOW + WEEK_S - 1))
    assert await known(store, now=NOW + WEEK_S - 1) == UploadLimit(20, None)
    assert await known(store, now=NOW + WEEK_S) == NOTHING
    await store.insert(naming(50, at=NOW + WEEK_S))
    assert await known(store, now=NOW + WEEK_S) == UploadLimit(50, None)


async def test_a_limit_that_is_seen_again_lives_on(store: JobStore) -> None:
    """It counts from the last time that it was seen."""
    for day in range(0, 12, 3):
        await store.insert(naming(20, at=NOW + day * 86_400.0))
        await store.insert(naming(500, at=NOW + day * 86_400.0))
    now = NOW + 9 * 86_400.0 + WEEK_S
    assert await known(store, now=now - 1) == UploadLimit(20, None)
    assert await known(store, now=now) == NOTHING


async def test_only_places_count_in_which_the_bot_posts(store: JobStore) -> None:
    """What is carried along by a member says nothing that is of use there."""
    await store.insert(naming(20, can_post=False))
    await store.insert(naming(0))
    assert await known(store) == NOTHING


async def test_a_refusal_is_remembered_for_a_week(store: JobStore, other: JobStore) -> None:
    """By every process, until it is old; the smallest that was refused counts."""
    await store.refuse_upload_limit(SERVER, 50 * MIB, now=NOW)
    await store.insert(naming(50))
    assert await known(other) == UploadLimit(50, 50)
    await other.refuse_upload_limit(SERVER, 20 * MIB, now=NOW + 1)
    await store.refuse_upload_limit(SERVER, 50 * MIB, now=NOW + 2)
    assert (await known(store)).refused_bytes == 20
    assert await known(store, now=NOW + 1 + WEEK_S) == NOTHING
    await store.refuse_upload_limit(SERVER, 50 * MIB, now=NOW + 2 + WEEK_S)
    assert await known(store, now=NOW + 2 + WEEK_S) == UploadLimit(None, 50)


async def test_a_direct_message_takes_what_everybodys_does(store: JobStore) -> None:
    """Its limit is Discord's smallest, and that is at most what was seen anywhere."""
    await store.insert(naming(100))
    assert await known(store, None) == UploadLimit(100, None)
    await store.insert(naming(20, guild_id=None))
    await store.insert(naming(50, guild_id=OTHER))
    assert await known(store, None) == UploadLimit(20, None)
    assert await known(store) == UploadLimit(100, None)
    await store.refuse_upload_limit(None, 20 * MIB, now=NOW)
    assert await known(store, None) == UploadLimit(20, 20)
    assert await known(store) == UploadLimit(100, None)


async def test_what_counts_no_longer_is_purged(store: JobStore) -> None:
    """Rows that are too old say nothing, and go; so do those of a server that is forgotten."""
    await store.insert(naming(20))
    await store.refuse_upload_limit(OTHER, 20 * MIB, now=NOW + 1)
    await store.purge(now=NOW + WEEK_S, inputs_older_s=WEEK_S, jobs_older_s=WEEK_S)
    assert await rows(store) == [OTHER]
    await store.forget_server(OTHER, now=NOW)
    assert await rows(store) == []


async def test_a_server_that_was_left_is_forgotten_with_its_limit(store: JobStore) -> None:
    """Nothing of it stays."""
    await store.see_guilds({SERVER}, now=NOW)
    await store.insert(naming(20))
    await store.see_guilds(set(), now=NOW)
    await store.forget_guilds(now=NOW + 1.0, left_older_s=1.0)
    assert await rows(store) == []


async def rows(store: JobStore) -> list[int]:
    """Return of which servers a limit is kept."""
    kept = text("SELECT guild_id FROM upload_limits")
    return await store._connections.read(lambda here: list(here.execute(kept).scalars()))
