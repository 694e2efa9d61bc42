"""A look-up that comes before Kling knows the task: no end is told before another one was made."""

from dataclasses import replace
from functools import partial

import pytest

from bot.errors import KlingBusy
from bot.jobs.kling_places import KlingPlaces
from sandbox.kling import Fault, How
from storage.job import ENDED, Job, State
from storage.rows import Changes
from tests.harness.recovery.laws import assert_paid_once
from tests.harness.town import Town
from tests.recovery.test_ambiguous_create import assert_one_result, looked_up, lost_answer


async def sent_twice(town: Town, second: Fault, *then: Fault) -> None:
    """Kling makes the task unheard, is looked at too early, and answers the repeat like this."""
    await lost_answer(town, Fault(How.DROP), "image")
    early = town.kling.fault(
        Fault(How.REFUSE, method="GET", code=1201, message="Task not found by id: x")
    )
    for fault in (second, *then):
        town.kling.fault(fault)
    await looked_up(town)
    await early.arrived.wait()
    await second.arrived.wait()


async def test_what_is_refused_when_sent_again_is_looked_for_once_more(town: Town) -> None:
    """A look-up may come too early and say "not found": the task that is there is the job's."""
    await sent_twice(town, Fault(How.REFUSE, method="POST", code=1301))
    await assert_one_result(town)
    assert town.posts()[0].attachments


async def ends_quickly(town: Town) -> Job:
    """Set the clock forward to each look, and return the job once it has ended."""

    async def ended() -> Job | None:
        job = await town.only_job()
        if job.state is State.CREATING and job.lease_owner is None and job.failures:
            await looked_up(town)
        return job if job.state in ENDED else None

    return await town.commits.until(ended)


@pytest.mark.parametrize("early", [2, pytest.param(3, marks=pytest.mark.sweep)])
async def test_more_than_one_look_may_come_too_early(town: Town, early: int) -> None:
    """Each repeat is refused, so many looks find nothing, and then the task is there after all."""
    absent = Fault(How.REFUSE, method="GET", code=1201, message="Task not found by id: x")
    await lost_answer(town, Fault(How.DROP), "image")
    town.kling.fault(replace(absent, times=early))
    town.kling.fault(Fault(How.REFUSE, method="POST", code=1301, times=None))
    await ends_quickly(town)
    await assert_one_result(town)
    assert town.posts()[0].attachments


async def test_what_was_never_made_is_refused_in_the_end(town: Town) -> None:
    """The first create made nothing: some looks later the member reads why, and owes nothing."""
    await lost_answer(town, Fault(How.DROP, before=True), "image")
    refused = town.kling.fault(Fault(How.REFUSE, method="POST", code=1301, times=None))
    job = await ends_quickly(town)
    assert refused.arrived.is_set()
    assert town.kling.creates == []
    assert not job.units_held
    assert not job.units_spent
    asked = [request.method for request in town.kling.requests if "/images/" in request.path]
    assert asked[:3] == ["POST", "GET", "POST"]
    assert asked.count("GET") >= 3
    [told] = await town.posted()
    assert "content check" in told.content
    await town.settled()


async def at_rest(town: Town) -> Job | None:
    """Wait for the write that ends the step which the repeat belongs to."""
    job = await town.only_job()
    between = job.state is State.CREATING and (job.lease_owner is not None or job.failures < 2)
    return None if between else job


async def test_no_refusal_is_told_while_the_look_gets_no_answer(town: Town) -> None:
    """Kling fails when it is asked once more: the job waits for an answer, and gets its task."""
    silent = Fault(How.ANSWER, method="GET", status=503, times=None)
    refused = Fault(How.REFUSE, method="POST", code=1301)
    await sent_twice(town, refused, silent)
    await silent.arrived.wait()
    job = await town.commits.until(partial(at_rest, town))
    assert job.state is State.CREATING
    assert job.units_held
    silent.times = 0
    await looked_up(town)
    await assert_one_result(town)


async def test_who_stops_while_the_repeat_is_told_to_wait_pays_for_the_first(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first create made a task: it is found, and its units are spent, not given back."""
    told_to_wait = KlingPlaces.refused

    async def stopped_meanwhile(places: KlingPlaces, job: Job, busy: KlingBusy) -> Changes:
        await town.store.stop_following(job.id, now=town.clock.now())
        return await told_to_wait(places, job, busy)

    monkeypatch.setattr(KlingPlaces, "refused", stopped_meanwhile)
    await sent_twice(town, Fault(How.REFUSE, method="POST", status=429, code=1303))
    await assert_paid_unseen(town)


async def test_who_stops_in_the_queue_pays_for_the_first(town: Town) -> None:
    """Told to wait, the job is back in the queue: it does not end there without a look."""
    await sent_twice(town, Fault(How.REFUSE, method="POST", status=429, code=1303))
    job = await town.job_is(State.QUEUED)
    await town.store.stop_following(job.id, now=town.clock.now())
    town.clock.jump(120.0)
    await assert_paid_unseen(town)


async def assert_paid_unseen(town: Town) -> None:
    [job] = await town.settled()
    assert_paid_once(town, 1)
    assert job.task_id == town.kling.creates[0].id
    assert job.units_spent
    assert town.posts() == []
