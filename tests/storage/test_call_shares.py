"""Discord's budget of calls: the shares of all processes together never exceed it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.call_shares import LEAST_SHARE_PER_S, share_of
from storage.clocks import CLOCKS_APART_S
from storage.engine import open_database
from storage.store import JobStore
from tests.harness.storage.making import NOW

TOTAL = 45.0
LEASE_S = 10.0
HOUR_S = 3_600.0
LEAST_PER_S = 5.0
WANTS = st.floats(min_value=0.0, max_value=200.0)


@given(st.lists(WANTS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_whatever_processes_want_they_never_hold_more_together(
    wants: list[float], dice: random.Random
) -> None:
    """Asking in any order and again and again, the sum stays within the budget."""
    held = dict.fromkeys(range(len(wants)), 0.0)
    for _ in range(4 * len(wants)):
        me = dice.randrange(len(wants))
        others = [(held[n], wants[n]) for n in held if n != me]
        held[me] = share_of(wants[me], others, TOTAL)
        assert 0.0 <= held[me] <= wants[me]
        assert sum(held.values()) <= TOTAL + 1e-9


@given(st.lists(WANTS, min_size=1, max_size=8))
def test_after_a_round_of_leases_nobody_is_short_while_something_is_left(
    wants: list[float],
) -> None:
    """Two rounds settle it: all have what they want, or the budget is used up, evenly."""
    held = dict.fromkeys(range(len(wants)), 0.0)
    for _ in range(2):
        for me in held:
            others = [(held[n], wants[n]) for n in held if n != me]
            held[me] = share_of(wants[me], others, TOTAL)
    short = [n for n in held if held[n] < wants[n] - 1e-6]
    if short:
        assert abs(sum(held.values()) - TOTAL) < 1e-6
        assert max(held.values()) - min(held[n] for n in short) < 1e-6


@given(
    st.lists(st.floats(LEAST_PER_S, 200.0), min_size=2, max_size=8),
    st.randoms(use_true_random=False),
)
def test_no_share_is_next_to_nothing(wants: list[float], dice: random.Random) -> None:
    """What others leave is a call in two seconds at least, or nothing until they have less.

    Else the second call would wait for years, and all calls behind it.
    """
    held = dict.fromkeys(range(len(wants)), 0.0)
    for _ in range(6 * len(wants)):
        me = dice.randrange(len(wants))
        others = [(held[n], wants[n]) for n in held if n != me]
        held[me] = share_of(wants[me], others, TOTAL)
        assert held[me] == 0.0 or held[me] >= LEAST_SHARE_PER_S


@pytest.mark.parametrize("left", [1e-14, 7e-15, 0.01, 0.49])
def test_what_rounding_leaves_is_no_share(left: float) -> None:
    """One holds all but next to nothing of the budget: the other has 0, and has its half later."""
    assert share_of(TOTAL, [(TOTAL - left, TOTAL)], TOTAL) == 0.0
    assert share_of(TOTAL, [(TOTAL - 1.0, TOTAL)], TOTAL) == 1.0


def test_of_a_great_many_processes_each_has_its_even_share() -> None:
    """Where even shares are less than that, they are shares."""
    many = 3 * int(TOTAL / LEAST_SHARE_PER_S)
    held = dict.fromkeys(range(many), 0.0)
    for _ in range(2):
        for me in held:
            held[me] = share_of(TOTAL, [(held[n], TOTAL) for n in held if n != me], TOTAL)
    assert min(held.values()) > 0.99 * TOTAL / many


async def test_a_newcomer_waits_for_leases_and_then_has_its_part(postgres_at_newest: str) -> None:
    """While one holds everything there is nothing; ten seconds later there is half of it."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):

        async def lease(jobs: JobStore, at: float, wanted: float) -> float:
            return await jobs.lease_calls(
                now=at, wanted_per_s=wanted, total_per_s=TOTAL, lease_s=LEASE_S
            )

        assert await lease(first.jobs, NOW, 100.0) == TOTAL
        assert await lease(second.jobs, NOW + 1, 100.0) == 0.0
        assert await lease(first.jobs, NOW + LEASE_S, 100.0) == TOTAL / 2
        assert await lease(second.jobs, NOW + LEASE_S, 100.0) == TOTAL / 2
        # One that needs little leaves the rest.
        assert await lease(second.jobs, NOW + 2 * LEASE_S, 5.0) == 5.0
        assert await lease(first.jobs, NOW + 2 * LEASE_S, 100.0) == TOTAL - 5.0


async def test_clocks_that_are_seconds_apart_share_one_budget(postgres_at_newest: str) -> None:
    """What one holds by a clock that is ahead counts, unless no clock is so wrong."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        wants = {"wanted_per_s": TOTAL, "total_per_s": TOTAL, "lease_s": LEASE_S}
        assert await first.jobs.lease_calls(now=NOW + CLOCKS_APART_S, **wants) == TOTAL
        assert await second.jobs.lease_calls(now=NOW, **wants) == 0.0
        assert await second.jobs.lease_calls(now=NOW - HOUR_S, **wants) == TOTAL


async def test_what_a_dead_process_held_is_free_after_its_lease(postgres_at_newest: str) -> None:
    """Nobody has to give it back; who stops in order does so at once."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        wants = {"wanted_per_s": TOTAL, "total_per_s": TOTAL, "lease_s": LEASE_S}
        assert await first.jobs.lease_calls(now=NOW, **wants) == TOTAL
        assert await second.jobs.lease_calls(now=NOW + LEASE_S, **wants) == TOTAL
        await second.jobs.return_calls()
        assert await first.jobs.lease_calls(now=NOW + LEASE_S + 1, **wants) == TOTAL
