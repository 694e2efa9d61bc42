"""How long to wait after failures. Pure."""

from typing import Final

from storage.job import Job

HOUR_S: Final = 3_600.0


DAY_S: Final = 24 * HOUR_S


BACKOFF_FIRST_S: Final = 1.0


BACKOFF_MAX_S: Final = 60.0


RATE_AGAIN_MAX_S: Final = 600.0
"""Longest wait for a rate limit of Discord's, however long it names: it may end earlier."""


def backoff_s(failures: int, *, first_s: float = BACKOFF_FIRST_S) -> float:
    """Return how long to wait after this many failures in a row: doubling, capped."""
    return min(BACKOFF_MAX_S, first_s * 2.0 ** min(failures, 16))


ODD_TOLD_AT: Final = 5
"""So many connections to Discord in a row that ended at an unforeseen error: the operator is told,
and the next one waits."""
ODD_AGAIN_S: Final = 480.0
"""Each of these begins with an IDENTIFY. Discord allows 1,000 of them in 24 hours, for all shards
together, and then resets the token (its documentation, "Identifying"); this is 180 for a shard."""


def reconnect_s(failures: int, odd: int) -> float:
    """Return how long to wait before connecting to Discord again.

    After so many failures in a row, and so many connections that ended at an unforeseen error.
    """
    if odd >= ODD_TOLD_AT:
        return ODD_AGAIN_S
    return backoff_s(failures - 1) if failures else 0.0


ASKED_MIN: Final = 10
"""A wait ends for its age only once this many tries of its kind came to nothing in a row: while the
bot was stopped, or the machine asleep, nobody asked."""


def waits_since(job: Job) -> float:
    """Return since when the job has been waiting for Kling, not for a person (Unix seconds)."""
    return job.queued_at or job.created_at
