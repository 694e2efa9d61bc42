"""The clock of the tests that can be set forward."""

import asyncio

from tests.harness.jump_clock import JumpClock

HOUR_S = 3_600.0


async def test_a_clock_that_is_set_forward_wakes_who_has_not_begun_to_wait() -> None:
    """A sleep begins when it is asked for, not when its task gets its first turn."""
    clock = JumpClock()
    sleeping = asyncio.ensure_future(clock.sleep(HOUR_S))
    clock.jump(HOUR_S)
    async with asyncio.timeout(HOUR_S / 60):
        await sleeping
