"""A thousand results that are there at once, for 50 channels, under Discord's rate limits.

What Discord forces: no more than so many requests a second of the whole bot, and so many messages
a channel (`sandbox.discord.limits`). How much longer it takes is the bot's.
"""

import asyncio
import math
import time
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.answers import accepted, public
from bench.asking import Stopwatch, Subject, play_round
from bench.media import small_picture
from bench.memory import POST
from bench.worlds import OUR_ARGV, open_scene, our_env
from sandbox.discord import Limits
from sandbox.discord.faults import Recorded
from sandbox.kling import LocalKling, Script

CHANNELS: Final = 50
FAR_S: Final = 100_000.0
POLL_S: Final = "2"
TIMEOUT_S: Final = 300.0
TOO_MANY: Final = 429
LONGER_MAX: Final = 1.2
REFUSED_MAX: Final = 0.01
AT_ONCE: Final = 40
QUIET_S: Final = 2.0
"""No card of a running job waits for so long."""
LIMITS: Final = Limits()


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return how long the messages took beside what Discord forces, and how many were refused."""
    count = amount.burst
    picture = small_picture()
    posted: list[float] = []
    answered: list[int] = []
    async with (
        LocalKling(image_slots=count, media_for=lambda _task, _index: picture) as kling,
        open_scene(folder / "ours.log", channels=CHANNELS, members=count, limits=LIMITS) as scene,
    ):

        def on_request(request: Recorded) -> None:
            if request.surface == "rest" and request.status is not None:
                answered.append(request.status)
                if (request.method, request.route, request.status) == ("POST", POST, 200):
                    posted.append(time.perf_counter())

        scene.discord.on_request(on_request)
        kling.script(Script(takes_s=FAR_S, queue_s=0.0, times=None))
        settings = {"KLING__IMAGE_SLOTS": str(count), "POLL__INTERVAL_S": POLL_S}
        env = our_env(scene, kling, folder, **settings)
        env["KLINGBOT_KLING__API_KEY"] = kling.keys.api_key
        await scene.start(OUR_ARGV, env)
        subject = Subject("ours", scene, Stopwatch(scene.discord))
        asked = await play_round(subject, accepted, public, count, AT_ONCE)
        await kling.until(lambda: len(kling.creates) == count, TIMEOUT_S)
        await _quiet(answered)
        before = len(answered)
        for task in kling.creates:
            kling.finish(task)
        finished = time.perf_counter()
        await scene.discord.until(lambda: len(posted) == count, TIMEOUT_S)
    calls = answered[before:]
    took_s, forced_s = posted[-1] - finished, _forced_s(count)
    return {
        "results": count,
        "channels": CHANNELS,
        "took_s": took_s,
        "forced_s": forced_s,
        "longer": took_s / forced_s,
        "first_s": posted[0] - finished,
        "calls": len(calls),
        "refused": calls.count(TOO_MANY),
        "refused_share": calls.count(TOO_MANY) / len(calls),
        "not_accepted": len(asked.others),
    }


async def _quiet(answered: list[int]) -> None:
    """Return once the cards of the jobs that run are up to date."""
    before = -1
    while len(answered) != before:
        before = len(answered)
        await asyncio.sleep(QUIET_S)


def _forced_s(count: int) -> float:
    """Return the least time in which Discord takes so many messages, evenly over the channels."""
    whole, channel = LIMITS.whole_bot, LIMITS.buckets["POST", "/channels/{channel_id}/messages"]
    of_each = math.ceil(count / CHANNELS)
    return max(
        (math.ceil(many / bucket.requests) - 1) * bucket.window_s
        for many, bucket in ((count, whole), (of_each, channel))
    )
