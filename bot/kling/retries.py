"""The one place that decides whether Kling is asked again.

    what came                               a question          an order (creates, faces)
    ------------------------------------    ----------------    --------------------------------
    401, or code 1003 or 1004               once, with a fresh token: it was not let in
    nothing was sent                        again, later        the caller decides: it costs nothing
    no readable answer, 5xx, timeout        again, later        never: it may have been carried out
    1302, 1303 (too fast, no slot)          again, later        the caller decides: a slot must free
    any other no                            never               never

Kling sends no `Retry-After` (Kling's API documentation, 2026-09), so the waiting is ours alone.
Below this, aiohttp itself repeats a GET, never a POST, whose connection ended before any answer.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.clock import Clock
from bot.errors import KlingBusy, KlingRefusedAccount, KlingUnclear, KlingUnreachable

QUESTION_TRIES: Final = 3
BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 8.0
TOKEN_NOT_YET_VALID: Final = 1003
TOKEN_EXPIRED: Final = 1004
HTTP_UNAUTHORIZED: Final = 401

T = TypeVar("T")


class Retries:
    """Retries where that is safe; `tries` counts all attempts of a query."""

    def __init__(self, clock: Clock, rng: random.Random, tries: int = QUESTION_TRIES) -> None:
        self._clock = clock
        self._rng = rng
        self._tries = tries

    async def call(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        repeatable: bool,
        fresh_token: Callable[[], bool],
    ) -> T:
        """Return the attempt's result, or raise the last KlingError.

        `fresh_token` drops the current token and tells whether there will be another one.
        """
        failures = 0
        refreshed = False
        while True:
            try:
                return await attempt()
            except KlingRefusedAccount as no:
                if refreshed or not _is_about_the_token(no) or not fresh_token():
                    raise
                refreshed = True
            except (KlingUnreachable, KlingUnclear, KlingBusy):
                failures += 1
                if not repeatable or failures >= self._tries:
                    raise
                await self._clock.sleep(self.pause_s(failures))

    def pause_s(self, failures: int) -> float:
        """Return the delay after this many failures in a row: doubled, capped, jittered."""
        ceiling = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** (failures - 1))
        return self._rng.uniform(ceiling / 2, ceiling)


def _is_about_the_token(no: KlingRefusedAccount) -> bool:
    return no.http_status == HTTP_UNAUTHORIZED or no.code in {TOKEN_NOT_YET_VALID, TOKEN_EXPIRED}
