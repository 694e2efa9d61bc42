"""`discord.shards` and `discord.shard_ids`: what may be set together, and where."""

import pytest

from bot.errors import SettingsInvalid
from bot.settings.load import Settings, load_settings

TOKEN = "KLINGBOT_DISCORD__TOKEN"
SHARDS, IDS = "KLINGBOT_DISCORD__SHARDS", "KLINGBOT_DISCORD__SHARD_IDS"
URL = "KLINGBOT_STORAGE__URL"
POSTGRESQL = "postgresql://kling@db.example/kling"


def _loaded(**env: str) -> Settings:
    return load_settings(None, {TOKEN: "a-token", **env})


def test_all_shards_are_run_as_discord_recommends_unless_something_is_set() -> None:
    """The defaults of the contract."""
    discord = load_settings(None, {}).discord
    assert (discord.shards, discord.shard_ids) == ("auto", ())
    assert discord.shard_count is None


@pytest.mark.parametrize(
    ("given", "count"), [("3", 3), (" AUTO ", None), ("auto", None), ("16384", 16_384)]
)
def test_a_number_or_auto(given: str, count: int | None) -> None:
    """From the environment both are words, and capitals do not matter."""
    assert _loaded(**{SHARDS: given}).discord.shard_count == count


@pytest.mark.parametrize("ids", ["[3]", "[0, 4]", "[0, 1, 2, 3]"])
def test_a_shard_beyond_the_number_is_refused_by_its_key(ids: str) -> None:
    """They count from 0: of three shards the last is 2."""
    with pytest.raises(SettingsInvalid, match=r"discord\.shard_ids: must be below discord\.shards"):
        _loaded(**{SHARDS: "3", IDS: ids, URL: POSTGRESQL})


@pytest.mark.parametrize(("shards", "ids"), [("3", "[0, 1]"), ("auto", "[0]"), ("auto", "[1]")])
def test_a_part_of_the_shards_needs_postgresql(shards: str, ids: str) -> None:
    """The other shards run in another process, and a SQLite database is for one."""
    env = {SHARDS: shards, IDS: ids}
    with pytest.raises(SettingsInvalid, match=r"discord\.shard_ids: .*PostgreSQL"):
        _loaded(**env).require_for_bot()
    _loaded(**env, **{URL: POSTGRESQL}).require_for_bot()


@pytest.mark.parametrize(("shards", "ids"), [("3", "[2, 0, 1]"), ("3", "[]"), ("auto", "[]")])
def test_all_shards_in_one_process_need_none(shards: str, ids: str) -> None:
    """Named or not, in whichever order."""
    _loaded(**{SHARDS: shards, IDS: ids}).require_for_bot()
