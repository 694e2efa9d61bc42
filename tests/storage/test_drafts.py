"""Drafts: kept for their time, so many for each member, and no job."""

import asyncio
from typing import Any

import pytest

from storage.drafts import DRAFTS_PER_MEMBER_MAX, FORMS_PER_MEMBER_MAX, Draft
from storage.errors import AlreadyStarted, DraftLimitReached, DuplicateInteraction
from storage.job import Kind, State, new_job_id
from storage.store import JobStore
from tests.harness.storage.making import MEMBER, NOW, SERVER, make_job

LIFE_S = 900.0


def make_draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "id": new_job_id(),
        "user_id": MEMBER,
        "channel_id": 5,
        "guild_id": SERVER,
        "kind": Kind.VIDEO,
        "request": {"prompt": "a fox", "duration_s": 10},
        "variants": {"s5": {"duration_s": 5}},
        "sources": {"image": {"url": "https://cdn.example/a.png?hm=secret"}},
        "until": NOW + LIFE_S,
        **changes,
    }
    return Draft(**values)


async def test_a_draft_is_kept_as_it_was(store: JobStore) -> None:
    """What was asked comes back whole until its time is over, and is no job."""
    draft = make_draft(parent_id=new_job_id())
    await store.put_draft(draft, now=NOW)
    assert await store.draft(draft.id, now=NOW + LIFE_S - 1) == draft
    assert await store.draft(draft.id, now=NOW + LIFE_S) is None
    assert await store.draft("unknown", now=NOW) is None
    assert await store.list_jobs() == []
    await store.drop_draft(draft.id)
    assert await store.draft(draft.id, now=NOW) is None
    await store.drop_draft(draft.id)


async def test_a_member_has_so_many_drafts_at_once(store: JobStore) -> None:
    """The 21st that is open is refused, also of many at once; those of others do not count."""
    wanted = [make_draft() for _ in range(DRAFTS_PER_MEMBER_MAX + 5)]
    puts = (store.put_draft(draft, now=NOW) for draft in wanted)
    done = await asyncio.gather(*puts, return_exceptions=True)
    refused = [one for one in done if isinstance(one, DraftLimitReached)]
    assert (len(refused), refused[0].limit) == (5, 20)
    await store.put_draft(make_draft(user_id=MEMBER + 1), now=NOW)
    later = NOW + LIFE_S
    await store.put_draft(make_draft(until=later + LIFE_S), now=later)


async def test_opened_forms_leave_room_for_questions(store: JobStore) -> None:
    """A sixth form takes the place of the oldest, and no count keeps a member from leaving."""
    forms = [
        make_draft(sources={"menu": "animate"}, until=NOW + LIFE_S + number)
        for number in range(FORMS_PER_MEMBER_MAX + 1)
    ]
    await store.put_draft(make_draft(user_id=MEMBER + 1, sources={"menu": "animate"}), now=NOW)
    asked = make_draft(until=NOW + 1.0)
    await store.put_draft(asked, now=NOW)
    for form in forms:
        await store.put_draft(form, now=NOW, form="menu")
    assert await store.draft(asked.id, now=NOW) == asked, "it is a question and no form"
    await store.drop_draft(asked.id)
    assert await store.draft(forms[0].id, now=NOW) is None
    assert [await store.draft(form.id, now=NOW) for form in forms[1:]] == forms[1:]
    for _ in range(DRAFTS_PER_MEMBER_MAX - FORMS_PER_MEMBER_MAX):
        await store.put_draft(make_draft(), now=NOW)
    with pytest.raises(DraftLimitReached):
        await store.put_draft(make_draft(), now=NOW)
    question = new_job_id()
    await store.ask_to_forget(question, MEMBER, 5, now=NOW, until=NOW + LIFE_S)
    assert await store.request_forgetting(question, MEMBER, now=NOW)


async def test_the_job_of_a_draft_takes_its_id(store: JobStore) -> None:
    """A second start of the same draft is told apart from an interaction that came twice."""
    draft = make_draft()
    await store.put_draft(draft, now=NOW)
    first = make_job(id=draft.id)
    await store.insert(first)
    with pytest.raises(AlreadyStarted):
        await store.insert(make_job(id=draft.id))
    with pytest.raises(DuplicateInteraction):
        await store.insert(make_job(interaction_id=first.origin.interaction_id))
    together = [make_job(id=draft.id), make_job(), make_job()]
    done = await asyncio.gather(*map(store.insert, together), return_exceptions=True)
    assert [type(one) for one in done] == [AlreadyStarted, int, int]
    await store.withdraw(first.id)
    await store.insert(make_job(id=draft.id))


async def test_drafts_go_with_their_time_their_member_and_their_server(store: JobStore) -> None:
    """The purge, and forgetting a member or a server, leave none behind."""
    mine, others = make_draft(), make_draft(user_id=MEMBER + 1, guild_id=SERVER + 1)
    old = make_draft(user_id=MEMBER + 2, until=NOW)

    async def left() -> set[str]:
        drafts = [await store.draft(one.id, now=NOW - 1) for one in (mine, others, old)]
        return {one.id for one in drafts if one}

    for draft in (old, mine, others):
        await store.put_draft(draft, now=NOW - 1)
    assert await left() == {mine.id, others.id, old.id}
    await store.put_draft(make_draft(user_id=MEMBER + 3), now=NOW)
    assert await left() == {mine.id, others.id}
    await store.put_draft(old, now=NOW - 1)
    await store.purge(now=NOW, inputs_older_s=1, jobs_older_s=1)
    assert await left() == {mine.id, others.id}
    await store.forget_member(MEMBER, now=NOW)
    assert await left() == {others.id}
    await store.forget_server(SERVER + 1, now=NOW)
    assert await left() == set()


async def test_a_draft_made_of_a_forgotten_job_goes_with_it(store: JobStore) -> None:
    """The words of a forgotten member do not wait in the question of another."""
    theirs, kept = make_job(), make_job(user_id=MEMBER + 5)
    for job in (theirs, kept):
        await store.insert(job)
    of_theirs = make_draft(user_id=MEMBER + 1, parent_id=theirs.id)
    of_kept = make_draft(user_id=MEMBER + 1, parent_id=kept.id)
    for draft in (of_theirs, of_kept):
        await store.put_draft(draft, now=NOW)
    await store.forget_member(MEMBER, now=NOW)
    assert await store.draft(of_theirs.id, now=NOW) is None
    assert await store.draft(of_kept.id, now=NOW) == of_kept


async def test_a_draft_is_no_hurdle_for_the_loop(store: JobStore) -> None:
    """Nothing claims, counts or lists a draft."""
    await store.put_draft(make_draft(), now=NOW)
    assert set((await store.counts()).values()) == {0}
    assert await store.list_jobs(states=list(State)) == []
