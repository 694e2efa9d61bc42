"""Forgotten is gone: from the rows, from the bytes of the file, its log and its copies."""

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storage.engine import open_database
from storage.errors import ParentForgotten, StorageUnavailable
from storage.forget_requests import ForgetRequest
from storage.job import Job, State, StoredInput
from storage.migrations import MIGRATIONS
from storage.sqlite_connections import SqliteConnections
from storage.sqlite_file import backup_of
from storage.store import JobStore, Lane
from tests.harness.storage import upgrading
from tests.harness.storage.files import exists, size, write
from tests.harness.storage.making import LEASE_S, MEMBER, NOW, answered, make_job

OTHER = MEMBER + 1
THIRD = MEMBER + 2
DAY_S = 86_400.0
PICTURE_BYTES = 1_500_000
SAMPLE_BYTES = 16
SAMPLES = 60
BEGINS = b"\xf5here\xf5"
"""With which each sample begins: all that are in a file are found in one pass through it."""
FORGOTTEN = "the-words-of-somebody-who-left"
KEPT = "the-words-of-somebody-who-stays"


_STARTS = range(0, PICTURE_BYTES, PICTURE_BYTES // SAMPLES)


def _picture(seed: int) -> StoredInput:
    """Bytes like those of a picture: no two pieces are alike."""
    data = bytearray(random.Random(seed).randbytes(PICTURE_BYTES))  # noqa: S311 - not a secret
    for start in _STARTS:
        data[start : start + len(BEGINS)] = BEGINS
    return StoredInput("image", "image/png", b"\x89PNG" + data)


def _samples(picture: StoredInput) -> list[bytes]:
    assert isinstance(picture.data, bytes)
    found = _beginning(picture.data)
    assert len(found) == SAMPLES
    return [*found]


def _beginning(data: bytes) -> set[bytes]:
    """Return what begins as samples do."""
    pieces = re.finditer(re.escape(BEGINS), data)
    return {data[piece.start() : piece.start() + SAMPLE_BYTES] for piece in pieces}


def _found(place: Path, needles: list[bytes]) -> list[bytes]:
    """Which of these lie in any file of the folder."""
    everything = [path.read_bytes() for path in place.iterdir() if path.is_file()]
    samples = set().union(*(_beginning(data) for data in everything))
    return [
        needle
        for needle in needles
        if needle in samples
        or (not needle.startswith(BEGINS) and any(needle in data for data in everything))
    ]


async def _ended(store: JobStore, job: Job, picture: StoredInput | None = None) -> Job:
    """Let a job with a picture come to its end."""
    await store.insert(job, [picture] if picture else [])
    await store.mark_answered(job.id, message_id=1, now=job.created_at, due_at=job.created_at)
    [held] = await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)
    held = await store.move(held, State.READY, now=NOW, keep=True, outcome={"media": []})
    return await store.move(held, State.DONE, now=NOW)


def _asked(words: str, number: int, user_id: int, parent_id: str | None = None) -> Job:
    prompt = f"{words}-{number}-" * 40
    return make_job(
        state=State.PREPARING,
        user_id=user_id,
        created_at=NOW - 1_000.0 + number,
        request={"prompt": prompt},
        parent_id=parent_id,
    )


async def _lived_in(store: JobStore) -> list[StoredInput]:
    """Many jobs of two members by turns; return the pictures of the first."""
    theirs: list[StoredInput] = []
    for number in range(60):
        mine = number % 2 == 0
        picture = _picture(number) if number % 12 < 2 else None
        await _ended(
            store,
            _asked(FORGOTTEN if mine else KEPT, number, MEMBER if mine else OTHER),
            picture,
        )
        if mine and picture:
            theirs.append(picture)
    return theirs


async def test_nothing_of_a_forgotten_member_is_in_any_file(sqlite_path: Path) -> None:
    """No piece of a picture and no word is left in the file, its log, or the copy of an upgrade."""
    url = f"sqlite:///{sqlite_path}"
    async with open_database(url, owner="bot") as database:
        pictures = await _lived_in(database.jobs)
    await upgrading.upgrade(sqlite_path)
    needles = [FORGOTTEN.encode(), *(one for picture in pictures for one in _samples(picture))]
    # Some samples lie across the end of a page.
    assert len(_found(sqlite_path.parent, needles)) > 0.9 * len(needles)
    before = size(sqlite_path)
    async with open_database(url, owner="bot", migrations=upgrading.NEXT) as database:
        assert await database.jobs.forget_member(MEMBER, now=NOW) == 30
        assert _found(sqlite_path.parent, needles) == []
        assert len(await database.jobs.jobs_of(OTHER, limit=99)) == 30
    assert _found(sqlite_path.parent, needles) == []
    assert _found(sqlite_path.parent, [KEPT.encode()]) != []
    assert size(sqlite_path) < before - len(pictures) * PICTURE_BYTES


