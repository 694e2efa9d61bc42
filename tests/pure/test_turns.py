"""Fair turns: nobody waits for more than one turn of each other, and no slot stays free in vain."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from storage.holds import NOTHING_HELD, Holds, Places, Waiting
from storage.queue_places import Stands, places
from storage.rotation import Key
from storage.turns import EVERYBODY, GATHER_AGAIN_S, GATHER_S, Choice, Line, Tags

SLOTS = 5
NOW = 1_800_000_000.0


@st.composite
def crowds(draw: st.DrawFn, slots_max: int = 3) -> list[Waiting]:
    """Jobs of a few members in a few servers, and of members outside of servers."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.integers(1, 4),
                st.integers(1, slots_max),
                st.floats(0.0, 9.0),
            ),
            min_size=1,
            max_size=30,
        )
    )
    return [
        Waiting(f"{n:02}", 100 * guild, user, slots, age)
        for n, (guild, user, slots, age) in enumerate(drawn)
    ]


def _flow(job: Waiting) -> Key:
    return (job.guild_id, 0) if job.guild_id else (0, job.user_id)


def _member(job: Waiting) -> Key:
    return (job.guild_id, job.user_id)


def _order(
    jobs: list[Waiting], holds: Holds = NOTHING_HELD, tags: Mapping[Key, Tags] | None = None
) -> list[str]:
    """Return the ids in the order in which they go when there is room for all."""
    room = sum(job.slots for job in jobs)
    return list(Line(jobs, tags or {}, holds).choose(room=room, limit=len(jobs), now=NOW).go)


@given(jobs=crowds(slots_max=1))
def test_no_flow_gets_two_turns_more_than_one_that_waits(jobs: list[Waiting]) -> None:
    """While two servers wait, neither has had more than one turn more than the other."""
    _assert_even([(job.id, _flow(job)) for job in jobs], _order(jobs))


@given(jobs=crowds(slots_max=1))
def test_no_member_gets_two_turns_more_than_one_that_waits(jobs: list[Waiting]) -> None:
    """The same holds for the members of one server."""
    mine = [job._replace(guild_id=100) for job in jobs]
    _assert_even([(job.id, (100, job.user_id)) for job in mine], _order(mine))


def _assert_even(flows: list[tuple[str, Key]], order: list[str]) -> None:
    flow_of = dict(flows)
    assert sorted(order) == sorted(flow_of)
    left = Counter(flow_of.values())
    had: Counter[Key] = Counter()
    for job_id in order:
        had[flow_of[job_id]] += 1
        assert all(had[flow_of[job_id]] <= had[other] + 1 for other, count in left.items() if count)
        left[flow_of[job_id]] -= 1


@given(jobs=crowds())
def test_a_flow_pays_for_its_slots(jobs: list[Waiting]) -> None:
    """While two servers wait, they differ by no more slots than one order of each has."""
    by_id = {job.id: job for job in jobs}
    left = Counter(_flow(job) for job in jobs)
    had: Counter[Key] = Counter()
    largest = max(job.slots for job in jobs)
    for job_id in _order(jobs):
        job = by_id[job_id]
        had[_flow(job)] += job.slots
        waiting = [flow for flow, count in left.items() if count]
        assert all(had[_flow(job)] - had[flow] <= 2 * largest for flow in waiting)
        left[_flow(job)] -= 1


@given(jobs=crowds(slots_max=SLOTS), room=st.integers(0, SLOTS))
def test_no_slot_stays_free_while_a_job_fits(jobs: list[Waiting], room: int) -> None:
    """What is left fits nobody, unless the flow whose turn it is gathers for a larger order."""
    choice = Line(jobs, {}).choose(room=room, limit=SLOTS, now=NOW)
    left = room - sum(job.slots for job in jobs if job.id in choice.go)
    fits = any(job.slots <= left for job in jobs if job.id not in choice.go)
    gathering = [tags for tags in choice.tags.values() if tags.gathers_since is not None]
    assert left >= 0
    assert fits is bool(gathering)
    assert len(gathering) <= 1


@given(jobs=crowds(slots_max=SLOTS), room=st.integers(0, SLOTS), after=st.floats(0.0, 1.0))
def test_who_has_gathered_does_not_do_so_again_at_once(
    jobs: list[Waiting], room: int, after: float
) -> None:
    """From two to twelve minutes after each flow began to gather, no slot stays free at all."""
    tired = {_flow(job): Tags(gathers_since=NOW) for job in jobs}
    now = NOW + GATHER_S + after * (GATHER_AGAIN_S - 1.0)
    choice = Line(jobs, tired).choose(room=room, limit=SLOTS, now=now)
    left = room - sum(job.slots for job in jobs if job.id in choice.go)
    assert not any(job.slots <= left for job in jobs if job.id not in choice.go)


