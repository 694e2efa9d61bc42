"""How much more several workers do than one, where work on media takes the time.

Each process, with its media worker, is kept on a core of its own, as if it were a machine of one
core; the database is one PostgreSQL. Two cores show two machines. What three do is computed from
them: what does not double is taken for work that the machines wait for each other with.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from PIL import Image

from bench.amounts import Amount
from bench.answers import public
from bench.asking import Stopwatch, Subject, play_round
from bench.memory import POST
from bench.relay import video
from bench.worlds import OUR_ARGV, open_scene, our_env
from sandbox.kling import LocalKling, Script
from sandbox.kling.clips import FPS, encode
from tests.harness.postgres_server import Database, find_programs, serving

WORKER_ARGV: Final = ("-m", "bot", "worker")
CLIP_SIZE: Final = (640, 360)
CLIP_S: Final = 2
MESSAGE_LIMIT: Final = 400_000
"""Bytes: the clip is several times as large, so that each is encoded again."""
FAR_S: Final = 100_000.0
POLL_S: Final = "1"
READY_S: Final = 5.0
TIMEOUT_S: Final = 600.0
AT_ONCE: Final = 8
MACHINES: Final = 3
TIMES_MIN: Final = 2.5
SEED: Final = 3


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return jobs a second of one machine and of two, and what three would do."""
    programs = find_programs()
    cores = sorted(os.sched_getaffinity(0))
    if programs is None or len(cores) < 2:
        return {"skipped": "it needs PostgreSQL (apt-get install postgresql) and two cores"}
    film = await asyncio.to_thread(_noisy_clip)
    ratios = []
    rates: dict[int, list[float]] = {1: [], 2: []}
    with serving(programs) as server:
        for number in range(amount.machines_rounds):
            for machines in (1, 2) if number % 2 else (2, 1):
                place = folder / f"{number}-{machines}"
                await asyncio.to_thread(place.mkdir)
                took_s = await _took_s(place, server.database, film, cores[:machines], amount)
                rates[machines].append(amount.media_jobs / took_s)
            ratios.append(rates[2][-1] / rates[1][-1])
    two = sorted(ratios)[len(ratios) // 2]
    apart = max(0.0, 2 / two - 1)
    return {
        "jobs": amount.media_jobs,
        "clip_bytes": len(film),
        "a_second": [rates[1], rates[2]],
        "two": two,
        "machines": MACHINES,
        "computed": MACHINES / (1 + (MACHINES - 1) * apart),
    }


async def _took_s(
    place: Path, database: Database, film: bytes, cores: list[int], amount: Amount
) -> float:
    """Return how long it takes from the end of all tasks at Kling to the last message."""
    url = await database.emptied()
    async with (
        LocalKling(video_slots=amount.media_jobs, media_for=lambda _task, _index: film) as kling,
        open_scene(place / "ours.log", message_limit=MESSAGE_LIMIT) as scene,
    ):
        kling.script(Script(takes_s=FAR_S, queue_s=0.0, times=None))
        settings = {"KLING__VIDEO_SLOTS": str(amount.media_jobs), "POLL__INTERVAL_S": POLL_S}
        env = our_env(scene, kling, place, STORAGE__URL=url, **settings)
        env["KLINGBOT_KLING__API_KEY"] = kling.keys.api_key
        await scene.start(OUR_ARGV, env)
        os.sched_setaffinity(scene.pid, {cores[0]})
        async with contextlib.AsyncExitStack() as stack:
            for core in cores[1:]:
                await stack.enter_async_context(_worker(place / f"worker-{core}.log", env, core))
            await asyncio.sleep(READY_S)
            subject = Subject("ours", scene, Stopwatch(scene.discord))
            await play_round(subject, video, public, amount.media_jobs, AT_ONCE)
            await kling.until(lambda: len(kling.creates) == amount.media_jobs, TIMEOUT_S)
            for task in kling.creates:
                kling.finish(task)
            began_s = time.perf_counter()
            await scene.discord.until(
                lambda: len(scene.discord.sent("POST", POST)) >= amount.media_jobs, TIMEOUT_S
            )
            return time.perf_counter() - began_s


@contextlib.asynccontextmanager
async def _worker(log: Path, env: dict[str, str], core: int) -> AsyncIterator[None]:
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *WORKER_ARGV, stdout=said, stderr=said, env=env
        )
    os.sched_setaffinity(process.pid, {core})
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def _noisy_clip() -> bytes:
    """Return a video that can't be made small: every pixel of every frame is drawn by dice."""
    dice = random.Random(SEED)
    size = CLIP_SIZE[0] * CLIP_SIZE[1] * 3
    frames = (Image.frombytes("RGB", CLIP_SIZE, dice.randbytes(size)) for _ in range(CLIP_S * FPS))
    return encode(frames, CLIP_SIZE)
