"""When a question is announced by direct message, because no card can show it any more. Pure.

A card without a channel of its own, private or in a place that is not the bot's, can be edited only
while its interaction token lives. A question that is still open then stands in `/jobs`.
"""

from collections.abc import Mapping
from typing import Any, Final

from storage.job import Job, WaitsFor

QUESTION: Final = "q"
"""The kind of the delivery that announces one; its parts count the questions of a job, from 1."""
ASKED: Final = "asked"
TO_ANNOUNCE: Final = "to_announce"
"""In a job's question: how many were asked, and which one is to be announced."""


def asking(job: Job, now: float) -> tuple[Mapping[str, Any], float | None]:
    """Return the job's question with what is to be announced, and when that is due.

    Both are written by the move that asks. None: the card goes on showing it.
    """
    if job.origin.can_post:
        return job.question, None
    number = job.question.get(ASKED, 0) + 1
    return {**job.question, ASKED: number, TO_ANNOUNCE: number}, max(now, job.card.token_until)


def to_announce(job: Job, now: float) -> int | None:
    """Return the number of the open question that is to be announced now."""
    if job.waits_for not in {WaitsFor.FACE, WaitsFor.UNSURE} or now < job.card.token_until:
        return None
    number = job.question.get(TO_ANNOUNCE)
    return number if isinstance(number, int) else None


def announced(job: Job) -> Mapping[str, Any]:
    """Return the job's question once it was announced, or can't be."""
    return {key: value for key, value in job.question.items() if key != TO_ANNOUNCE}