async def test_nothing_that_is_old_is_in_any_file(sqlite_path: Path) -> None:
    """What the purge deletes is gone from the bytes as well, and the file is small again."""
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        pictures = await _lived_in(database.jobs)
        gone = await database.jobs.purge(
            now=NOW + 100 * DAY_S, inputs_older_s=7 * DAY_S, jobs_older_s=90 * DAY_S
        )
        assert gone == 60
        needles = [FORGOTTEN.encode(), KEPT.encode()]
        needles += [one for picture in pictures for one in _samples(picture)]
        assert _found(sqlite_path.parent, needles) == []
        assert size(sqlite_path) < PICTURE_BYTES


async def test_a_file_of_before_can_shrink_as_well(sqlite_path: Path) -> None:
    """A database that was made without that ability gets it at the next start."""
    url = f"sqlite:///{sqlite_path}"
    async with open_database(url, owner="bot") as database:
        await database.jobs.insert(make_job(), [_picture(1)])
        connections = database.jobs._connections
        assert isinstance(connections, SqliteConnections)
        await connections._maintain(lambda raw: raw.executescript("PRAGMA auto_vacuum = 0; VACUUM"))
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.forget_member(MEMBER, now=NOW) == 1
    assert size(sqlite_path) < PICTURE_BYTES


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_others_made_of_it_goes_too(store: JobStore, when: str) -> None:
    """A job made of the member's job, or of one made of it, holds their words: it is deleted.

    Also when the job in between is gone already. What has not ended yet ends first.
    """
    first = await _ended(store, _asked(FORGOTTEN, 1, MEMBER))
    again = await _ended(store, _asked(FORGOTTEN, 2, OTHER, parent_id=first.id))
    third = _asked(FORGOTTEN, 3, THIRD, parent_id=again.id)
    await store.insert(third)
    await store.mark_answered(third.id, message_id=1, now=NOW, due_at=NOW)
    own = await _ended_other(store, _asked(KEPT, 4, OTHER))
    if when == "after":
        await store.forget_member(OTHER, now=NOW)
    went = await store.forget_member(MEMBER, now=NOW)
    assert went == (2 if when == "before" else 1)
    left = {job.id for job in await store.list_jobs()}
    assert left == ({third.id, own.id} if when == "before" else {third.id})
    [held] = await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)
    held = await store.move(held, State.READY, now=NOW, keep=True)
    await store.move(held, State.DONE, now=NOW)
    assert await store.purge(now=NOW + 1.0, inputs_older_s=DAY_S, jobs_older_s=DAY_S) == 1
    assert await store.get(third.id) is None


async def test_nothing_is_made_of_what_was_just_forgotten(store: JobStore) -> None:
    """A press that read the job before it was deleted makes none of it: it would be kept."""
    first = await _ended(store, _asked(FORGOTTEN, 1, MEMBER))
    open_one = _asked(FORGOTTEN, 2, OTHER, parent_id=first.id)
    await store.insert(open_one)
    await store.forget_member(MEMBER, now=NOW)
    for parent in (first.id, open_one.id):
        with pytest.raises(ParentForgotten):
            await store.insert(_asked(FORGOTTEN, 3, OTHER, parent_id=parent))
    assert {job.id for job in await store.list_jobs()} == {open_one.id}


