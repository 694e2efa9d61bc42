"""Fair turns: nobody waits for more than one turn of each other, and no slot stays free in vain."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from storage.rotation import Key
from storage.turns import GATHER_AGAIN_S, GATHER_S, Choice, Line, Tags, Waiting

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


@given(jobs=crowds(slots_max=1))
def test_no_flow_gets_two_turns_more_than_one_that_waits(jobs: list[Waiting]) -> None:
    """While two servers wait, neither has had more than one turn more than the other."""
    _assert_even([(job.id, _flow(job)) for job in jobs], Line(jobs, {}).order())


@given(jobs=crowds(slots_max=1))
def test_no_member_gets_two_turns_more_than_one_that_waits(jobs: list[Waiting]) -> None:
    """The same holds for the members of one server."""
    mine = [job._replace(guild_id=100) for job in jobs]
    _assert_even([(job.id, (100, job.user_id)) for job in mine], Line(mine, {}).order())


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
    for job_id in Line(jobs, {}).order():
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
    assert went == Line(jobs, {}).order()


@given(jobs=crowds(slots_max=SLOTS), probes=st.integers(0, 1))
def test_a_model_that_is_held_holds_no_other(jobs: list[Waiting], probes: int) -> None:
    """At most one probe of it goes, the smallest order; no slot stays free for its sake."""
    mixed = [
        job._replace(model="held" if n % 2 else "free", slots=job.slots if n % 2 else 1)
        for n, job in enumerate(jobs)
    ]
    choice = Line(mixed, {}, {"held": probes}).choose(room=SLOTS, limit=SLOTS, now=NOW)
    went = [job for job in mixed if job.id in choice.go]
    tried = [job.slots for job in went if job.model == "held"]
    assert len(tried) <= probes
    assert not tried or tried == [min(job.slots for job in mixed if job.model == "held")]
    left = SLOTS - sum(job.slots for job in went)
    gathering = any(tags.gathers_since is not None for tags in choice.tags.values())
    waits = [job for job in mixed if job.model == "free" and job not in went]
    assert not waits or not left or gathering
