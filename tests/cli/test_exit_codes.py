"""`python -m bot …` ends with the exit codes of the contract and one readable block."""

import json
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import SystemClock
from sandbox.discord import LocalDiscord
from storage.engine import open_database
from storage.migrations import MIGRATIONS
from tests.harness.shell import Ended, bot, start

TOKEN = {"KLINGBOT_DISCORD__TOKEN": "a-token"}
KEY = {"KLINGBOT_KLING__API_KEY": "a-key"}
QUIET_PAGES = {"KLINGBOT_WEB__LISTEN": ""}


def is_readable(ended: Ended) -> bool:
    """One block on stderr, nothing on stdout, no traceback."""
    return bool(ended.err.strip()) and not ended.out and "Traceback" not in ended.err


async def test_run_without_a_token_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    """No token: exit 2, and the key is named."""
    ended = await bot("run", cwd=tmp_path)
    assert ended.code == 2
    assert is_readable(ended)
    assert "discord.token: is missing" in ended.err


async def test_gateway_without_a_key_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    """No key for Kling: exit 2, and the key is named."""
    ended = await bot("gateway", cwd=tmp_path)
    assert ended.code == 2
    assert is_readable(ended)
    assert "kling.api_key: is missing" in ended.err


@pytest.mark.parametrize("command", ["run", "gateway", "jobs list"])
async def test_unknown_keys_are_refused_by_their_dotted_path(tmp_path: Path, command: str) -> None:
    """A misspelt key in the file or in the environment: exit 2, both named."""
    (tmp_path / "config.toml").write_text("[kling]\nvideo_slot = 3\n", encoding="utf-8")
    arguments = command.split()
    ended = await bot(*arguments, cwd=tmp_path, env={**TOKEN, **KEY, "KLINGBOT_WEB__LISTN": ""})
    assert ended.code == 2
    assert is_readable(ended)
    assert "kling.video_slot: unknown setting; did you mean kling.video_slots?" in ended.err
    assert "KLINGBOT_WEB__LISTN: unknown setting" in ended.err


async def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    """`--config` names a file that is missing: exit 2; without it no file is needed."""
    ended = await bot("run", "--config", "other.toml", cwd=tmp_path, env=TOKEN)
    assert ended.code == 2
    assert is_readable(ended)
    assert "other.toml: No such file" in ended.err


async def test_an_address_in_use_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    """Another program listens on `gateway.listen`: exit 2, and the key is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = await bot("gateway", cwd=tmp_path, env={**KEY, "KLINGBOT_GATEWAY__LISTEN": listen})
    assert ended.code == 2
    assert "gateway.listen" in ended.err
    assert "Traceback" not in ended.err


async def test_a_refused_token_is_exit_3(tmp_path: Path) -> None:
    """Discord answers 401: exit 3, with what to do, and the token unsaid."""
    async with LocalDiscord(SystemClock(), token="the-right-one") as discord:
        ended = await bot(
            "run",
            cwd=tmp_path,
            env={
                **QUIET_PAGES,
                "KLINGBOT_DISCORD__TOKEN": "the-wrong-one",
                "KLINGBOT_DISCORD__API_URL": discord.api_url,
                "KLINGBOT_DISCORD__GATEWAY_URL": discord.gateway_url,
            },
        )
    assert ended.code == 3
    assert "Discord refuses the token" in ended.err
    assert "Traceback" not in ended.err
    assert "the-wrong-one" not in ended.out + ended.err


@pytest.mark.parametrize("command", ["run", "jobs list"])
async def test_a_database_that_is_none_is_exit_4_and_left_alone(
    tmp_path: Path, command: str
) -> None:
    """A file that is no database: exit 4, and not a byte of it changes."""
    file = tmp_path / "kling.db"
    file.write_bytes(b"my diary" * 1000)
    env = {**TOKEN, **QUIET_PAGES, "KLINGBOT_STORAGE__URL": f"sqlite:///{file}"}
    ended = await bot(*command.split(), cwd=tmp_path, env=env)
    assert ended.code == 4
    assert "The database cannot be used" in ended.err
    assert "Traceback" not in ended.err
    assert file.read_bytes() == b"my diary" * 1000


@pytest.mark.parametrize("command", ["run", "jobs list"])
async def test_a_database_of_a_newer_program_is_exit_4(tmp_path: Path, command: str) -> None:
    """A schema this program does not know: exit 4, with the advice to update."""
    file = tmp_path / "kling.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO schema_version VALUES (?)", (len(MIGRATIONS) + 1,))
    env = {**TOKEN, **QUIET_PAGES, "KLINGBOT_STORAGE__URL": f"sqlite:///{file}"}
    ended = await bot(*command.split(), cwd=tmp_path, env=env)
    assert ended.code == 4
    assert "Update the program" in ended.err


async def test_a_password_is_not_told_when_the_database_cannot_be_reached(tmp_path: Path) -> None:
    """PostgreSQL that is not there: exit 4, without the password of its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgresql://bot:hunter22@127.0.0.1:{port}/kling"
    ended = await bot("jobs", "list", cwd=tmp_path, env={"KLINGBOT_STORAGE__URL": url})
    assert ended.code == 4
    assert is_readable(ended)
    assert "hunter22" not in ended.err


async def test_a_database_held_by_another_bot_is_exit_4(tmp_path: Path) -> None:
    """A SQLite database is for one process: the second says so and ends."""
    url = f"sqlite:///{tmp_path}/kling.db"
    async with open_database(url, owner="the first bot"):
        env = {**TOKEN, **QUIET_PAGES, "KLINGBOT_STORAGE__URL": url}
        ended = await bot("run", cwd=tmp_path, env=env)
    assert ended.code == 4
    assert "the bot probably runs already" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "stop", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.sweep)]
)
async def test_a_gateway_that_is_asked_to_stop_is_exit_0(
    tmp_path: Path, stop: signal.Signals
) -> None:
    """It says where it listens, as JSON where no terminal is, and stops when asked."""
    process = await start(
        "gateway", cwd=tmp_path, env={**KEY, "KLINGBOT_GATEWAY__LISTEN": "127.0.0.1:0"}
    )
    assert process.stderr is not None
    said = json.loads(await process.stderr.readline())
    assert said["event"] == "gateway.listening"
    assert said["address"].startswith("127.0.0.1:")
    process.send_signal(stop)
    _, rest = await process.communicate()
    assert (process.returncode, rest) == (0, b"")


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.sweep)])
async def test_a_terminal_that_cannot_say_a_check_mark_is_answered(
    tmp_path: Path, encoding: str
) -> None:
    """`doctor` marks its findings in letters, and other signs are escaped."""
    folder = tmp_path / "空"
    folder.mkdir()
    env = {**TOKEN, "PYTHONIOENCODING": encoding, "KLINGBOT_DISCORD__API_URL": "http://127.0.0.1:1"}
    ended = await bot("doctor", cwd=folder, env=env, within=("/usr/bin/env",))
    assert ended.code == 1
    assert "ok settings: all keys and values are valid" in ended.out
    assert "XX Discord at http://127.0.0.1:1" in ended.out
    assert "\\u7a7a" in ended.out
    assert "Traceback" not in ended.err
