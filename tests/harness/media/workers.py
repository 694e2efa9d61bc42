"""What is seen of the processes that open media."""

import asyncio
import os

from bot.media.pool import MediaPool


def is_alive(pid: int) -> bool:
    """A zombie counts as alive: leaving one means that nothing was cleaned up."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until_busy(pool: MediaPool) -> None:
    while not pool._busy:  # noqa: ASYNC110 - the pool tells nobody, and needs not
        await asyncio.sleep(0)