@given(jobs=crowds(slots_max=1), limit=st.integers(1, 4), back=st.sets(st.integers(0, 29)))
def test_a_restart_in_between_changes_nothing(
    jobs: list[Waiting], limit: int, back: set[int]
) -> None:
    """A line read again from what was stored goes on where it was; who comes back is first."""
    waiting, tags, went = list(jobs), dict[Key, Tags](), list[str]()
    while waiting:
        choice: Choice = Line(waiting, tags).choose(room=SLOTS, limit=limit, now=NOW)
        tags.update(choice.tags)
        went += choice.go
        waiting = [job for job in waiting if job.id not in choice.go]
        returned = [job for job in jobs if int(job.id) in back and job.id in choice.turns]
        if returned:
            again = [job._replace(turn=choice.turns[job.id]) for job in returned]
            first = Line([*again, *waiting], tags).choose(room=SLOTS, limit=SLOTS, now=NOW)
            assert set(first.go[: len(again)]) == {job.id for job in again}
            assert not first.turns.keys() & {job.id for job in again}
    assert went == _order(jobs)


@given(jobs=crowds(slots_max=SLOTS), probes=st.integers(0, 1))
def test_a_model_that_is_held_holds_no_other(jobs: list[Waiting], probes: int) -> None:
    """At most one probe of it goes, the smallest order; no slot stays free for its sake."""
    mixed = [
        job._replace(model="held" if n % 2 else "free", slots=job.slots if n % 2 else 1)
        for n, job in enumerate(jobs)
    ]
    choice = Line(mixed, {}, Holds({"held": probes})).choose(room=SLOTS, limit=SLOTS, now=NOW)
    went = [job for job in mixed if job.id in choice.go]
    tried = [job.slots for job in went if job.model == "held"]
    assert len(tried) <= probes
    assert not tried or tried == [min(job.slots for job in mixed if job.model == "held")]
    left = SLOTS - sum(job.slots for job in went)
    gathering = any(tags.gathers_since is not None for tags in choice.tags.values())
    waits = [job for job in mixed if job.model == "free" and job not in went]
    assert not waits or not left or gathering


@given(
    jobs=crowds(slots_max=SLOTS),
    known=st.integers(1, SLOTS),
    in_use=st.integers(0, SLOTS),
    room=st.integers(0, SLOTS),
)
def test_a_model_never_gets_more_places_than_were_learnt(
    jobs: list[Waiting], known: int, in_use: int, room: int
) -> None:
    """Only an order that needs more than are known goes beyond them, and then alone.

    Other models get what the pack has left, and a flow that gathers for this model keeps back
    nothing of theirs.
    """
    mixed = [
        job._replace(model="tight" if n % 2 else "free", slots=job.slots if n % 2 else 1)
        for n, job in enumerate(jobs)
    ]
    seats = Places({"tight": known}, {"tight": in_use})
    choice = Line(mixed, {}, places=seats).choose(room=room, limit=SLOTS, now=NOW)
    went = [job for job in mixed if job.id in choice.go]
    tight = [job.slots for job in went if job.model == "tight"]
    alone = not in_use and len(tight) == 1
    assert not tight or alone or in_use + sum(tight) <= known
    left = room - sum(job.slots for job in went)
    assert left >= 0
    waits = [job for job in mixed if job not in went]
    gathers_for_all = any(job.model == "tight" and job.slots > left for job in waits)
    if left and not gathers_for_all:
        assert not [job for job in waits if job.model == "free"]


@given(
    jobs=crowds(slots_max=SLOTS),
    dear_from=st.integers(1, 9),
    probes=st.integers(0, 1),
    prices=st.lists(st.none() | st.integers(1, 9), min_size=30, max_size=30),
)
def test_what_is_too_dear_holds_nothing_cheaper(
    jobs: list[Waiting], dear_from: int, probes: int, prices: list[int | None]
) -> None:
    """At most one of the dear goes, the cheapest; the cheap go as if the dear were not there."""
    priced = [
        job._replace(slots=1, units_price=units) for job, units in zip(jobs, prices, strict=False)
    ]
    holds = Holds(dear_from=float(dear_from), dear_probes=probes)
    went = Line(priced, {}, holds).choose(room=99, limit=99, now=NOW).go
    dear = {job.id for job in priced if job.units_price is None or job.units_price >= dear_from}
    assert {job.id for job in priced} - dear <= set(went)
    tried = [job for job in priced if job.id in dear.intersection(went)]
    assert len(tried) == min(probes, len(dear))
    for job in tried:
        known = [other.units_price for other in priced if other.id in dear and other.units_price]
        assert job.units_price == min(known, default=None)


