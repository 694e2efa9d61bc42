"""A member's request that everything is deleted, honoured by several processes at once."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from storage.engine import open_database
from storage.errors import ForgottenToday
from storage.forget_requests import ForgetRequest
from storage.forgetting import JOBS_AT_ONCE
from storage.job import new_job_id
from storage.job_deletion import delete_jobs
from storage.schema import jobs
from storage.standing import EVERYWHERE, Scope, Set
from storage.store import JobStore
from tests.harness.storage.making import MEMBER, NOW, make_job

CHANNEL = 5


async def _request(store: JobStore) -> ForgetRequest:
    question = new_job_id()
    await store.ask_to_forget(question, MEMBER, CHANNEL, now=NOW, until=NOW + 60)
    assert await store.request_forgetting(question, MEMBER, now=NOW)
    [request] = await store.forget_requests()
    return request


async def test_who_finds_its_page_deleted_goes_on(postgres_at_newest: str) -> None:
    """Another process deletes just those jobs, and dies: the rest goes before it counts as done."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second") as second,
    ):
        store, other = first.jobs, second.jobs._connections
        for _ in range(JOBS_AT_ONCE + 1):
            await store.insert(make_job(created_at=NOW - 1))
        request = await _request(store)
        read, write = store._connections.read, store._connections.write
        page: list[str] = []

        async def seen(work: Callable[[Connection], Any]) -> Any:
            store._connections.read = read  # type: ignore[method-assign]  # the first is the page
            found = await read(work)
            page.extend(row.id for row in found)
            return found

        async def overtaken(work: Callable[[Connection], Any], **how: Any) -> Any:
            store._connections.write = write  # type: ignore[method-assign]  # once
            these = jobs.c.id.in_(page)
            assert await other.write(lambda here: delete_jobs(here, these, now=NOW)) == JOBS_AT_ONCE
            return await write(work, **how)

        store._connections.read = seen  # type: ignore[method-assign]  # stands in front of it
        store._connections.write = overtaken  # type: ignore[method-assign]  # as above
        await store.honour(request, now=NOW)
        assert await second.jobs.list_jobs() == []
        assert await second.jobs.forget_requests() == []


async def test_what_was_set_after_the_end_stays(store: JobStore, other: JobStore) -> None:
    """A process that comes late to a request takes nothing away, and tells that it was done."""
    request = await _request(store)
    [same] = await other.forget_requests()
    assert await store.honour(request, now=NOW) == 0
    own = Set(Scope.MEMBER, MEMBER, "mode", "pro")
    await store.put_settings(EVERYWHERE, [own], by=MEMBER, now=NOW + 1)
    assert await other.honour(same, now=NOW + 2) is None
    assert (await store.standing(EVERYWHERE, MEMBER)).settings == (own,)
    with pytest.raises(ForgottenToday):
        await _request(store)
