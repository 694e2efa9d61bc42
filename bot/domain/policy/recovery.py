"""What follows if it is unknown whether Kling accepted a task. Pure."""

import enum
from typing import Final

from bot.domain.edits import REFERENCE
from bot.domain.outcomes import problem_outcome
from bot.domain.policy.in_vain import Vain, Waits, waits_of
from bot.domain.policy.polling import PollLimits
from bot.errors import Problem
from storage.job import Job, Kind, State
from storage.rows import Changes

UNCLEAR_LOOK_S: Final = 3.0
"""How long after an ambiguous create the first look-up is sent."""


FOREIGN_TASK_SKEW_S: Final = 600.0
"""A task found that is older than its job by more than this is not ours; clocks may differ."""


CREATE_TRIES_MAX: Final = 50
"""After this many ambiguous creates in a row, a person decides instead of the API."""


LOOKS_BEFORE_UNSURE: Final = 3
"""Where absence proves nothing, a task that appears late has this many look-ups to be found."""


LOOKS_BEFORE_NO: Final = 3
"""A create may have made a task, and a later one is refused: so many look-ups in a row must find
nothing before the member is told that nothing was made. Each may come too early."""


MADE_BEFORE_S: Final = 10.0
MADE_AFTER_S: Final = 60.0
"""By Kling's clock, a task was made so long before its order was begun at the earliest, and so long
after that was over at the latest."""
ORDER_MAX_S: Final = 300.0
"""An order is over after this long, also one of many megabytes."""
LENGTH_APART_S: Final = 1.0
"""How far the length of a video is from what was asked for: Kling's 5 s are 5.041 s."""


ROOM_REFUSALS_MIN: Final = 10
ROOM_REFUSED_MIN_S: Final = 600.0
"""An order of several that found no room so often and for so long, while none of its model was in
flight, needs more places at once than there seem to be."""


def looks_again(waits: Waits) -> bool:
    """Tell whether a task that was not found now is to be looked for again before a "no"."""
    return waits.once_more(Vain.ABSENT).count(Vain.ABSENT) < LOOKS_BEFORE_NO


def waited_enough(waits: Waits, kind: Vain, since: float, now: float, longest_s: float) -> bool:
    """Tell whether a job that waits since then (Unix seconds) is to end without a task.

    Once it has been looked for before its "no", only its age counts: a look ends other counts.
    """
    old = now - since >= longest_s
    return waits.too_long(kind, since, now, longest_s) or (old and waits.count(Vain.ABSENT) > 0)


class NotFound(enum.Enum):
    """What follows if a task that may exist is not found by our id."""

    LOOK_AGAIN = enum.auto()
    SEND_AGAIN = enum.auto()
    """Only if its absence is proven; the same id guards against a create still in transit."""
    ASK = enum.auto()
    """A person decides."""
    END = enum.auto()
    """The member stopped following: nothing that may be charged is sent."""


def decide_not_found(job: Job, *, proven: bool, may_appear: bool) -> NotFound:
    """Decide about a create that was looked up without success.

    `proven`: this route keeps our id, so the task does not exist. `may_appear`: it is worth another
    look-up; those that got no answer are not among its looks.
    """
    if proven:
        if job.stopped:
            return NotFound.END
        return NotFound.SEND_AGAIN if job.create_tries < CREATE_TRIES_MAX else NotFound.ASK
    looks = waits_of(job).once_more(Vain.ABSENT).count(Vain.ABSENT)
    if may_appear and looks < LOOKS_BEFORE_UNSURE:
        return NotFound.LOOK_AGAIN
    return NotFound.END if job.stopped else NotFound.ASK


def no_room(job: Job, changes: Changes) -> Problem | None:
    """Return why a job fails that Kling said "later" to, for as long as a job may wait.

    `changes` are those of `room_refused`. Only what stands aside may need more slots at once than
    the account has; for any other there will be room some day.
    """
    return Problem("no_room_at_once", {"count": job.slots}) if changes.get("aside") else None


