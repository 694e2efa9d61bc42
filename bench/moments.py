"""How long a start takes, and how long it takes until a finished result is visible."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.answers import accepted, public
from bench.asking import Stopwatch, Subject, play_round
from bench.media import clip, small_picture
from bench.relay import video
from bench.worlds import OUR_ARGV, Scene, bare_argv, open_scene, our_env
from sandbox.discord.faults import Recorded
from sandbox.kling import Latencies, LocalKling

POLL_S: Final = "0.2"
SEEN_TIMEOUT_S: Final = 30.0
CLIP_BYTES: Final = 5_000_000
POST: Final = "/channels/{channel_id}/messages"


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return seconds from start to connected, and from Kling's "succeed" to the message."""
    media = {"image": small_picture(), "video": clip(CLIP_BYTES)}
    quick = Latencies(queue_s=0.0, image_s=0.0, video_s=0.0)
    starts: dict[str, list[float]] = {"ours, first": [], "ours, again": [], "bare": []}
    async with LocalKling(
        latencies=quick, media_for=lambda task, _index: media[task.product.pack]
    ) as kling:
        for number in range(amount.starts):
            place = folder / str(number)
            await asyncio.to_thread(place.mkdir)
            async with open_scene(place / "ours.log") as ours, open_scene(place / "bare") as bare:
                env = our_env(ours, kling, place)
                starts["ours, first"].append(await _started(ours, OUR_ARGV, env))
                await ours.stop()
                starts["ours, again"].append(await _started(ours, OUR_ARGV, env))
                starts["bare"].append(await _started(bare, bare_argv(bare), None))
        async with open_scene(folder / "ours.log") as scene:
            settings = {"POLL__FIRST_S": POLL_S, "POLL__INTERVAL_S": POLL_S}
            await scene.start(OUR_ARGV, our_env(scene, kling, folder, **settings))
            subject = Subject("ours", scene, Stopwatch(scene.discord))
            pictures = [await _seen_s(subject, kling, accepted) for _ in range(amount.moments)]
            clips = [await _seen_s(subject, kling, video) for _ in range(amount.moments)]
    return {
        "start_s": {name: statistics.median(times) for name, times in starts.items()},
        "seen_s": {
            "picture": statistics.median(pictures),
            "clip of 5 MB": statistics.median(clips),
        },
        "raw": {"starts_s": starts, "pictures_s": pictures, "clips_s": clips},
    }


async def _started(scene: Scene, argv: Any, env: dict[str, str] | None) -> float:
    before_s = time.perf_counter()
    await scene.start(argv, env)
    return time.perf_counter() - before_s


async def _seen_s(subject: Subject, kling: LocalKling, ask: Any) -> float:
    """Return seconds from Kling's status "succeed" to the message in the channel."""
    seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def on_request(request: Recorded) -> None:
        if (request.method, request.route) == ("POST", POST) and not seen.done():
            seen.set_result(time.perf_counter())

    subject.scene.discord.on_request(on_request)
    before = len(kling.requests)

    def succeeded() -> bool:
        return any(one.method == "GET" and one.status == 200 for one in kling.requests[before:])

    await play_round(subject, ask, public, 1, 1)
    await kling.until(succeeded, SEEN_TIMEOUT_S)
    succeeded_s = time.perf_counter()
    async with asyncio.timeout(SEEN_TIMEOUT_S):
        return await seen - succeeded_s
