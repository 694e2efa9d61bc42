"""What to do next, as values: when to ask again, when it is late, what the card shows.

Pure: a job, an answer and the time go in, a decision comes out. Nothing here waits or writes.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypedDict

from bot.errors import Problem
from bot.outcomes import outcome_problems, problem_outcome
from storage.job import Delivery, Job, State, Venue, WaitsFor
from storage.rows import Changes

HOUR_S: Final = 3_600.0
DAY_S: Final = 24 * HOUR_S

POLL_STRETCH_MAX: Final = 6.0
"""Waits between queries grow to at most this many intervals, whatever the model."""
LOST_TASK_QUERIES_MIN: Final = 5
LOST_TASK_AGE_S: Final = 600.0
"""A task that Kling does not know is given up after so many queries and so long, not before."""
FOLLOW_UP_S: Final = DAY_S
FOLLOW_UP_MAX_S: Final = 30 * DAY_S
"""Kling deletes results after 30 days, so looking for a late one ends there."""

BACKOFF_FIRST_S: Final = 1.0
BACKOFF_MAX_S: Final = 60.0
UNCLEAR_LOOK_S: Final = 3.0
"""How long after an ambiguous create the first look-up goes out."""
FOREIGN_TASK_SKEW_S: Final = 600.0
"""A found task older than its job by more than this is somebody else's; clocks may differ."""

NONCE_WINDOW_S: Final = 60.0
"""Discord deduplicates a nonce for "the past few minutes" (its API documentation); well within
them, because the request itself may take a while, we look for the message before posting again."""
SEARCH_MESSAGES_MAX: Final = 1_000

TOKEN_LIFE_S: Final = 15 * 60.0 - 30.0
"""Interaction tokens live 15 minutes (Discord); the margin covers the call itself."""
CARD_TRIES_MAX: Final = 1_440
"""A day of tries, a minute apart: an outage of Discord's must not freeze a card for good."""

FACE_SESSION_S: Final = 24 * HOUR_S - HOUR_S
"""A face session lives 24 h (Kling); the last hour is left for waiting in the queue."""
FACE_CHOICE_S: Final = 3 * DAY_S
PICKUP_S: Final = 30 * DAY_S  # a server that comes back within it finds everything, too


def backoff_s(failures: int, *, first_s: float = BACKOFF_FIRST_S) -> float:
    """Return how long to wait after so many failures in a row: doubling, capped."""
    return min(BACKOFF_MAX_S, first_s * 2.0 ** min(failures, 16))


def waits_since(job: Job) -> float:
    """Return since when the job waits for Kling alone (Unix seconds), not for a person."""
    return job.queued_at or job.created_at


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
    """Return the wait after a query that got no answer, the last of so many failures in a row.

    Backing off as everywhere, within the same bounds as the waits between answered queries.
    """
    longest_s = limits.interval_s * POLL_STRETCH_MAX
    return min(longest_s, max(limits.interval_s, backoff_s(failures)))


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again after `seconds`; `late` says that the member is to be told it takes longer."""

    seconds: float
    late: bool


class GiveUp:
    """Long enough: the member is told, the slot is freed, a late result is still delivered."""


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
    """Tell whether a task that Kling says it does not know is to be given up."""
    age_s = now - (job.submitted_at or job.created_at)
    return job.failures + 1 >= LOST_TASK_QUERIES_MIN and age_s >= LOST_TASK_AGE_S


def next_follow_up(job: Job, now: float) -> float | None:
    """Return when to look for a late result of a job that was given up, or None: never again."""
    if not job.gave_up or job.stopped or job.task_id is None:
        return None
    ends = (job.submitted_at or job.created_at) + FOLLOW_UP_MAX_S
    at = now + FOLLOW_UP_S
    return at if at <= ends else None


# ---- a create whose outcome is not known ----------------------------------------------------

CREATE_TRIES_MAX: Final = 50
"""Ambiguous creates in a row after which a person is asked instead of the API."""
LOOKS_BEFORE_UNSURE: Final = 3
"""Where absence proves nothing, a task that appears late gets this many looks to be found."""


class NotFound(enum.Enum):
    """What follows when a task that may have been created is not found by our id."""

    LOOK_AGAIN = enum.auto()
    SEND_AGAIN = enum.auto()
    """Only where its absence is proven; the same id guards a create that is still under way."""
    ASK = enum.auto()
    """A person decides."""
    END = enum.auto()
    """Nobody follows the job any more: nothing that may cost is sent for it."""


def decide_not_found(job: Job, *, proven: bool, may_appear: bool) -> NotFound:
    """Decide about a create that was looked for in vain.

    `proven`: this route keeps our id, so the task does not exist. `may_appear`: it is worth looking
    again. `failures` of a job in `creating` counts its ambiguous answers and its looks.
    """
    if proven:
        if job.stopped:
            return NotFound.END
        return NotFound.SEND_AGAIN if job.create_tries < CREATE_TRIES_MAX else NotFound.ASK
    if may_appear and job.failures < LOOKS_BEFORE_UNSURE:
        return NotFound.LOOK_AGAIN
    return NotFound.END if job.stopped else NotFound.ASK


# ---- telling --------------------------------------------------------------------------------

WHISPER: Final = "w"
"""The kind of a delivery that is for the member alone."""
_NEXT_VENUE: Final = {
    Venue.CHANNEL: Venue.ANSWER,
    Venue.ANSWER: Venue.DM,
    Venue.DM: Venue.PICKUP,
}


def next_venue(delivery: Delivery, *, can_post: bool) -> Venue:
    """Return where a part goes after it was refused for good where it is.

    A whisper starts at the answer, so what comes next for it is the channel.
    """
    if delivery.kind == WHISPER and delivery.venue is Venue.ANSWER and can_post:
        return Venue.CHANNEL
    if delivery.kind == WHISPER and delivery.venue is Venue.CHANNEL:
        return Venue.DM
    return _NEXT_VENUE[delivery.venue]


def past_nonce(delivery: Delivery, now: float) -> bool:
    """Tell whether the part may have been sent too long ago for its nonce to stop a second one."""
    return delivery.first_tried_at is not None and now - delivery.first_tried_at > NONCE_WINDOW_S


# ---- unsure ---------------------------------------------------------------------------------


class UnsureChoice(enum.StrEnum):
    """How an operator resolves a create whose outcome nobody can know."""

    LOOK = "look"
    SEND = "send"
    GIVE_UP = "give-up"


def resolve_unsure(choice: UnsureChoice, now: float) -> tuple[State, Changes]:
    """Return where the job goes and what changes with it.

    `look` puts it back to the look-up it came from, `send` sends the create again (it may be paid
    twice, which is why a person decides), `give-up` tells the member.
    """
    freed: Changes = {"waits_until": None, "waits_then": "", "due_at": now, "gave_up": False}
    if choice is UnsureChoice.LOOK:
        return State.CREATING, freed
    if choice is UnsureChoice.SEND:
        return State.QUEUED, freed
    told = problem_outcome(Problem("given_up_by_owner"))
    return State.READY, {**freed, "outcome": told}


# ---- the card -------------------------------------------------------------------------------

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
