"""The whole matrix: every operation, killed before and after everything it does."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.recovery.moments import Moment, When, Where
from tests.recovery.stories import STORIES, Story
from tests.recovery.trial import open_stage
from tests.soak.tables import Table

LOG = Path("soak-out") / "points.log"
"""What the bots said."""
AT_ONCE = 8
PATIENCE_S = 300.0
"""So many bots at once are slow, and nothing here is about speed."""
PLAYED_MAX = 40
"""In one town; each death sets its clock a little further ahead of the bot's."""
QUICK_SHARE = 10
COLUMNS = (
    "operation",
    "commits",
    "requests",
    *(f"killed {when.value}" for when in (When.BEFORE, When.AFTER)),
    "arrived late",
    "came too late",
    "broken",
)


@dataclass
class Results:
    """What became of the moments of one operation."""

    commits: set[tuple[str, int]] = field(default_factory=set)
    requests: set[tuple[str, int]] = field(default_factory=set)
    kills: Counter[When] = field(default_factory=Counter)
    missed: list[Moment] = field(default_factory=list)
    broken: list[tuple[Moment | None, str]] = field(default_factory=list)

    def note(self, moment: Moment, *, came: bool) -> None:
        """Write down that a moment was tried and every law held."""
        if not came:
            self.missed.append(moment)
            return
        self.kills[moment.when] += 1
        steps = self.commits if moment.where is Where.COMMIT else self.requests
        steps.add((moment.what, moment.nth))

    def row(self, name: str) -> tuple[str | int, ...]:
        """Return the line of the table."""
        steps = (len(self.commits), len(self.requests))
        kills = (self.kills[when] for when in When)
        return (name, *steps, *kills, len(self.missed), len(self.broken))


async def run(place: Path, seed: int, *, quick: bool) -> Table:
    """Try every moment; `quick` every tenth. The seed decides nothing here."""
    started = time.monotonic()
    gate = asyncio.Semaphore(AT_ONCE)
    found: dict[str, Results] = defaultdict(Results)

    async def each(number: int, name: str) -> None:
        async with gate:
            await _tried(STORIES[name], place / str(number), name, found[name], quick=quick)
            print(found[name].row(name), flush=True)

    with LOG.open("w", encoding="utf-8") as log, contextlib.redirect_stderr(log):
        await asyncio.gather(*(each(number, name) for number, name in enumerate(STORIES)))
    kills = sum(results.kills.total() for results in found.values())
    return Table(
        COLUMNS,
        tuple(found[name].row(name) for name in STORIES),
        said=f"{kills} kills in {time.monotonic() - started:.0f} s.",
        broken=sum(len(results.broken) for results in found.values()),
    )


async def _tried(story: Story, place: Path, name: str, found: Results, *, quick: bool) -> None:
    """Try the moments of one operation, town after town."""
    left: list[Moment] | None = None
    towns = itertools.count(1)
    while left is None or left:
        folder = place / str(next(towns))
        folder.mkdir(parents=True)
        moment: Moment | None = None
        try:
            async with open_stage(story, folder, patience_s=PATIENCE_S) as stage:
                if left is None:
                    left = list((await stage.rehearse())[:: QUICK_SHARE if quick else 1])
                while left and stage.played < PLAYED_MAX:
                    moment = left.pop(0)
                    found.note(moment, came=await stage.play(moment))
                    moment = None
        except Exception as broken:  # noqa: BLE001 - whatever it is, a law was not seen to hold
            found.broken.append((moment, repr(broken)))
            print(f"broken: {name}, {moment or 'undisturbed'}: {broken!r}", flush=True)
            if left is None:
                return
