"""A change that Discord did not make is tried again: never at once, never too seldom."""

import pytest

from bot.delivery.patience import OFTEN, wait_after
from bot.delivery.search import CannotLook
from bot.domain.policy.backoff import DAY_S, HOUR_S, RATE_AGAIN_MAX_S
from bot.errors import PostError, PostHeld, PostImpossible, PostTooLarge, PostUnclear

FAILURES = (
    PostError(),
    PostUnclear(),
    PostTooLarge(),
    PostHeld(0.0),
    PostHeld(30.0),
    PostHeld(1e9),
    PostImpossible(50_013),
    CannotLook(),
)


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("tries", [0, 1, OFTEN - 1, OFTEN, 10**6])
def test_every_failure_is_waited_for(failure: PostError | CannotLook, tries: int) -> None:
    """None means "made", which is 0, not even a limit of no time; and a day is the longest wait."""
    assert 0 < wait_after(failure, tries) <= DAY_S


def test_a_rate_limit_is_waited_for_as_long_as_it_says() -> None:
    """It tells nothing of the change, so earlier tries do not count; a long one may end earlier."""
    assert wait_after(PostHeld(30.0), OFTEN) == 30.0
    assert wait_after(PostHeld(1e9), 0) == RATE_AGAIN_MAX_S


@pytest.mark.parametrize("refused", [PostImpossible(50_013), CannotLook()], ids=repr)
def test_a_refusal_waits_for_somebody_to_give_a_permission(
    refused: PostError | CannotLook,
) -> None:
    """First every hour, in the end every day, whereas what is unclear is soon tried again."""
    assert wait_after(refused, 0) == HOUR_S > wait_after(PostUnclear(), OFTEN - 1)
    assert wait_after(refused, OFTEN) == wait_after(PostUnclear(), OFTEN) == DAY_S
