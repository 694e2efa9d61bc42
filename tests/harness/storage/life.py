"""What the store should do, told a second time and plainly: rows in a dictionary."""

from dataclasses import dataclass, replace

from storage.job import (
    ASKED_IN,
    ENDED,
    TRANSITIONS,
    WAITING_EXITS,
    Delivery,
    Job,
    Pack,
    State,
    WaitsFor,
)
from storage.store import Lane

Move = tuple[State, WaitsFor | None]


def legal_moves(job: Job) -> list[Move]:
    """Every move out of the job's state, with the question where it leads to one."""
    return [
        (to, ASKED_IN[job.state] if to is State.WAITING else None)
        for to in sorted(TRANSITIONS[job.state])
        if job.waits_for is None or to in WAITING_EXITS[job.waits_for]
    ]


def holds_slot(job: Job) -> bool:
    return (
        job.state in {State.CREATING, State.RUNNING} or job.waits_for is WaitsFor.UNSURE
    ) and not job.gave_up


def due_in(lane: Lane, job: Job) -> float | None:
    """The moment at which the lane wants the row, or None when it is not the lane's."""
    seen = job.card.answered_at is not None
    belongs = {
        Lane.SETTLE: not seen and job.state in {State.PREPARING, State.QUEUED},
        Lane.PREPARE: seen and job.state is State.PREPARING,
        Lane.QUEUE: seen and job.state is State.QUEUED,
        Lane.CREATE: job.state is State.CREATING,
        Lane.POLL: job.state is State.RUNNING or (job.state is State.DONE and job.gave_up),
        Lane.TELL: job.state in {State.READY, State.POSTING},
        Lane.ASK: job.state is State.WAITING and job.waits_until is not None,
        Lane.CARD: seen,
        Lane.SHOW: job.state is State.DONE and not job.unwanted,
    }[lane]
    due_at = {Lane.CARD: job.card.due_at, Lane.SHOW: job.show_due_at}.get(lane, job.due_at)
    return due_at if belongs else None


@dataclass(frozen=True, slots=True)
class Holding:
    """A claim that a process believes to have, and how it got it."""

    owner: str
    job: Job
    lane: Lane


class Model:
    """The rows as they must be, and who may write them."""

    def __init__(self) -> None:
        self.rows: dict[str, Job] = {}
        self.deliveries: dict[str, dict[str, Delivery]] = {}
        self.answered: set[str] = set()
        self.purged: set[str] = set()
        self.finish: dict[Pack, float] = {}
        self.gathers_since: dict[Pack, float] = {}
        self.turns: dict[str, float] = {}

    def leased(self, job: Job, now: float) -> bool:
        return job.lease_until is not None and job.lease_until > now

    def claimable(self, lane: Lane, now: float) -> set[str]:
        return {
            job.id
            for job in self.rows.values()
            if not self.leased(job, now)
            and (due_at := due_in(lane, job)) is not None
            and due_at <= now
        }

    def next_due(self, lanes: list[Lane], now: float) -> float | None:
        """The earliest moment at which one of the lanes could have a row."""
        moments = [
            max(due_at, job.lease_until or 0.0) if self.leased(job, now) else due_at
            for job in self.rows.values()
            for lane in lanes
            if (due_at := due_in(lane, job)) is not None
        ]
        return min(moments, default=None)

    def line(self, pack: Pack, total_slots: int, now: float) -> list[str]:
        """The ids that a claim of the queue must return, in order; all jobs are one member's."""
        queued = [
            job
            for job in self.rows.values()
            if job.pack is pack and job.state is State.QUEUED and job.id in self.answered
        ]
        going = [job for job in queued if self.leased(job, now) and job.turn is not None]
        free = total_slots - self.slots(pack) - sum(job.slots for job in going)
        ready = [
            job
            for job in queued
            if not self.leased(job, now) and job.due_at is not None and job.due_at <= now
        ]
        returned = sorted(
            (job for job in ready if job.turn is not None),
            key=lambda job: (job.turn, job.queued_at, job.id),
        )
        others = sorted(
            (job for job in ready if job.turn is None), key=lambda job: (job.queued_at, job.id)
        )
        taken: list[str] = []
        while returned or others:
            line = returned[:1] or others
            fitting = next((job for job in line if job.slots <= free), None)
            since = self.gathers_since.get(pack)
            tired = since is not None and 120.0 <= now - since < 720.0
            if fitting is not line[0] and free > 0 and not tired:
                waiting = [*returned, *others]
                if any(job.slots <= free for job in waiting) and (
                    since is None or now - since >= 720.0
                ):
                    self.gathers_since[pack] = now
                break
            if fitting is None:
                if not returned:
                    break
                returned.pop(0)
                continue
            if fitting is line[0] and fitting.slots > 1:
                self.gathers_since.pop(pack, None)
            (returned or others).remove(fitting)
            taken.append(fitting.id)
            free -= fitting.slots
            if fitting.turn is None:
                self.turns[fitting.id] = self.finish.get(pack, 0.0)
                self.finish[pack] = self.turns[fitting.id] + fitting.slots
        return taken

    def slots(self, pack: Pack) -> int:
        return sum(job.slots for job in self.rows.values() if job.pack is pack and holds_slot(job))

    def may_write(self, holding: Holding, now: float, *, keep: bool) -> bool:
        row = self.rows.get(holding.job.id)
        return (
            row is not None
            and row.lease_owner == holding.owner
            and row.state is holding.job.state
            and (not keep or self.leased(row, now))
        )

    def forgettable(self, now: float, age_s: float) -> set[str]:
        return {
            job.id
            for job in self.rows.values()
            if job.state in ENDED
            and job.ended_at is not None
            and job.ended_at <= now - age_s
            and not (job.gave_up and job.due_at is not None)
            and not self.leased(job, now)
        }

    def void_leases(self) -> None:
        for job_id, job in self.rows.items():
            self.rows[job_id] = replace(job, lease_owner=None, lease_until=None)
