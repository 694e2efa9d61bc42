"""What the bot's processes hold in memory once a job is done and nothing is asked of them.

Pairs with the bare bot, which has answered one command. Memory is counted by the kernel: the
resident set of each process, so that libraries that two processes share count twice.
"""

import asyncio
import statistics
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.answers import accepted, public
from bench.asking import Stopwatch, Subject, play_round
from bench.media import small_picture
from bench.proc import children, memory_bytes, owned_bytes
from bench.worlds import OUR_ARGV, Scene, bare_argv, open_scene, our_env
from sandbox.discord import Channel, Interaction, Upload, User
from sandbox.kling import Latencies, LocalKling

POLL_S: Final = "0.2"
SETTLED_S: Final = 3.0
"""After the last answer: what is let go then is let go by itself."""
POSTED_TIMEOUT_S: Final = 60.0
GONE_TIMEOUT_S: Final = 120.0
LOOK_EVERY_S: Final = 0.5
POST: Final = "/channels/{channel_id}/messages"
MAIN_MAX_RATIO: Final = 1.8
ALL_MAX_BYTES: Final = 110_000_000


async def from_picture(scene: Scene, user: User, channel: Channel) -> Interaction:
    """Ask for a picture made from one that is attached."""
    options = {"prompt": "a fox in the snow", "image": Upload(small_picture(), "fox.png")}
    return await scene.discord.slash(user, channel, "image", options)


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return bytes of the main process beside the bare bot's, and of all processes together."""
    pairs = [await _pair(folder, number) for number in range(amount.pairs)]
    return {
        "ours_bytes": [pair["ours"] for pair in pairs],
        "bare_bytes": [pair["bare"] for pair in pairs],
        "all_bytes": [pair["all"] for pair in pairs],
        "own_bytes": [pair["own"] for pair in pairs],
        "ratio": statistics.median(pair["ours"] / pair["bare"] for pair in pairs),
        "worker": await _worker(folder),
    }


async def _pair(folder: Path, number: int) -> dict[str, int]:
    """Let both bots answer, let ours finish the job, and look at both once they are idle."""
    place = folder / str(number)
    await asyncio.to_thread(place.mkdir)
    picture = small_picture()
    quick = Latencies(queue_s=0.0, image_s=0.1)
    async with (
        LocalKling(latencies=quick, media_for=lambda _task, _index: picture) as kling,
        open_scene(place / "ours.log") as ours,
        open_scene(place / "bare.log") as bare,
    ):
        settings = {"POLL__FIRST_S": POLL_S, "POLL__INTERVAL_S": POLL_S}
        await ours.start(OUR_ARGV, our_env(ours, kling, place, **settings))
        await bare.start(bare_argv(bare))
        for name, scene in (("ours", ours), ("bare", bare)):
            subject = Subject(name, scene, Stopwatch(scene.discord))
            await play_round(subject, accepted, public, 1, 1)
        await ours.discord.until(lambda: ours.discord.sent("POST", POST), POSTED_TIMEOUT_S)
        await asyncio.sleep(SETTLED_S)
        everything = [ours.pid, *children(ours.pid)]
        return {
            "ours": memory_bytes(ours.pid),
            "bare": memory_bytes(bare.pid),
            "all": sum(memory_bytes(pid) for pid in everything),
            "own": owned_bytes(ours.pid),
        }


async def _worker(folder: Path) -> dict[str, float]:
    """Have a file opened; return what its worker holds, and how long it stays afterwards."""
    place = folder / "worker"
    await asyncio.to_thread(place.mkdir)
    async with LocalKling() as kling, open_scene(place / "ours.log") as scene:
        await scene.start(OUR_ARGV, our_env(scene, kling, place))
        subject = Subject("ours", scene, Stopwatch(scene.discord))
        await play_round(subject, from_picture, public, 1, 1)
        held = max((memory_bytes(pid) for pid in children(scene.pid)), default=0)
        stayed_s = 0.0
        while children(scene.pid) and stayed_s < GONE_TIMEOUT_S:
            await asyncio.sleep(LOOK_EVERY_S)
            stayed_s += LOOK_EVERY_S
        return {"bytes": held, "stays_s": stayed_s, "left": len(children(scene.pid))}
