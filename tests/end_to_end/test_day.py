"""A day of a server of fifty members, hour by hour, with time that the test lets pass."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.tour.day import JOBS, Day
from storage.job import State
from tests.harness.books import assert_books
from tests.harness.jump_clock import JumpClock
from tests.harness.opening import open_town


class Kept:
    """What was said and checked."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failed: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def check(self, what: str, *, held: bool) -> None:
        if not held:
            self.failed.append(what)


def _morning(clock: JumpClock) -> None:
    """Set the clock to seven o'clock in the middle of next month: no budget begins anew."""
    now = datetime.fromtimestamp(clock.now(), UTC)
    then = (now.replace(day=1) + timedelta(days=32)).replace(day=15, hour=7, minute=0, second=0)
    clock.jump((then - now).total_seconds())


async def test_a_day_of_fifty_members(tmp_path: Path) -> None:
    """Every hour comes as told, each job ended once, and the books agree."""
    clock, told = JumpClock(), Kept()
    _morning(clock)

    async def until_hour(hour: int) -> None:
        now = datetime.fromtimestamp(clock.now(), UTC)
        then = now.replace(hour=hour, minute=0, second=0)
        clock.jump((then - now).total_seconds())

    async with open_town(tmp_path, clock=clock) as town, town.bot():
        await Day(town.discord, town.kling, told, until_hour).play()
        assert told.failed == []
        assert len(told.lines) == 7
        jobs = await town.settled()
        assert len(jobs) == len(town.kling.creates) == JOBS
        assert {job.state for job in jobs} == {State.DONE}
        await assert_books(town.store, town.kling)
