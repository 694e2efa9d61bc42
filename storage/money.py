"""What a job holds and has spent, and how each step of its life changes that. Pure.

All amounts are integer hundredths of a unit. A job *holds* what was reserved for it and is neither
spent nor given back. Every change is booked as entries of the ledger, which follow from the amounts
before and after: `entries_between`. So the entries of a job always add up to what its row says.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from storage.errors import IllegalTransition
from storage.job import Job, State, WaitsFor


class EntryKind(enum.StrEnum):
    """The kinds of entries; the sign of `units` is given with each."""

    RESERVED = "reserved"
    """Plus: held from now on."""
    SPENT = "spent"
    """Plus: no longer held but spent."""
    GIVEN_BACK = "given_back"
    """Minus: no longer held."""
    CORRECTED = "corrected"
    """Plus or minus: spent beside what was held, because Kling says so."""
    CREDIT = "credit"
    """Minus: counts as less spent, in the member's totals alone."""


class Why(enum.StrEnum):
    """What an entry rests on, where it is not the price."""

    PRICE = ""
    DEDUCTED = "deducted"
    """Kling said what it deducted."""
    CALL = "call"
    """A call that costs something without making a task."""
    AGAIN = "again"
    """The operator had a create sent again whose outcome is unknown."""
    UNKNOWN = "unknown"
    """Nobody knows; booked at the price, 30 days after the last create."""
    FORGOTTEN = "forgotten"
    """The job was deleted before anything was known."""
    EARLIER = "earlier"
    """The job was accepted before there was a ledger."""


class Learnt(enum.Enum):
    """What a write has learnt about the job's task."""

    NONE_MADE = enum.auto()
    """No task was made, which is proven."""
    UNKNOWN = enum.auto()
    """There may be a task, and what became of it is not known."""
    SUCCEEDED = enum.auto()
    FAILED = enum.auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a write has learnt, and what Kling said it deducted; None: it said nothing."""

    learnt: Learnt
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that costs something without making a task, about to be made."""

    units: int


@dataclass(frozen=True, slots=True)
class CallCost:
    """What such a call has cost more than was booked, or less."""

    more: int


Money = Verdict | Call | CallCost
"""What a write says about money."""

NONE_MADE: Final = Verdict(Learnt.NONE_MADE)
UNKNOWN: Final = Verdict(Learnt.UNKNOWN)


class Effect(NamedTuple):
    """What an entry adds to what is held and to what is spent."""

    held: int
    spent: int


def effect(kind: EntryKind, units: int) -> Effect:
    """Return what an entry with these units, with their sign, does to the totals."""
    match kind:
        case EntryKind.RESERVED | EntryKind.GIVEN_BACK:
            return Effect(units, 0)
        case EntryKind.SPENT:
            return Effect(-units, units)
        case EntryKind.CORRECTED | EntryKind.CREDIT:
            return Effect(0, units)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The columns of a job about units."""

    price: int | None = None
    """What one create costs; None: the job is older than the ledger."""
    held: int = 0
    unclear: int = 0
    """The part of `held` for earlier creates whose outcome nobody can know: the operator had
    another one sent."""
    spent: int = 0
    booked: int | None = None
    """The part of `spent` for the job's task, so that a later answer can correct it; None: open."""

    @property
    def current(self) -> int:
        """What is held for the create that is to be sent, or that is waited for."""
        return self.held - self.unclear

    def columns(self) -> dict[str, int | None]:
        """Return the columns of the job's row."""
        return {
            "units_price": self.price,
            "units_held": self.held,
            "units_unclear": self.unclear,
            "units_spent": self.spent,
            "units_booked": self.booked,
        }


def amounts_of(row: Mapping[Any, Any]) -> Amounts:
    """Return the amounts in a job's row."""
    return Amounts(
        row["units_price"],
        row["units_held"],
        row["units_unclear"],
        row["units_spent"],
        row["units_booked"],
    )


def amounts(job: Job) -> Amounts:
    """Return the amounts of a job."""
    return Amounts(
        job.units_price, job.units_held, job.units_unclear, job.units_spent, job.units_booked
    )


class Booking(NamedTuple):
    """The amounts after a change, and what the change rests on."""

    after: Amounts
    why: Why = Why.PRICE


class Line(NamedTuple):
    """An entry as it follows from a change."""

    kind: EntryKind
    units: int
    why: Why


def entries_between(before: Amounts, bookings: tuple[Booking, ...]) -> list[Line]:
    """Return the entries that turn the first amounts into the last."""
    lines: list[Line] = []
    for after, why in bookings:
        held, spent = after.held - before.held, after.spent - before.spent
        if held > 0:
            lines.append(Line(EntryKind.RESERVED, held, why))
        elif held < 0:
            paid = min(-held, max(spent, 0))
            if paid:
                lines.append(Line(EntryKind.SPENT, paid, why))
            if paid < -held:
                lines.append(Line(EntryKind.GIVEN_BACK, held + paid, why))
            spent -= paid
        if spent:
            lines.append(Line(EntryKind.CORRECTED, spent, why))
        before = after
    return lines


