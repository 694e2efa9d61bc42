"""What the card of a job shows, and what its buttons may do. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypedDict

from bot.domain.outcomes import outcome_problems
from storage.job import Job, State, WaitsFor

TOKEN_LIFE_S: Final = 15 * 60.0 - 30.0
"""Interaction tokens live 15 minutes (Discord); the margin covers the call itself."""


CARD_TRIES_MAX: Final = 1_440
"""A day of tries, a minute apart: an outage of Discord's must not freeze a card for good."""


CARD_CLOSED: Final = "closed"
"""What a card shows that Discord no longer lets us edit: nothing more is wanted of it."""


def card_view(job: Job) -> str:
    """Return the name of what the card should show; a job being told keeps what it shows."""
    views = {
        State.READY: job.card.wants,
        State.POSTING: job.card.wants,
        State.WAITING: _question_view(job),
        **dict.fromkeys((State.QUEUED, State.CREATING), _line_view(job)),
        State.RUNNING: "stopping" if job.stopped else "late" if job.late else State.RUNNING.value,
        State.DONE: _end_view(job),
    }
    return views.get(job.state, job.state.value)


def _line_view(job: Job) -> str:
    # One lost answer is no trouble yet: `failures` in `creating` counts it, and then the looks.
    held = job.failures > (job.state is State.CREATING)
    return "stopping" if job.stopped else "held" if held else State.QUEUED.value


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
    """Return the card columns to write along with a move, so that a difference is due work."""
    plain = {k: v for k, v in changes.items() if not k.startswith("card_")}
    failures = job.failures if to is job.state else 0  # a move counts anew
    wants = card_view(replace(job, **{"failures": failures, **plain, "state": to}))
    if job.card.shows == CARD_CLOSED or wants == job.card.wants:
        return {}
    return {"card_wants": wants, "card_due_at": now, "card_tries": 0}


def token_alive(job: Job, now: float) -> bool:
    """Tell whether the answer can still be reached through the interaction's token."""
    return job.card.token is not None and now < job.card.token_until


def open_for_cancel(job: Job) -> bool:
    """Cancelling is free only before the create call; later it is "stop following"."""
    return _before_create(job) and not job.create_tries


def open_for_stop(job: Job) -> bool:
    """From `creating` on the task may cost: following it can stop, the task cannot.

    Back in the queue too, while one of its creates is not known to have made nothing.
    """
    unsure = job.waits_for is WaitsFor.UNSURE
    ordered = job.state in {State.CREATING, State.RUNNING} or unsure
    return not job.stopped and (ordered or (_before_create(job) and job.create_tries > 0))


def _before_create(job: Job) -> bool:
    return job.waits_for is WaitsFor.FACE or job.state in {State.PREPARING, State.QUEUED}
