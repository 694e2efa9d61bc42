"""`python -m bot run` with shards that cannot be: exit 2, one block, the key and what to do."""

from pathlib import Path

import pytest

from bot.clock import SystemClock
from sandbox.discord import LocalDiscord
from tests.cli.test_exit_codes import QUIET_PAGES, TOKEN, is_readable
from tests.harness.shell import bot

SHARDS, IDS = "KLINGBOT_DISCORD__SHARDS", "KLINGBOT_DISCORD__SHARD_IDS"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({SHARDS: "2", IDS: "[0, 2]"}, "discord.shard_ids: must be below discord.shards"),
        ({SHARDS: "2", IDS: "[0, 0]"}, "discord.shard_ids: must name each shard once"),
        ({SHARDS: "none"}, 'discord.shards: must be "auto" or a number'),
        ({SHARDS: "2", IDS: "[1]"}, "discord.shard_ids: several processes share the shards"),
    ],
)
async def test_shards_that_cannot_be_are_exit_2(
    tmp_path: Path, env: dict[str, str], said: str
) -> None:
    """Out of range, named twice, no number, a part of them on SQLite."""
    ended = await bot("run", cwd=tmp_path, env={**TOKEN, **env})
    assert ended.code == 2
    assert is_readable(ended)
    assert said in ended.err


async def test_a_number_that_discord_refuses_is_exit_2(tmp_path: Path) -> None:
    """Close code 4011 while it starts: the process ends, and says what Discord recommends."""
    async with LocalDiscord(SystemClock(), token=TOKEN["KLINGBOT_DISCORD__TOKEN"]) as discord:
        discord.gateway.starts.guilds_per_shard_max = 0
        discord.gateway.starts.recommended_shards = 4
        discord.add_guild("one too many")
        env = {
            **TOKEN,
            **QUIET_PAGES,
            SHARDS: "1",
            "KLINGBOT_DISCORD__API_URL": discord.api_url,
            "KLINGBOT_DISCORD__GATEWAY_URL": discord.gateway_url,
            "KLINGBOT_KLING__BASE_URL": "http://127.0.0.1:1",
        }
        ended = await bot("run", cwd=tmp_path, env=env)
    assert ended.code == 2
    assert "(code 4011), and recommends 4" in ended.err
    assert "discord.shards" in ended.err
    assert "Traceback" not in ended.err