_NOT_SENT: Final = frozenset({State.PREPARING, State.QUEUED})
_NEEDS_VERDICT: Final = frozenset({State.CREATING, State.RUNNING, State.DONE})
"""Where a job may have a task: what ends the step has to say what became of it."""


def moved_amounts(
    now: Amounts,
    from_state: State,
    to: State,
    waits_for: WaitsFor | None = None,
    money: Money | None = None,
) -> tuple[Booking, ...]:
    """Return what a move changes; raises `IllegalTransition` if it must say more and does not.

    `waits_for` is the question of a job that waits.
    """
    if money is not None:
        return told(now, money)
    unsure = from_state is State.WAITING and waits_for is WaitsFor.UNSURE
    ends = to in {State.READY, State.CANCELLED}
    if ends and from_state in _NEEDS_VERDICT and now.current:
        raise IllegalTransition(from_state, f"{to} without saying what became of the task")
    asked_before = from_state is State.WAITING and waits_for is WaitsFor.FACE
    if ends and (from_state in _NOT_SENT or asked_before):
        return settled(now, NONE_MADE)
    if unsure and to is State.QUEUED:  # Sent again: both may be charged.
        again = replace(now, held=now.held + (now.price or 0), unclear=now.held)
        return (Booking(again, Why.AGAIN),)
    if from_state is State.QUEUED and to is State.RUNNING and now.unclear:
        # The task of an earlier create was found before the next one was sent.
        price = min(now.price or 0, now.unclear)
        return (Booking(replace(now, held=now.held - price, unclear=now.unclear - price)),)
    return ()


def told(now: Amounts, money: Money | None) -> tuple[Booking, ...]:
    """Return what follows from what a write says."""
    match money:
        case None:
            return ()
        case Verdict():
            return settled(now, money)
        case Call():
            return called(now, money.units)
        case CallCost():
            return (Booking(replace(now, spent=now.spent + money.more), Why.CALL),)


def settled(now: Amounts, verdict: Verdict) -> tuple[Booking, ...]:
    """Return what follows from what was learnt about the task.

    What Kling deducted counts, for a failed task too. Where it says nothing, a task that succeeded
    costs its price and a failed one nothing.
    """
    match verdict.learnt:
        case Learnt.UNKNOWN:
            return ()
        case Learnt.NONE_MADE:
            return (Booking(replace(now, held=now.unclear)),)
        case Learnt.SUCCEEDED:
            silent = now.price or 0
        case Learnt.FAILED:
            silent = 0
    paid = silent if verdict.units is None else verdict.units
    spent = now.spent + paid - (now.booked or 0)
    after = replace(now, held=now.unclear, spent=spent, booked=paid)
    return (Booking(after, Why.PRICE if verdict.units is None else Why.DEDUCTED),)


def called(now: Amounts, units: int) -> tuple[Booking, ...]:
    """Return what a call that costs something without making a task changes, before it is made.

    The price of the job contains one such call; every other is reserved and spent in one.
    """
    missing = max(0, units - (now.current - (now.price or 0)))
    reserved = replace(now, held=now.held + missing)
    spent = replace(reserved, held=reserved.held - units, spent=now.spent + units)
    return (Booking(reserved, Why.CALL), Booking(spent, Why.CALL))


def reserved(price: int | None, calls: int, why: Why = Why.PRICE) -> Booking:
    """Return what an accepted job holds: one create, and the calls before it."""
    return Booking(Amounts(price, (price or 0) + calls), why)


def ended_unknown(now: Amounts) -> tuple[Booking, ...]:
    """Return what follows when nothing was learnt for too long: it is spent, as far as we know."""
    booked = now.current if now.booked is None else now.booked
    after = replace(now, held=0, unclear=0, spent=now.spent + now.held, booked=booked)
    return (Booking(after, Why.UNKNOWN),)


def forgotten(
    now: Amounts, state: State, waits_for: WaitsFor | None, *, answered: bool
) -> tuple[Booking, ...]:
    """Return how the units of a job are settled that is deleted.

    Not sent: given back. Sent, or not clear: spent at the price.
    """
    not_sent = state in _NOT_SENT or waits_for is WaitsFor.FACE
    back = replace(now, held=now.unclear) if not_sent or not answered else now
    spent = replace(back, held=0, unclear=0, spent=back.spent + back.held)
    return (Booking(back, Why.FORGOTTEN), Booking(spent, Why.FORGOTTEN))
