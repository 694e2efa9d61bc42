"""Shards: which part of the servers a connection to Discord hears of, and which run here. Pure.

A server belongs to shard `(id >> 22) % count`; direct messages arrive on shard 0 (Discord's
documentation of the gateway, "Sharding").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

SHARD_SHIFT_BITS: Final = 22
GUILDS_PER_SHARD_MAX: Final = 2_500
"""Discord closes a shard of more servers with code 4011 (the same page)."""


def shard_of(guild_id: int, count: int) -> int:
    """Return the shard on which the events of this server arrive."""
    return (guild_id >> SHARD_SHIFT_BITS) % count


@dataclass(frozen=True, slots=True)
class Shards:
    """Some of the `count` shards into which the servers are split."""

    count: int
    ids: tuple[int, ...]

    @classmethod
    def some(cls, count: int, ids: Iterable[int]) -> Self:
        """Return these shards in their order."""
        return cls(count, tuple(sorted(ids)))

    def hear_of(self, guild_id: int) -> bool:
        """Tell whether the events of this server arrive on one of these shards."""
        return shard_of(guild_id, self.count) in self.ids


ONE_SHARD: Final = Shards(1, (0,))


@dataclass(frozen=True, slots=True)
class WantedShards:
    """What the operator set."""

    count: int | None = None
    """None: as many as Discord recommends."""
    ids: tuple[int, ...] = ()
    """Those that this process runs; empty: all."""

    @property
    def split(self) -> bool:
        """Whether other processes run the other shards."""
        return bool(self.ids)

    def of(self, recommended: int) -> Shards | None:
        """Return the shards to run; None if one of `ids` does not exist."""
        count = self.count or recommended
        if any(shard >= count for shard in self.ids):
            return None
        return Shards.some(count, self.ids or range(count))


@dataclass(frozen=True, slots=True)
class SeenServers:
    """The servers that the bot is in, as far as the shards of this process know."""

    guilds: frozenset[int]
    shards: Shards
    """Those that have listed their servers. Of all others nothing is known."""
