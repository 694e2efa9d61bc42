"""What the ledger adds to the answer of an accepted command: this build's bot beside another's.

    python -m bench.ledger_answers --before DIR      DIR: a checkout of the build before

Both are whole bots, each with its own local Discord. They take turns, one by one and with 200 in
flight; this build's file holds 100,000 entries of the ledger, and limits that have room.
"""

import argparse
import asyncio
import contextlib
import math
import statistics
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from bench.amounts import IN_FLIGHT
from bench.answers import NEVER_POLL_S, WARM_UP, accepted, public
from bench.asking import Round, Stopwatch, Subject, play_round
from bench.ledger import PAIRS, RATIO_MAX, fill
from bench.worlds import OUR_ARGV, UNITS_ENOUGH, open_scene, our_env
from sandbox.kling import LocalKling, Script
from storage.engine import open_database

ALONE: Final = 200
CROWD: Final = 800
HERE: Final = Path(__file__).parents[1]
SLOTS_FULL: Final = {
    "KLING__VIDEO_SLOTS": "1",
    "KLING__IMAGE_SLOTS": "1",
    "POLL__FIRST_S": NEVER_POLL_S,
    "POLL__INTERVAL_S": NEVER_POLL_S,
}
MORE_LIMITS: Final = {
    "LIMITS__SERVER_IMAGE_UNITS_PER_MONTH": UNITS_ENOUGH,
    "LIMITS__IMAGE_UNITS_PER_MONTH": UNITS_ENOUGH,
}


async def compare(before: Path, folder: Path) -> dict[str, list[float]]:
    """Return the ratio of each pair by its name."""
    ratios: dict[str, list[float]] = {}
    async with LocalKling(video_slots=1, image_slots=1) as kling:
        kling.script(Script(takes_s=math.inf, times=None))
        async with (
            _bot(folder / "after", HERE, kling, {**SLOTS_FULL, **MORE_LIMITS}) as after,
            _bot(folder / "before", before, kling, SLOTS_FULL) as earlier,
        ):
            for name, count, at_once in (("alone", ALONE, 1), ("together", CROWD, IN_FLIGHT)):
                for pair in range(PAIRS):
                    order = (earlier, after) if pair % 2 else (after, earlier)
                    found = {s.name: await _round(s, count, at_once) for s in order}
                    for part, of_round in (("p50", _p50), ("p99", _p99)):
                        ours, others = (of_round(found[s.name]) for s in (after, earlier))
                        ratios.setdefault(f"{name}_{part}", []).append(ours / others)
    return ratios


async def _round(subject: Subject, count: int, at_once: int) -> Round:
    played = await play_round(subject, accepted, public, count, at_once)
    if played.others:
        message = f"{subject.name} did not accept a command: {played.others[0]}"
        raise RuntimeError(message)
    return played


def _p50(played: Round) -> float:
    return statistics.median(played.times_s)


def _p99(played: Round) -> float:
    return statistics.quantiles(played.times_s, n=100)[98]


@contextlib.asynccontextmanager
async def _bot(
    folder: Path, checkout: Path, kling: LocalKling, settings: Mapping[str, str]
) -> AsyncIterator[Subject]:
    """Yield a bot of this checkout, warmed up; ours finds a full ledger."""
    await asyncio.to_thread(folder.mkdir)
    if checkout == HERE:
        async with open_database(f"sqlite:///{folder}/kling.db", owner="bench") as database:
            await fill(database.jobs)
    async with open_scene(folder / "bot.log") as scene:
        env = our_env(scene, kling, folder, **settings)
        if checkout != HERE:  # It knows no limits by units.
            env = {name: value for name, value in env.items() if "_UNITS_PER_" not in name}
        await scene.start(OUR_ARGV, env, checkout)
        subject = Subject(folder.name, scene, Stopwatch(scene.discord))
        await play_round(subject, accepted, public, WARM_UP, 1)
        yield subject


def main() -> None:
    """Measure and print the median ratio of each number, with its interval."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kling-ledger-") as made:
        ratios = asyncio.run(compare(args.before.resolve(), Path(made)))
    for name, of_pairs in ratios.items():
        ordered = sorted(of_pairs)
        print(
            f"{name}: median ratio {statistics.median(ordered):.2f},"
            f" 98 % interval {ordered[1]:.2f} to {ordered[-2]:.2f} (at most {RATIO_MAX})"
        )


if __name__ == "__main__":
    main()
