"""Fair turns: which of the waiting jobs go next. Pure.

Start-time fair queueing on two levels: over servers, and inside a server over its members. Outside
of servers each member is on their own, like a server of one. All have the same weight, and a job
costs its slots. Tags are in slots: a job's start tag is the later of the virtual time and its
flow's finish tag, the finish tag is the start tag plus the slots, and the virtual time is the start
tag of the job that went last. The lowest start tag goes first, of equal ones the oldest job.

A job is charged once, when it first goes. One that comes back goes before all others.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from storage.holds import NOTHING_HELD, Holds, Places, Waiting, not_held
from storage.rotation import Age, Key, Rotation

GATHER_S: Final = 120.0
"""How long the flow whose turn it is may keep free slots from others, for an order that needs more
of them."""
GATHER_AGAIN_S: Final = 600.0
"""How long after that it may not do so again."""
PLACES_COUNTED: Final = 2_000
"""Of a new job that more are waiting with, only that is said: finding its place would take more
than 6 ms, and its member waits for the answer."""

EVERYBODY: Final[Key] = (0, 0)
"""Its virtual time is that of the whole pack."""


class Tags(NamedTuple):
    """What is remembered of a server, of a member, or of everybody."""

    finish: float = 0.0
    virtual: float = 0.0
    """The virtual time of those inside it."""
    gathers_since: float | None = None
    """When it began to keep free slots from others (Unix seconds)."""


NO_TAGS: Final = Tags()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which jobs go now, and what changes with it."""

    go: tuple[str, ...] = ()
    turns: Mapping[str, float] = field(default_factory=dict)
    """The start tags of those among them that go for the first time."""
    tags: Mapping[Key, Tags] = field(default_factory=dict)
    """The tags that changed."""

    @property
    def is_nothing(self) -> bool:
        """Nothing goes, and nothing is to be remembered."""
        return not self.go and not self.tags


class _Flow:
    """The members of one server, with their jobs."""

    def __init__(self, waiting: Sequence[Waiting], tags: Tags, of: Mapping[Key, Tags]) -> None:
        self.gathers_since = tags.gathers_since
        self.members: Rotation[int] = Rotation(tags.virtual)
        self._oldest_last = sorted(waiting, key=lambda job: job.age, reverse=True)
        self._gone: set[str] = set()
        self._jobs: dict[int, list[Waiting]] = defaultdict(list)
        for job in self._oldest_last:
            self._jobs[job.user_id].append(job)
        for member, jobs in self._jobs.items():
            self.members.finish[member] = of.get((jobs[0].guild_id, member), NO_TAGS).finish
            self.members.enter(member, jobs[-1].age)
        self._first = self.members.leave()

    @property
    def age(self) -> Age | None:
        """The age of its oldest job; None if none is left."""
        while self._oldest_last and self._oldest_last[-1].id in self._gone:
            self._oldest_last.pop()
        return self._oldest_last[-1].age if self._oldest_last else None

    def look(
        self, fit: Callable[[Waiting], bool], used_up: Container[str]
    ) -> tuple[Waiting | None, Waiting | None]:
        """Return the job whose turn it is if it does not fit, and the first that does.

        Members without a job that fits take no further part: room only gets less.
        """
        short: Waiting | None = None
        while self._first is not None:
            for job in reversed(self._jobs[self._first]):
                if job.model in used_up:
                    continue
                if fit(job):
                    return short, job
                short = short or job
            self._first = self.members.leave()
        return short, None

    def take(self, job: Waiting) -> None:
        """Let the job go that `look` returned."""
        mine = self._jobs[job.user_id]
        if mine[-1] is job:
            mine.pop()
        else:
            mine.remove(job)
        self._gone.add(job.id)
        self.members.charge(job.user_id, job.slots)
        if mine:
            self.members.enter(job.user_id, mine[-1].age)
        self._first = self.members.leave()

    def may_gather(self, now: float) -> bool:
        since = self.gathers_since
        return since is None or not GATHER_S <= now - since < GATHER_S + GATHER_AGAIN_S

    def begin_gathering(self, now: float) -> bool:
        """Note when it began; False if that is known."""
        since = self.gathers_since
        if since is not None and 0.0 <= now - since < GATHER_S:
            return False
        self.gathers_since = now
        return True


