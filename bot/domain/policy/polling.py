"""What to do next, as values: when to query again, when a task is late, what the card shows.

Pure: a job, a response and the time go in, a decision comes out. Nothing here waits or writes.
"""

from dataclasses import dataclass
from typing import Final

from bot.domain.limits import RESULTS_KEPT_DAYS
from bot.domain.policy.backoff import DAY_S, backoff_s
from bot.domain.policy.in_vain import Vain, waits_of
from storage.job import Job

POLL_STRETCH_MAX: Final = 6.0
"""Delays between queries grow to at most this many intervals, whatever the model."""
LOST_TASK_QUERIES_MIN: Final = 5
LOST_TASK_AGE_S: Final = 600.0
"""A task that Kling does not know is given up only after this many queries and this long."""
FOLLOW_UP_S: Final = DAY_S
FOLLOW_UP_MAX_S: Final = RESULTS_KEPT_DAYS * DAY_S
"""Looking for a late result ends where Kling deletes it."""


# ---- polling --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PollLimits:
    """The `poll` settings, in seconds."""

    first_s: float
    interval_s: float
    late_s: float
    give_up_s: float


def next_poll_s(waited_s: float, expected_s: float | None, limits: PollLimits) -> float:
    """Return the wait until the next query.

    The plain interval until half an expected time past the expectation, then growing with the
    wait already endured, never beyond `POLL_STRETCH_MAX` intervals.
    """
    patience_s = 1.5 * expected_s if expected_s else limits.late_s / 4
    if waited_s <= patience_s:
        return limits.interval_s
    return limits.interval_s * min(POLL_STRETCH_MAX, 1.0 + (waited_s - patience_s) / patience_s)


def poll_again_s(failures: int, limits: PollLimits) -> float:
    """Return the delay after this many queries in a row without a response.

    The usual backoff, within the same bounds as the delays between answered queries.
    """
    longest_s = limits.interval_s * POLL_STRETCH_MAX
    return min(longest_s, max(limits.interval_s, backoff_s(failures)))


@dataclass(frozen=True, slots=True)
class Wait:
    """Query again after `seconds`; `late` means that the card says it takes longer."""

    seconds: float
    late: bool


class GiveUp:
    """Stop waiting: the member is notified, the slot is freed, a late result is still delivered."""


def decide_running(job: Job, now: float, limits: PollLimits) -> Wait | GiveUp:
    """Decide about a task that has not ended."""
    waited_s = now - (job.submitted_at or job.created_at)
    if waited_s >= limits.give_up_s:
        return GiveUp()
    expected_s = (
        job.expected_at - job.submitted_at if job.expected_at and job.submitted_at else None
    )
    return Wait(next_poll_s(waited_s, expected_s, limits), late=waited_s >= limits.late_s)


def is_lost(job: Job, now: float) -> bool:
    """Tell whether to give up a task that Kling says it does not know."""
    age_s = now - (job.submitted_at or job.created_at)
    queries = waits_of(job).once_more(Vain.ABSENT).count(Vain.ABSENT)
    return queries >= LOST_TASK_QUERIES_MIN and age_s >= LOST_TASK_AGE_S


def next_follow_up(job: Job, now: float) -> float | None:
    """Return when to query a given-up job for a late result, or None: never again."""
    if not job.gave_up or job.stopped or job.task_id is None:
        return None
    ends = (job.submitted_at or job.created_at) + FOLLOW_UP_MAX_S
    at = now + FOLLOW_UP_S
    return at if at <= ends else None
