"""What twenty jobs cost the bot, in CPU time, beside few ended jobs and beside very many.

Two bots with a local Discord each, one on a file with 100 ended jobs and one with 100,000. They
take turns, twenty jobs at a time, from the command to the message.
"""

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.answers import accepted, public
from bench.asking import Stopwatch, Subject, play_round
from bench.growth import FEW, MANY, filled
from bench.media import small_picture
from bench.memory import POST
from bench.proc import cpu_s
from bench.worlds import OUR_ARGV, open_scene, our_env
from sandbox.kling import Latencies, LocalKling

JOBS: Final = 20
POLL_S: Final = "0.5"
TIMEOUT_S: Final = 120.0
SETTLED_S: Final = 1.0
"""After the last message: cards are edited, and looks end."""
RATIO_MAX: Final = 1.2


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return CPU seconds of each round of both bots, and the ratio of their medians."""
    picture = small_picture()
    quick = Latencies(queue_s=0.0, image_s=0.2)
    spent: dict[int, list[float]] = {FEW: [], MANY: []}
    async with (
        LocalKling(latencies=quick, media_for=lambda _task, _index: picture) as kling,
        _bot(folder, kling, FEW) as few,
        _bot(folder, kling, MANY) as many,
    ):
        pair = [(FEW, few), (MANY, many)]
        for subject in (few, many):
            await _jobs(subject)  # what is done once does not count
        for number in range(amount.pairs):
            for ended, subject in pair if number % 2 else reversed(pair):
                before = cpu_s(subject.scene.pid)
                await _jobs(subject)
                spent[ended].append(cpu_s(subject.scene.pid) - before)
    medians = {ended: statistics.median(seconds) for ended, seconds in spent.items()}
    return {
        "ended": [FEW, MANY],
        "jobs": JOBS,
        "cpu_s": [spent[FEW], spent[MANY]],
        "median_s": [medians[FEW], medians[MANY]],
        "ratio": medians[MANY] / medians[FEW],
    }


@contextlib.asynccontextmanager
async def _bot(folder: Path, kling: LocalKling, ended: int) -> AsyncIterator[Subject]:
    place = folder / str(ended)
    await asyncio.to_thread(place.mkdir)
    async with filled(f"sqlite:///{place}/kling.db", ended):
        pass
    async with open_scene(place / "ours.log") as scene:
        settings = {"POLL__FIRST_S": POLL_S, "POLL__INTERVAL_S": POLL_S}
        await scene.start(OUR_ARGV, our_env(scene, kling, place, **settings))
        yield Subject(str(ended), scene, Stopwatch(scene.discord))


async def _jobs(subject: Subject) -> None:
    discord = subject.scene.discord
    before = len(discord.sent("POST", POST))
    await play_round(subject, accepted, public, JOBS, 4)
    await discord.until(lambda: len(discord.sent("POST", POST)) >= before + JOBS, TIMEOUT_S)
    await asyncio.sleep(SETTLED_S)
