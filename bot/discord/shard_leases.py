"""Keeps a shard to one process: a second one waits, and ends if the first one stays.

The rows are in the database (`storage.shard_leases`). A lease is short, so that a process that was
killed is replaced soon. Without the database a process keeps its connection and says "busy". If
another has taken its shard meanwhile, it ends once it reaches the database again.
"""

import asyncio
from typing import Final, NoReturn

import structlog

from bot.clock import Clock
from bot.domain.sharding import Shards
from bot.errors import ShardsTaken
from storage.errors import StorageError
from storage.shard_leases import HeldShard
from storage.store import JobStore

LEASE_S: Final = 10.0
"""How long a shard stays with a process that has died."""
RENEW_EVERY_S: Final = LEASE_S / 3
LOOK_EVERY_S: Final = 1.0
PATIENCE_MIN_S: Final = 30.0
PATIENCE_SHARE: Final = 3.0
"""One that starts waits so much longer than one that stops may take (`shutdown.grace_s`)."""
LEAVING_S: Final = 1.0
"""How long the database may take for that."""
TAKEN: Final = (
    "Another process with this database has shard {id} of {count} of the same bot\n"
    "Stop it first. For more processes: `worker`, which takes no commands, or discord.shard_ids, "
    "by which each has its part"
)

log = structlog.get_logger(__name__)


class ShardLeases:
    """The leases of this process on its shards."""

    def __init__(self, store: JobStore, clock: Clock, patience_s: float) -> None:
        self._store = store
        self._clock = clock
        self._patience_s = patience_s

    async def take(self, shards: Shards) -> None:
        """Return once these shards are ours; all that this process had before are free.

        Raises `ShardsTaken` if another process keeps one of them for longer than we wait: by the
        time that we have slept, whatever the clock is set to meanwhile.
        """
        waited_s = 0.0
        told: HeldShard | None = None
        while True:
            try:
                held = await self._ask(shards)
            except StorageError as trouble:
                log.warning("discord.shards_unleased", reason=str(trouble))
            else:
                if held is None:
                    return
                if waited_s >= self._patience_s:
                    raise _taken(held)
                if held != told:
                    log.warning("discord.shards_held", shard=held.id, of=held.count)
                    told = held
            await self._clock.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S

    async def keep(self, shards: Shards) -> NoReturn:
        """Keep these shards until cancelled.

        Raises `ShardsTaken` if another process has one: this one was suspended, or cut off.
        """
        while True:
            if self._store.shared:
                await self._clock.sleep(RENEW_EVERY_S)
            else:
                await asyncio.Event().wait()
            try:
                held = await self._ask(shards)
            except StorageError as trouble:
                log.warning("discord.shards_unleased", reason=str(trouble))
            except Exception:  # a renewal that fails is no reason to end all that runs
                log.exception("discord.shards_unleased")
            else:
                if held is not None:
                    raise _taken(held)

    async def leave(self) -> None:
        """Let another process have them at once."""
        try:
            async with asyncio.timeout(LEAVING_S):
                await self._store.leave_shards()
        except (StorageError, TimeoutError):
            log.info("discord.shards_not_left")  # the leases end by themselves
        except Exception:  # nor may it disturb what else is to be closed
            log.exception("discord.shards_not_left")

    async def _ask(self, shards: Shards) -> HeldShard | None:
        asked = await self._store.take_shards(
            shards.count, shards.ids, now=self._clock.now(), lease_s=LEASE_S
        )
        for shard in asked.overridden:
            log.warning("discord.shards_overridden", shard=shard.id, of=shard.count)
        return asked.held


def patience_s(grace_s: float) -> float:
    """Return how long one that starts waits where stopping takes up to `grace_s` seconds. Pure."""
    return max(PATIENCE_MIN_S, PATIENCE_SHARE * grace_s)


def _taken(held: HeldShard) -> ShardsTaken:
    return ShardsTaken(TAKEN.format(id=held.id, count=held.count))
