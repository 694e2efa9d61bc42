"""What fails in the loop's own hands, such as a lane's claim, keeps nothing else from its turn."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.policy.backoff import backoff_s
from storage.errors import StorageUnavailable

AGAIN_FIRST_S: Final = 4.0

log = structlog.get_logger(__name__)


class Apart:
    """Lets each of the loop's own steps fail by itself, and pause before it is tried again.

    `on_failure` is told the name at each failure; nothing waits for what it does.
    """

    def __init__(self, clock: Clock, on_failure: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_failure = on_failure
        self._failed: dict[str, tuple[int, float]] = {}
        """How often each failed in a row, and when (Unix seconds) it last did."""

    def held_until(self, name: str) -> float | None:
        """Return when (Unix seconds) it is tried again, or None if it may be tried now."""
        if name not in self._failed:
            return None
        failures, failed_at = self._failed[name]
        again_at = failed_at + backoff_s(failures - 1, first_s=AGAIN_FIRST_S)
        # Before its failure only if the clock was set back since: it says nothing then.
        return again_at if failed_at <= self._clock.now() < again_at else None

    def moments(self) -> list[float]:
        """Return when (Unix seconds) those that pause are tried again."""
        moments = (self.held_until(name) for name in self._failed)
        return [moment for moment in moments if moment is not None]

    @contextlib.contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """End what is inside at its failure, which is logged and told; nothing else ends.

        A database that can't be used would fail all others as well: `StorageUnavailable` is raised.
        """
        try:
            yield
        except StorageUnavailable:
            raise
        except Exception:
            failures, _ = self._failed.get(name, (0, 0.0))
            self._failed[name] = failures + 1, self._clock.now()
            log.exception("worker.part_failed", part=name, failures=failures + 1)
            self._on_failure(name)
        else:
            self._failed.pop(name, None)