async def test_what_was_made_of_it_before_the_request_is_honoured_goes_too(
    store: JobStore,
) -> None:
    """Whenever others made it: it has the member's files. What came of their later jobs stays."""
    first = await _ended(store, _asked(FORGOTTEN, 1, MEMBER))
    request = ForgetRequest("f" * 16, MEMBER, first.created_at + 0.5)
    between = await _ended(store, _asked(FORGOTTEN, 2, OTHER, parent_id=first.id))
    open_one = _asked(FORGOTTEN, 3, THIRD, parent_id=between.id)
    later = await _ended(store, _asked(KEPT, 4, MEMBER))
    of_later = await _ended(store, _asked(KEPT, 5, OTHER, parent_id=later.id))
    await store.insert(open_one)
    await store.honour(request, now=NOW)
    assert {job.id for job in await store.list_jobs()} == {later.id, of_later.id, open_one.id}
    with pytest.raises(ParentForgotten):
        await store.insert(_asked(FORGOTTEN, 6, OTHER, parent_id=open_one.id))


async def _ended_other(store: JobStore, job: Job) -> Job:
    """End a job while another one waits in the same lane."""
    await store.insert(job)
    await store.mark_answered(job.id, message_id=1, now=NOW - 9e3, due_at=NOW - 9e3)
    [held] = await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)
    assert held.id == job.id
    held = await store.move(held, State.READY, now=NOW, keep=True)
    return await store.move(held, State.DONE, now=NOW)


async def test_an_input_that_is_being_overwritten_is_gone(sqlite_path: Path) -> None:
    """Whoever runs a job again in that moment finds no file, and never half of one."""
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        store = database.jobs
        job = make_job()
        await store.insert(job, [_picture(1)])
        connections = store._connections
        assert isinstance(connections, SqliteConnections)
        seen: list[bool] = []
        maintain = connections._maintain

        async def watched(work: Any) -> Any:
            result: Any = await maintain(work)
            found = await store.inputs(job.id)
            seen.append(found == {} or found == {"image": _picture(1)})
            return result

        connections._maintain = watched  # type: ignore[method-assign]  # stands in front of it
        await connections.overwrite_input(job.id, "image")
        assert len(seen) > 1
        assert all(seen)
        assert await store.inputs(job.id) == {}


async def test_a_lease_holds_a_row_that_is_asked_for(store: JobStore) -> None:
    """Forgetting takes a job out of the hands of a step; it finds out at its next write."""
    job = await answered(store, make_job(state=State.PREPARING))
    await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)
    assert await store.forget_member(job.origin.user_id, now=NOW) == 1
    assert await store.get(job.id) is None


async def test_copies_grow_old_too(sqlite_path: Path) -> None:
    """From a copy go the files and the jobs that are old, and the copy itself with its last one."""
    url = f"sqlite:///{sqlite_path}"
    copy = backup_of(sqlite_path, len(MIGRATIONS))
    picture = _picture(1)
    async with open_database(url, owner="bot") as database:
        await _ended(database.jobs, _asked(KEPT, 1, MEMBER), picture)
        await _ended(database.jobs, _asked(KEPT, 2, OTHER))
        await database.jobs.insert(make_job(created_at=NOW + 50 * DAY_S))
    await upgrading.upgrade(sqlite_path)
    async with open_database(url, owner="bot", migrations=upgrading.NEXT) as database:
        ages = ((1.0, 3, True), (8.0, 3, True), (91.0, 1, True), (141.0, 0, False))
        for days, rows, there in ages:
            await database.jobs.purge(
                now=NOW + days * DAY_S, inputs_older_s=7 * DAY_S, jobs_older_s=90 * DAY_S
            )
            assert exists(copy) is there
            if there:
                assert _rows(copy) == rows
                assert bool(_in_file(copy, _samples(picture))) is (days < 7)


async def test_a_damaged_copy_keeps_nothing_else(sqlite_path: Path) -> None:
    """A copy that is no database is left alone by the purge, and told by a forgetting."""
    copy = backup_of(sqlite_path, 1)
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        await _ended(database.jobs, _asked(KEPT, 1, MEMBER))
        write(copy, b"a diary" * 1_000)
        assert await database.jobs.purge(now=NOW + 1.0, inputs_older_s=0.0, jobs_older_s=0.0) == 1
        with pytest.raises(StorageUnavailable) as refusal:
            await database.jobs.forget_member(MEMBER, now=NOW)
    assert refusal.value.reason == "corrupt"
    assert _in_file(copy, [b"a diary"]) != []


def _rows(copy: Path) -> int:
    with closing(sqlite3.connect(copy)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
    return int(count)


def _in_file(path: Path, needles: list[bytes]) -> list[bytes]:
    data = path.read_bytes()
    return [needle for needle in needles if needle in data]