@given(jobs=crowds(slots_max=SLOTS), aside=st.sets(st.integers(0, 29)), patient=st.booleans())
def test_an_order_that_stepped_aside_lets_the_others_of_its_model_go_first(
    jobs: list[Waiting], aside: set[int], *, patient: bool
) -> None:
    """It goes only if no other of its model waits, or once it has waited for as long as any may."""
    mixed = [
        job._replace(aside=n in aside, turn=0.0 if n in aside else None, model=f"model {n % 2}")
        for n, job in enumerate(jobs)
    ]
    holds = Holds(patient_since=NOW if patient else -1.0)
    order = _order(mixed, holds)
    others = {job.model for job in mixed if not job.aside}
    for job in mixed:
        assert (job.id in order) is (patient or not job.aside or job.model not in others)


TAGS = st.none() | st.integers(0, 9).map(float)


@st.composite
def remembered(draw: st.DrawFn) -> dict[Key, Tags]:
    """Tags of everybody, and of some of the servers and members of a crowd."""
    flows = [(100 * guild, 0) for guild in range(4)] + [(0, user) for user in range(1, 5)]
    members = [(100 * guild, user) for guild in range(1, 4) for user in range(1, 5)]
    tags: dict[Key, Tags] = {}
    for key in [*flows, *members]:
        finish = draw(TAGS)
        if finish is not None:
            virtual = 0.0 if key in members else draw(st.integers(0, 9))
            tags[key] = Tags(finish, float(virtual))
    return tags


@given(jobs=crowds(), tags=remembered(), back=st.sets(st.integers(0, 29)))
def test_a_place_is_that_in_which_the_queue_would_move(
    jobs: list[Waiting], tags: dict[Key, Tags], back: set[int]
) -> None:
    """The place that is told is the number of jobs that would go first if nothing else came."""
    jobs = [job._replace(turn=float(n % 3) if n in back else None) for n, job in enumerate(jobs)]
    everybody = tags.get(EVERYBODY, Tags()).virtual
    stands = [
        Stands(
            job.id,
            job.guild_id,
            job.user_id,
            job.slots,
            job.turn,
            tags[_flow(job)].finish if _flow(job) in tags else None,
            tags[_flow(job)].virtual if _flow(job) in tags else None,
            tags[_member(job)].finish if _member(job) in tags else None,
            everybody,
        )
        for job in sorted(jobs, key=lambda job: job.age)
    ]
    order = _order(jobs, tags=tags)
    assert places(stands, {*order, "gone"}) == {
        **{job_id: place for place, job_id in enumerate(order, start=1)},
        "gone": len(jobs) + 1,
    }


@given(slots=st.integers(2, SLOTS), patient=st.booleans())
def test_an_order_that_stepped_aside_gathers_only_when_it_has_waited_longest(
    slots: int, *, patient: bool
) -> None:
    """Before that, what is in flight of its model makes it wait and keeps nothing from others."""
    large = Waiting("large", 100, 1, slots, NOW, turn=0.0, model="tight", aside=True)
    small = Waiting("small", 200, 2, 1, NOW, model="tight")
    seats = Places({"tight": slots}, {"tight": 1})
    holds = Holds(patient_since=NOW if patient else NOW - 1.0)
    choice = Line([large, small], {}, holds, seats).choose(room=SLOTS, limit=SLOTS, now=NOW)
    assert choice.go == (() if patient else ("small",))
    assert ((100, 0) in choice.tags) is patient


def test_a_larger_order_that_goes_is_no_leave_to_gather_again() -> None:
    """Within the ten minutes after gathering, the next large order holds no small one."""
    jobs = [Waiting(str(n), 0, 1, slots, NOW + n) for n, slots in enumerate((1, 2, 2, 1))]
    tired = {(0, 1): Tags(gathers_since=NOW)}
    assert Line(jobs, tired).choose(room=4, limit=9, now=NOW + GATHER_S).go == ("0", "1", "3")
