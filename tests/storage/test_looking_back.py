"""What a member can look back on: their ended jobs in order, and what came from what."""

from dataclasses import replace

import pytest

from bot.jobs import history
from storage.history import FAMILY_MAX, GENERATIONS_MAX
from storage.job import Job, State
from storage.store import JobStore
from tests.harness.storage.making import MEMBER, NOW, make_job

OTHER = MEMBER + 1


async def ended(store: JobStore, at: float, **changes: object) -> Job:
    made = make_job(created_at=at, **changes)  # type: ignore[arg-type] # fields of a job
    card = replace(made.card, token=None, message_id=5, answered_at=at)
    job = replace(made, state=State.CANCELLED, ended_at=at, card=card, due_at=None)
    await store.insert(job)
    return job


async def test_pages_are_newest_first_without_gaps_or_repeats(store: JobStore) -> None:
    """Also where several were accepted at the same moment; others' and open ones are left out."""
    made = [await ended(store, NOW + number // 3) for number in range(20)]
    await ended(store, NOW, user_id=OTHER)
    await store.insert(make_job(created_at=NOW + 99))
    seen: list[Job] = []
    while page := await store.ended_jobs_of(MEMBER, limit=7, before=seen[-1] if seen else None):
        assert len(page) <= 7
        seen += page
    assert [job.created_at for job in seen] == sorted((j.created_at for j in made), reverse=True)
    assert {job.id for job in seen} == {job.id for job in made}
    assert len(seen) == len(made)


async def test_a_family_is_ones_own(store: JobStore) -> None:
    """Up and down from a job, oldest first; another member's child is not in it."""
    first = await ended(store, NOW)
    second = await ended(store, NOW + 1, parent_id=first.id)
    sister = await ended(store, NOW + 2, parent_id=first.id)
    child = await ended(store, NOW + 3, parent_id=second.id)
    await ended(store, NOW + 4, parent_id=second.id, user_id=OTHER)
    await ended(store, NOW + 5)
    for job in (first, second, sister, child):
        family = [one.id for one in await store.family_of(job)]
        assert family == [first.id, second.id, sister.id, child.id]


async def test_a_large_family_is_cut_and_has_the_job_in_it(store: JobStore) -> None:
    """The nearest relatives; a chain is followed so far."""
    root = await ended(store, NOW)
    for number in range(FAMILY_MAX + 10):
        await ended(store, NOW + 1 + number, parent_id=root.id)
    family = await store.family_of(root)
    assert len(family) == FAMILY_MAX
    assert root.id in {one.id for one in family}
    chain = [await ended(store, NOW + 1_000)]
    for number in range(2 * GENERATIONS_MAX):
        chain.append(await ended(store, NOW + 1_001 + number, parent_id=chain[-1].id))
    assert [one.id for one in await store.family_of(chain[-1])] == [
        one.id for one in chain[-1 - GENERATIONS_MAX :]
    ]


async def test_a_search_says_how_far_it_looked(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has more jobs than can be looked through in time hears so; all others do not."""
    monkeypatch.setattr(history, "READ_AT_ONCE", 3)
    monkeypatch.setattr(history, "READ_MAX", 9)
    made = [await ended(store, NOW + number) for number in range(8)]
    looking = history.JobHistory(store)
    whole = await looking.page(MEMBER, "zebra")
    assert (whole.jobs, whole.more, whole.cut_after) == ([], False, 0)
    made += [await ended(store, NOW + 8 + number) for number in range(8)]
    cut = await looking.page(MEMBER, "fox")
    assert [job.id for job in cut.jobs] == [job.id for job in reversed(made)][:9]
    assert (cut.more, cut.cut_after) == (False, 9)


async def test_what_its_member_deleted_is_not_looked_back_on(store: JobStore) -> None:
    """Neither in the list nor among what came from what."""
    kept = await ended(store, NOW)
    await ended(store, NOW + 1, parent_id=kept.id, unwanted=True)
    assert [job.id for job in await store.ended_jobs_of(MEMBER, limit=9)] == [kept.id]
    assert [job.id for job in await store.family_of(kept)] == [kept.id]
