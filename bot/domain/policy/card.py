"""What the card of a job shows, and which of its buttons are allowed. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypedDict

from bot.domain.outcomes import outcome_problems
from storage.job import CARD_GONE, ENDED, Job, State, WaitsFor

TOKEN_LIFE_S: Final = 15 * 60.0 - 30.0
"""Interaction tokens live 15 minutes (Discord); the margin covers the call itself."""


CARD_TRIES_MAX: Final = 1_440
"""A day of tries, a minute apart: an outage of Discord must not freeze a card for good."""


CARD_CLOSED: Final = "closed"
"""Shown by a card that Discord no longer lets us edit: it wants no more edits."""


UNDELIVERED_TRIES: Final = 5
"""After this many tries in a row the card says that Discord does not take the message."""


def card_view(job: Job) -> str:
    """Return the name of what the card should show; during delivery it keeps what it shows."""
    if job.unwanted and job.state in ENDED:
        return CARD_GONE
    views = {
        State.READY: job.card.wants,
        State.POSTING: _posting_view(job),
        State.WAITING: _question_view(job),
        **dict.fromkeys((State.QUEUED, State.CREATING), _line_view(job)),
        State.RUNNING: "stopping" if job.stopped else "late" if job.late else State.RUNNING.value,
        State.DONE: _end_view(job),
        State.CANCELLED: "cancelled_faces" if job.cost_begun else State.CANCELLED.value,
    }
    return views.get(job.state, job.state.value)


def _posting_view(job: Job) -> str:
    # Without a venue of its own the result goes into the card, which must not be edited back.
    undelivered = job.failures >= UNDELIVERED_TRIES and job.origin.can_post
    return "undelivered" if undelivered else job.card.wants


def _line_view(job: Job) -> str:
    # One lost response is not an outage: in `creating`, `failures` counts it and then the look-ups.
    held = job.failures > (job.state is State.CREATING)
    if job.stopped:
        return "stopping"
    return "no_room" if job.aside else "held" if held else State.QUEUED.value


def _question_view(job: Job) -> str:
    if job.stopped and job.waits_for is not WaitsFor.PICKUP:
        return "stopping"
    return job.waits_for.value if job.waits_for else State.WAITING.value


def _end_view(job: Job) -> str:
    if job.stopped:
        return "stopped"
    if job.outcome is not None and not outcome_problems(job.outcome):
        return "done"
    return "gave_up" if job.gave_up else "problem"


class CardChanges(TypedDict, total=False):
    """The columns by which a card becomes due."""

    card_wants: str
    card_due_at: float | None
    card_tries: int


def card_changes(job: Job, to: State, now: float, changes: Mapping[str, Any]) -> CardChanges:
    """Return the card columns to write along with a move; a difference makes an edit due."""
    plain = {k: v for k, v in changes.items() if not k.startswith("card_")}
    failures = job.failures if to is job.state else 0  # a move resets the count
    wants = card_view(replace(job, **{"failures": failures, **plain, "state": to}))
    closed = job.card.shows == CARD_CLOSED and wants != CARD_GONE
    if closed or wants == job.card.wants:
        return {}
    return {"card_wants": wants, "card_due_at": now, "card_tries": 0}


def token_alive(job: Job, now: float) -> bool:
    """Tell whether the answer can still be edited with the interaction token."""
    return job.card.token is not None and now < job.card.token_until


def open_for_cancel(job: Job) -> bool:
    """Cancelling is free only before the create; later it is "stop following"."""
    return _before_create(job) and not job.create_tries


def open_for_stop(job: Job) -> bool:
    """From `creating` on the task may be charged: following it can stop, the task can't.

    Also back in the queue, as long as one of its creates may have made a task.
    """
    unsure = job.waits_for is WaitsFor.UNSURE
    ordered = job.state in {State.CREATING, State.RUNNING} or unsure
    return not job.stopped and (ordered or (_before_create(job) and job.create_tries > 0))


def _before_create(job: Job) -> bool:
    return job.waits_for is WaitsFor.FACE or job.state in {State.PREPARING, State.QUEUED}
