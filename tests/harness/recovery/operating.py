"""`python -m bot jobs …` beside the bot that runs in this process."""

from pathlib import Path

from tests.harness.shell import bot
from tests.harness.town import Town

NOTICED_S = 31.0
"""A running bot looks at its database at least this often."""


async def jobs(town: Town, cwd: Path, *args: str) -> str:
    """Run the command as the operator does, and let the bot notice; return what it said."""
    ended = await bot("jobs", *args, cwd=cwd, env=town.env)
    assert ended.code == 0, ended.out + ended.err
    town.clock.jump(NOTICED_S)
    return ended.out
