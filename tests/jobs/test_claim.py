"""The claim that a step holds: always the row as it was last written."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.policy.recovery import UnsureChoice
from bot.jobs.claim import Claim
from bot.jobs.transitions import Transitions
from storage.engine import open_database
from storage.errors import ClaimLost, RowUnreadable
from storage.job import State, WaitsFor
from storage.store import JobStore
from tests.harness.manual_clock import START_UNIX_S, ManualClock
from tests.harness.storage.making import answered, fetched, make_job, sent

NOW = START_UNIX_S


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


@pytest.fixture
def transitions(store: JobStore) -> Transitions:
    return Transitions(store, ManualClock())


@pytest.fixture
async def claim(store: JobStore, transitions: Transitions) -> Claim:
    """A job whose create is under way."""
    await answered(store, make_job(created_at=NOW))
    return Claim(await sent(store, now=NOW), transitions)


async def test_each_write_leaves_the_fresh_row(claim: Claim, store: JobStore) -> None:
    """After each write the claim's row is the one in the database, for the next write to go on."""
    await claim.save(keep=True, failures=2)
    assert claim.job.failures == 2
    await claim.move(State.RUNNING, keep=True, task_id="t-1")
    assert (claim.job.state, claim.job.task_id) == (State.RUNNING, "t-1")
    await claim.move(State.READY, outcome={"media": []})
    assert claim.job == await fetched(store, claim.job)


async def test_the_request_is_parsed_once(claim: Claim) -> None:
    """The request is the same object before and after the writes of a step."""
    request = claim.request
    await claim.move(State.RUNNING, keep=True, task_id="t-1")
    assert claim.request is request


@pytest.mark.parametrize("damaged", [[], "words", {"prompt": "a fox"}])
async def test_a_request_of_another_form_is_unreadable(
    claim: Claim, transitions: Transitions, damaged: Any
) -> None:
    """Whatever its JSON is, the row is one that this version can't read, not a bug."""
    with pytest.raises(RowUnreadable):
        _ = Claim(replace(claim.job, request=damaged), transitions).request


async def test_a_step_hears_of_a_stop_and_keeps_its_claim(
    claim: Claim, transitions: Transitions
) -> None:
    """Stopping while a step is under way is seen by it, and costs it nothing it has to store."""
    assert not await claim.is_stopped()
    assert await transitions.stop(claim.job) is not None
    assert await claim.is_stopped()
    assert claim.job.stopped
    await claim.move(State.RUNNING, task_id="t-1")
    assert (claim.job.task_id, claim.job.stopped) == ("t-1", True)


async def test_a_step_whose_job_was_decided_about_writes_nothing(
    claim: Claim, store: JobStore, transitions: Transitions
) -> None:
    """What a person decides takes the row from the step, whose next write raises."""
    await claim.move(State.WAITING, keep=True, waits_for=WaitsFor.UNSURE)
    decided = await transitions.resolve(await fetched(store, claim.job), UnsureChoice.SEND)
    assert decided is not None
    with pytest.raises(ClaimLost):
        await claim.save(failures=1)
    assert await fetched(store, claim.job) == decided


async def test_only_an_unsure_job_is_resolved(claim: Claim, transitions: Transitions) -> None:
    """There is nothing to decide about a create that is under way, or was decided about already."""
    assert await transitions.resolve(claim.job, UnsureChoice.SEND) is None
    await claim.move(State.WAITING, waits_for=WaitsFor.UNSURE)
    unsure = claim.job
    assert await transitions.resolve(unsure, UnsureChoice.LOOK) is not None
    assert await transitions.resolve(unsure, UnsureChoice.SEND) is None
