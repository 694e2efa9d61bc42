"""The memory that creates take while they are written and sent."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from bot.turns import Turns
from storage.job import Job
from storage.store import JobStore

ORDERS_MAX_BYTES: Final = 56 * 2**20
ORDERS_OF_MEMBER_BYTES: Final = 40 * 2**20
"""Inputs of the creates that are written and sent at the same time, by all members and by one: the
most that one job may have. A body takes about three times as much while it is written."""
SMALL_ORDER_BYTES: Final = 2**20
"""A create with inputs of no more than this does not wait for others."""


class OrderRoom:
    """Lets members take turns at sending large creates; small ones go at once."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._turns = Turns(ORDERS_MAX_BYTES, each=ORDERS_OF_MEMBER_BYTES)

    @contextlib.asynccontextmanager
    async def for_job(self, job: Job) -> AsyncIterator[None]:
        """Hold the memory that the create of this job needs, for the block."""
        input_bytes = await self._store.input_bytes(job.id)
        if input_bytes <= SMALL_ORDER_BYTES:
            yield
            return
        async with self._turns.turn(job.origin.user_id, input_bytes):
            yield
