"""What is counted while a job waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policy.backoff import ASKED_MIN, DAY_S
from bot.domain.policy.in_vain import NO_WAITS, Vain, Waits
from tests.harness.jobs import NOW

ENDING = [Vain.UNREACHABLE, Vain.REFUSED, Vain.UNANSWERED]
kinds = st.sampled_from(Vain)


def after(tries: list[Vain]) -> Waits:
    waits = NO_WAITS
    for kind in tries:
        waits = waits.once_more(kind)
    return waits


@given(tries=st.lists(kinds, max_size=60), last=kinds)
def test_a_wait_ends_only_after_ten_tries_of_its_own_kind(tries: list[Vain], last: Vain) -> None:
    """Whatever else came to nothing, and however long ago it began."""
    waits = after([*tries, last])
    assert waits.failures == len(tries) + 1
    assert 1 <= waits.count(last) <= tries.count(last) + 1
    if tries.count(last) + 1 < ASKED_MIN:
        assert not waits.too_long(last, NOW, NOW + 30 * DAY_S, DAY_S)


@pytest.mark.parametrize("kind", Vain)
def test_ten_tries_of_a_kind_end_nothing_before_its_age(kind: Vain) -> None:
    """Both are needed: the tries and the age."""
    waits = after([kind] * ASKED_MIN)
    assert not waits.too_long(kind, NOW, NOW + DAY_S - 1, DAY_S)
    assert waits.too_long(kind, NOW, NOW + DAY_S, DAY_S)


@pytest.mark.parametrize("one", ENDING)
@pytest.mark.parametrize("other", ENDING)
def test_two_troubles_that_take_turns_are_not_waited_for_for_ever(one: Vain, other: Vain) -> None:
    """An answer ends the count of silence, and never the other way round as well."""
    waits = after([one, other] * ASKED_MIN)
    assert max(waits.count(one), waits.count(other)) >= ASKED_MIN
