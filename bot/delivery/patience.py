"""When a change to a message that Discord did not make is tried again."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.delivery.search import CannotLook
from bot.domain.policy.backoff import DAY_S, HOUR_S, RATE_AGAIN_MAX_S, backoff_s
from bot.errors import PostError, PostHeld, PostImpossible
from storage.errors import StorageUnavailable

FIRST_S: Final = 4.0
HELD_MIN_S: Final = 1.0
"""Zero would say that the change is made, and Discord may name no time at all."""
OFTEN: Final = 60
"""After so many tries in vain, about an hour, they come once a day."""

log = structlog.get_logger(__name__)


def wait_after(failure: PostError | CannotLook, tries: int) -> float:
    """Return how many seconds to wait, always more than 0, after so many earlier tries.

    Where Discord refuses, somebody has to give a permission back first.
    """
    if isinstance(failure, PostHeld):
        return max(HELD_MIN_S, min(failure.after_s, RATE_AGAIN_MAX_S))
    if isinstance(failure, PostImpossible | CannotLook):
        return max(HOUR_S, later_s(tries))
    return later_s(tries)


def later_s(tries: int) -> float:
    """Return how many seconds to wait where nothing is known of the failure."""
    return DAY_S if tries >= OFTEN else backoff_s(tries, first_s=FIRST_S)


async def wait_until_done(change: Callable[[], Awaitable[float]], tries: int) -> float:
    """Try a change; return what it returns: 0 once it is made, otherwise after how long to retry.

    No failure comes out of it, except that the database is not there: what nobody foresaw may come
    at every try, and others are not to wait behind it.
    """
    try:
        return await change()
    except StorageUnavailable:
        raise
    except (PostError, CannotLook) as failure:
        log.info("message.not_changed", reason=type(failure).__name__)
        return wait_after(failure, tries)
    except Exception:
        log.exception("message.not_changed")
        return later_s(tries)
