"""How often Kling is asked for the state of its tasks, and how soon a finished one is seen."""

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.answers import public
from bench.asking import Stopwatch, Subject, play_round
from bench.media import clip
from bench.moments import POST
from bench.relay import video
from bench.worlds import OUR_ARGV, open_scene, our_env
from sandbox.discord.faults import Recorded
from sandbox.kling import Fault, How, LocalKling, Script

OPEN: Final = 40
TAKES_S: Final = (10.0, 40.0)
APART_S: Final = 0.2
SHARE_MAX: Final = 0.1
"""Aim: together, at most this share of the requests that one by one takes."""
TIMEOUT_S: Final = 180.0
SEED: Final = 40


@dataclass(frozen=True, slots=True)
class Polled:
    """What one run came to."""

    requests: int
    seen_p50_s: float
    seen_max_s: float


async def measure(folder: Path, _amount: Amount) -> dict[str, Any]:
    """Return both ways: the tasks asked for together, and each by itself."""
    ways = {}
    for name, together in (("together", True), ("one by one", False)):
        place = folder / name.replace(" ", "-")
        await asyncio.to_thread(place.mkdir)
        polled = await _polled(place, together=together)
        ways[name] = {
            "requests": polled.requests,
            "requests_per_task": polled.requests / OPEN,
            "seen_p50_s": polled.seen_p50_s,
            "seen_max_s": polled.seen_max_s,
        }
    return {"tasks": OPEN, "ways": ways}


async def _polled(folder: Path, *, together: bool) -> Polled:
    """Let 40 members ask within eight seconds; settings are the defaults."""
    dice = random.Random(SEED)
    small = clip()
    posted: dict[str, float] = {}
    async with (
        LocalKling(video_slots=OPEN, media_for=lambda _task, _index: small) as kling,
        open_scene(folder / "ours.log") as scene,
    ):
        if not together:
            kling.fault(Fault(How.REFUSE, "GET", "/tasks", times=None, status=404, code=1203))
        env = our_env(scene, kling, folder, KLING__VIDEO_SLOTS=str(OPEN))
        env["KLINGBOT_KLING__API_KEY"] = kling.keys.api_key
        await scene.start(OUR_ARGV, env)

        def on_request(request: Recorded) -> None:
            if (request.method, request.route) == ("POST", POST):
                for task in kling.creates:
                    if task.external_id and task.external_id in repr(request.json):
                        posted.setdefault(task.id, time.time())

        scene.discord.on_request(on_request)
        subject = Subject("ours", scene, Stopwatch(scene.discord))
        for _ in range(OPEN):
            kling.script(Script(takes_s=dice.uniform(*TAKES_S), queue_s=0.0))
            await play_round(subject, video, public, 1, 1)
            await asyncio.sleep(APART_S)
        await scene.discord.until(lambda: len(posted) == OPEN, timeout_s=TIMEOUT_S)
        late_s = [posted[task.id] - task.ends_s for task in kling.creates]
        asked = [one for one in kling.requests if one.method == "GET" and _is_status(one.path)]
    return Polled(len(asked), statistics.median(late_s), max(late_s))


def _is_status(path: str) -> bool:
    return path == "/tasks" or path.startswith("/v1/videos/")