def room_refused(job: Job, now: float) -> Changes:
    """Return what changes about a job that found no room while none of its model was in flight.

    An order of one is never called too large: others may have all places.
    """
    if job.slots == 1:
        return {}
    refusals = job.room_refusals + 1
    since = min(job.room_refused_since or now, now)
    long = refusals >= ROOM_REFUSALS_MIN and now - since >= ROOM_REFUSED_MIN_S
    return {
        "room_refusals": refusals,
        "room_refused_since": since,
        "aside": job.aside or long,
    }


def slot_free_at(job: Job, limits: PollLimits) -> float:
    """Return when a task of the job's last create has surely ended (Unix seconds).

    Until then an unsure job holds its slot; nothing shorter than `late_s` is known to be enough.
    """
    return (job.sent_at or job.created_at) + limits.late_s


def made_window(sent_at: float, now: float) -> tuple[float, float]:
    """Return when Kling made the task of an order that was begun at `sent_at` (Unix seconds)."""
    return sent_at - MADE_BEFORE_S, min(now, sent_at + ORDER_MAX_S) + MADE_AFTER_S


def orders_known(sent_at: float, restored_at: float) -> bool:
    """Tell whether this database has every order that may have made a task in this one's window.

    A copy that was put in place at `restored_at` (Unix seconds) lacks the orders since it was made;
    the last of them may have been begun until then, and made its task as late as any.
    """
    return sent_at - MADE_BEFORE_S - ORDER_MAX_S - MADE_AFTER_S > restored_at


def may_be_of(
    job: Job,
    window: tuple[float, float],
    *,
    external_id: str | None,
    created_at: float | None,
    length_s: float | None,
) -> bool:
    """Tell whether a task that no job owns may be the job's, by what Kling shows of it.

    `length_s` is that of its video, once there is one. What is not shown excludes nothing.
    """
    if external_id is not None:
        return external_id == job.id
    if created_at is not None and not window[0] <= created_at <= window[1]:
        return False
    edits = job.kind is Kind.EDIT and job.request.get("use") != REFERENCE
    asked_s = job.request.get("video_s" if edits else "duration_s")  # an edit is as long
    if not isinstance(asked_s, int | float) or length_s is None:
        return True
    return abs(length_s - asked_s) <= LENGTH_APART_S


def is_ours(external_id: str | None, created_at: float | None, job: Job) -> bool:
    """Tell whether a task that a look-up by our id found is the job's.

    An echo of the id is proof, whatever the clocks say; without one, a task that was created before
    its job is another's. `created_at` is Kling's, in Unix seconds.
    """
    if external_id is not None:
        return external_id == job.id
    return created_at is None or created_at >= job.created_at - FOREIGN_TASK_SKEW_S


class Taking(enum.Enum):
    """What became of giving an unsure job the task that the operator named."""

    TAKEN = enum.auto()
    NO_SUCH_TASK = enum.auto()
    OTHER_PRODUCT = enum.auto()
    NOT_OF_THIS_JOB = enum.auto()
    """It carries another id of ours, or was made before the job."""
    UNDER_WAY = enum.auto()
    """It may be another job's, whose order is not answered yet."""
    OWNED = enum.auto()
    """It belongs to another job."""
    TOO_LATE = enum.auto()


class UnsureChoice(enum.StrEnum):
    """How the operator resolves a create whose outcome can't be known."""

    LOOK = "look"
    SEND = "send"
    GIVE_UP = "give-up"


def resolve_unsure(choice: UnsureChoice, now: float) -> tuple[State, Changes]:
    """Return the job's next state and what changes with it.

    `look` puts it back to the look-up it came from, `send` sends the create again (it may be
    charged twice, which is why a person decides), `give-up` notifies the member.
    """
    freed: Changes = {"waits_until": None, "waits_then": "", "due_at": now, "gave_up": False}
    if choice is UnsureChoice.LOOK:
        return State.CREATING, freed
    if choice is UnsureChoice.SEND:
        return State.QUEUED, freed
    told = problem_outcome(Problem("given_up_by_owner"))
    return State.READY, {**freed, "outcome": told}
