"""Which shard a server belongs to, which shards run here, and what Discord's answer means."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.session_starts import UNKNOWN_LIMITS, SessionLimits, read_limits
from bot.domain.sharding import Shards, WantedShards, shard_of

DOCUMENTED = {
    "url": "wss://gateway.discord.gg/",
    "shards": 9,
    "session_start_limit": {
        "total": 1000,
        "remaining": 999,
        "reset_after": 14_400_000,
        "max_concurrency": 16,
    },
}
"""The example in Discord's documentation ("Get Gateway Bot"), with more than one in a bucket."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("guild_id", "count", "shard"),
    [((7 << 22) + 5, 1, 0), ((7 << 22) + 5, 3, 1), ((10 << 22) - 1, 10, 9), (0, 4, 0)],
)
def test_a_servers_shard(guild_id: int, count: int, shard: int) -> None:
    """The milliseconds in its id, modulo the number of shards; worked out by hand."""
    assert shard_of(guild_id, count) == shard


@given(st.integers(0, 2**63), st.integers(1, 99))
def test_each_server_is_heard_by_exactly_one_shard(guild_id: int, count: int) -> None:
    """However the shards are split, no server is without and none has two."""
    hearing = [n for n in range(count) if Shards(count, (n,)).hear_of(guild_id)]
    assert len(hearing) == 1


def test_what_is_wanted() -> None:
    """All of the number, or of what is recommended; some of them; or one that does not exist."""
    assert WantedShards().of(3) == Shards(3, (0, 1, 2))
    assert WantedShards(2).of(3) == Shards(2, (0, 1))
    assert WantedShards(None, (2, 0)).of(3) == Shards(3, (0, 2))
    assert WantedShards(None, (3,)).of(3) is None


def test_the_documented_answer_is_read() -> None:
    """Numbers as they are, milliseconds as seconds."""
    assert read_limits(DOCUMENTED) == SessionLimits(9, 16, 999, 14_400.0)


def test_what_is_missing_is_what_every_bot_may_do() -> None:
    """Without the limit, one shard at a time, and as many as are wanted."""
    read = read_limits({"shards": 4})
    assert read == SessionLimits(4, 1, UNKNOWN_LIMITS.left, 0.0)


@given(JSON | st.fixed_dictionaries({"shards": JSON, "session_start_limit": JSON}))
def test_whatever_comes_is_read_or_not(said: Any) -> None:
    """No answer raises, and what is read can be used: positive numbers, a wait of a day at most."""
    read = read_limits(said)
    if read is not None:
        assert 1 <= read.shards <= 16_384
        assert 1 <= read.at_once <= 1_024
        assert read.left >= 0
        assert 0.0 <= read.renewed_in_s <= 86_400.0