class Line:
    """The waiting jobs of one pack, with what is remembered of their flows. Used once."""

    def __init__(
        self,
        jobs: Iterable[Waiting],
        tags: Mapping[Key, Tags],
        holds: Holds = NOTHING_HELD,
        places: Places | None = None,
    ) -> None:
        self._left = dict(holds.probes)
        self._jobs = not_held(tuple(jobs), holds)
        self._places = places or Places({}, {})
        self._known = tags
        self._everybody: Rotation[Key] = Rotation(tags.get(EVERYBODY, NO_TAGS).virtual)
        self._returned = sorted(
            (job for job in self._jobs if job.turn is not None),
            key=lambda job: (job.turn, job.age),
        )
        self._waiting: dict[Key, list[Waiting]] = defaultdict(list)
        oldest: dict[Key, Age] = {}
        for job in self._jobs:
            if job.turn is None:
                key, age = job.flow, job.age
                self._waiting[key].append(job)
                if key not in oldest or age < oldest[key]:
                    oldest[key] = age
        self._everybody.finish = {key: tags[key].finish for key in oldest if key in tags}
        self._everybody.fill(oldest)
        self._flows: dict[Key, _Flow] = {}
        self._used_up: set[str] = set()
        self._turns: dict[str, float] = {}
        self._changed: set[Key] = set()

    def choose(self, *, room: int, limit: int, now: float) -> Choice:
        """Return at most `limit` jobs that fit into the free slots together.

        No slot stays free while a job fits, unless the flow whose turn it is gathers slots for a
        larger order: those of the pack, or those of its model if only that has too few.
        """
        go: list[str] = []
        while room > 0 and len(go) < limit and (turn := self._next(room)) is not None:
            key, short, job = turn
            if short is not None and not short.aside and self._flow(key).may_gather(now):
                its_model = None if short.slots > room else short.model
                if self._others_fit(go, room, its_model):
                    self._gather(key, now)
                if its_model is None:
                    break
                self._used_up.add(its_model)
                if short.turn is None:  # The flow keeps its turn, for another model.
                    self._enter_again(key)
                continue
            if job is None:
                continue
            self._take(job)
            go.append(job.id)
            room -= job.slots
            flow = self._flow(key)
            gathers = flow.gathers_since is not None and flow.may_gather(now)
            if short is None and job.slots > 1 and gathers:
                flow.gathers_since = None
                self._changed.add(key)
        return Choice(tuple(go), self._turns, self._tags())

    def _others_fit(self, gone: Container[str], room: int, model: str | None) -> bool:
        """Tell whether a job could go that gathering keeps back: of the model, or of any."""
        return any(
            self._fits(job, room)
            and job.id not in gone
            and job.model not in self._used_up
            and model in {None, job.model}
            for job in self._jobs
        )

    def _enter_again(self, key: Key) -> None:
        age = self._flow(key).age
        if age is not None:
            self._everybody.enter(key, age)

    def _fits(self, job: Waiting, room: int) -> bool:
        return job.slots <= room and self._places.fit(job)

    def _next(self, room: int) -> tuple[Key, Waiting | None, Waiting | None] | None:
        """Return whose turn it is, its first job if that does not fit, and its first that does."""
        while self._returned and self._returned[0].model in self._used_up:
            self._returned.pop(0)
        if self._returned:
            job = self._returned[0]
            if self._fits(job, room):
                return job.flow, None, job
            self._returned.pop(0)
            return job.flow, job, None
        key = self._everybody.leave()
        if key is None:
            return None
        return (key, *self._flow(key).look(lambda job: self._fits(job, room), self._used_up))

    def _flow(self, key: Key) -> _Flow:
        """Return the flow, made when it is first looked at: of most nothing goes."""
        if key not in self._flows:
            tags = self._known.get(key, NO_TAGS)
            self._flows[key] = _Flow(self._waiting[key], tags, self._known)
        return self._flows[key]

    def _take(self, job: Waiting) -> None:
        self._places.take(job)
        if job.model in self._left:
            self._left[job.model] -= 1
            if not self._left[job.model]:
                self._used_up.add(job.model)
        if job.turn is not None:
            self._returned.pop(0)
            return
        key, flow = job.flow, self._flow(job.flow)
        self._turns[job.id] = self._everybody.charge(key, job.slots)
        flow.take(job)
        self._enter_again(key)
        self._changed |= {EVERYBODY, key, (job.guild_id, job.user_id)}

    def _gather(self, key: Key, now: float) -> None:
        if self._flow(key).begin_gathering(now):
            self._changed.add(key)

    def _tags(self) -> dict[Key, Tags]:
        return {key: self._tags_of(key) for key in self._changed}

    def _tags_of(self, key: Key) -> Tags:
        if key == EVERYBODY:
            return Tags(virtual=self._everybody.virtual)
        flow = self._flows.get(key)
        if flow is None:
            guild_id, user_id = key
            return Tags(self._flows[guild_id, 0].members.finish[user_id])
        return Tags(
            self._everybody.finish.get(key, self._known.get(key, NO_TAGS).finish),
            flow.members.virtual,
            flow.gathers_since,
        )
