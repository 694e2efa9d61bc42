"""What counts towards a member's day: jobs that cost something, or may yet."""

import pytest

from storage.errors import DayLimitReached
from storage.job import State
from storage.limits import Limits
from storage.store import JobStore
from tests.harness.storage.making import NOW, answered, make_job


@pytest.mark.parametrize("ended", [State.CANCELLED, State.DONE, State.READY])
async def test_what_cost_nothing_does_not_count(store: JobStore, ended: State) -> None:
    """A job that was called off, refused or interrupted before a create is not counted."""
    job = await answered(store, make_job())
    if ended is State.CANCELLED:
        assert await store.decide(job.id, from_state=job.state, to=ended, now=NOW)
    else:
        await store.insert(make_job(state=ended, user_id=8))
    user_id = job.origin.user_id if ended is State.CANCELLED else 8
    await store.insert(make_job(user_id=user_id), limits=Limits(1, day_starts=NOW - 10.0))


@pytest.mark.parametrize("ended", [State.DONE, State.READY, State.RUNNING])
async def test_what_was_sent_to_kling_counts(store: JobStore, ended: State) -> None:
    """A job that came to a create counts, however it ended."""
    await store.insert(make_job(state=ended, create_tries=1))
    with pytest.raises(DayLimitReached):
        await store.insert(make_job(), limits=Limits(1, day_starts=NOW - 10.0))
