"""The whole matrix: every operation, killed before and after everything it does."""

import asyncio
import contextlib
import itertools
import random
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.commands.soak.tables import Table
from tests.harness.recovery.moments import Moment, When, Where
from tests.harness.recovery.stories import STORIES
from tests.harness.recovery.story import Story
from tests.harness.recovery.trial import open_stage

LOG = Path("soak-out") / "points.log"
"""What the bots said."""
AT_ONCE = 8
PATIENCE_S = 300.0
"""This many bots at once are slow, and nothing here measures speed."""
TURN = 12
"""Moments tried in one town; each death sets its clock a little further ahead of the bot's."""
QUICK_SHARE = 10
TIME_MAX_S = 1_500.0
"""What is left after so long is counted as left: a quiet machine needs a third of it."""
COLUMNS = (
    "operation",
    "moments",
    "commits",
    "requests",
    *(f"killed {when.value}" for when in (When.BEFORE, When.AFTER)),
    "arrived late",
    "came too late",
    "left",
    "broken",
)


@dataclass
class Results:
    """What became of the moments of one operation."""

    moments: int = 0
    left: int = 0
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

    def note_broken(self, name: str, moment: Moment | None, broken: Exception) -> None:
        """Write down that a law did not hold, and say so."""
        self.broken.append((moment, repr(broken)))
        print(f"broken: {name}, {moment or 'undisturbed'}: {broken!r}", flush=True)

    def row(self, name: str) -> tuple[str | int, ...]:
        """Return the line of the table."""
        steps = (len(self.commits), len(self.requests))
        kills = (self.kills[when] for when in When)
        rest = (len(self.missed), self.left, len(self.broken))
        return (name, self.moments, *steps, *kills, *rest)


async def run(place: Path, seed: int, *, quick: bool, only: Sequence[str] = ()) -> Table:
    """Try every moment, or with `quick` every tenth, in an order that the seed decides.

    Of the operations that `only` names, or of all. Raises `LookupError` if it names another.
    """
    if unknown := set(only) - set(STORIES):
        raise LookupError(f"no such operation: {', '.join(sorted(unknown))}")
    stories = {name: story for name, story in STORIES.items() if not only or name in only}
    started = time.monotonic()
    dice = random.Random(seed)  # noqa: S311 - dice of a simulation, not a secret
    gate = asyncio.Semaphore(AT_ONCE)
    found: dict[str, Results] = defaultdict(Results)
    share = QUICK_SHARE if quick else 1

    async def rehearsed(number: int, name: str) -> list[Moment]:
        async with gate:
            return await _rehearsed(stories[name], place / str(number) / "0", name, found[name])

    async def tried(number: int, name: str, moments: Sequence[Moment]) -> None:
        folder = place / str(number) / secrets.token_hex(4)
        async with gate:
            await _tried(stories[name], folder, name, found[name], moments, started + TIME_MAX_S)

    with LOG.open("w", encoding="utf-8") as log, contextlib.redirect_stderr(log):
        every = await asyncio.gather(*(rehearsed(*one) for one in enumerate(stories)))
        turns = []
        for (number, name), moments in zip(enumerate(stories), every, strict=True):
            dice.shuffle(moments)
            chosen = moments[::share]
            found[name].moments = len(chosen)
            turns += [(number, name, chosen[at : at + TURN]) for at in range(0, len(chosen), TURN)]
        dice.shuffle(turns)
        await asyncio.gather(*(tried(*turn) for turn in turns))
    kills = sum(results.kills.total() for results in found.values())
    return Table(
        COLUMNS,
        tuple(found[name].row(name) for name in stories),
        said=f"{kills} kills in {time.monotonic() - started:.0f} s; seed {seed}.",
        broken=sum(len(results.broken) for results in found.values()),
    )


async def _rehearsed(story: Story, folder: Path, name: str, found: Results) -> list[Moment]:
    """Return the moments of one operation."""
    try:
        async with open_stage(story, _made(folder), patience_s=PATIENCE_S) as stage:
            return list(await stage.rehearse())
    except Exception as broken:  # noqa: BLE001 - whatever it is, a law was not seen to hold
        found.note_broken(name, None, broken)
        return []


async def _tried(
    story: Story,
    place: Path,
    name: str,
    found: Results,
    moments: Sequence[Moment],
    ends_at: float,
) -> None:
    """Try some moments of one operation in one town, and in a new one after a broken law."""
    left = list(moments)
    towns = itertools.count(1)
    while left and time.monotonic() < ends_at:
        folder = _made(place / str(next(towns)))
        moment: Moment | None = None
        try:
            async with open_stage(story, folder, patience_s=PATIENCE_S) as stage:
                while left and time.monotonic() < ends_at:
                    moment = left.pop(0)
                    found.note(moment, came=await stage.play(moment))
                    moment = None
        except Exception as broken:  # noqa: BLE001 - as above
            found.note_broken(name, moment, broken)
    found.left += len(left)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
