"""What follows when nobody knows whether Kling accepted a task. Pure."""

import enum
from typing import Final

from bot.domain.outcomes import problem_outcome
from bot.errors import Problem
from storage.job import Job, State
from storage.rows import Changes

UNCLEAR_LOOK_S: Final = 3.0
"""How long after an ambiguous create the first look-up goes out."""


FOREIGN_TASK_SKEW_S: Final = 600.0
"""A found task older than its job by more than this is somebody else's; clocks may differ."""


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
