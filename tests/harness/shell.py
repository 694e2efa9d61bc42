"""Runs commands of the bot as an operator does: processes of their own, nothing inherited."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli import main
from bot.invocation import Invocation
from tests.harness.nursery import fork

ROOT = Path(__file__).parents[2]
COVERAGE = "COVERAGE_"
WARNINGS = ("-W", "error", "-W", "ignore:'audioop' is deprecated:DeprecationWarning")
"""Every warning is an error, except the one that discord.py causes."""


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it said."""

    code: int | None
    out: str
    err: str


def environment(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(COVERAGE)}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **kept, **env}


async def start(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None, within: Sequence[str] = ()
) -> Process:
    """Start `python -m bot` in `cwd`, with only `env` in the environment, by `within`."""
    return await asyncio.create_subprocess_exec(
        *within,
        sys.executable,
        *WARNINGS,
        "-m",
        "bot",
        *args,
        cwd=cwd,
        env=environment(env or {}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def bot(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None, within: Sequence[str] = ()
) -> Ended:
    """Run to the end in `cwd`, with only `env` in the environment, by the command `within`.

    Without such a command it is forked instead of started.
    """
    if not within:
        return await forked(*args, cwd=cwd, env=env)
    process = await start(*args, cwd=cwd, env=env, within=within)
    out, err = await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode())


async def forked(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run to the end in `cwd`, with only `env` in the environment."""
    child = await fork(_main, args, env=environment(env or {}), cwd=cwd)
    out, err = await asyncio.gather(child.stdout.read(), child.stderr.read())
    return Ended(await child.wait(), out.decode(), err.decode())


def _main(args: Sequence[str], env: Mapping[str, str]) -> int:
    """Do what `bot/__main__.py` does."""
    return main(args, env, Invocation.of_module())


async def holding(database: Path) -> Process:
    """Start a foreign process that keeps a SQLite file locked until its input ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLD,
        str(database),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    return process
