"""Memory while nine members order at once, each with ten large pictures."""

import random
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from bench.amounts import Amount
from bench.answers import accepted, public
from bench.asking import Stopwatch, Subject, play_round
from bench.media import small_picture
from bench.proc import children, memory_bytes, watched
from bench.relay import MIB
from bench.worlds import OUR_ARGV, Scene, open_scene, our_env
from sandbox.discord import Channel, Interaction, Upload, User
from sandbox.kling import Latencies, LocalKling

MEMBERS: Final = 9
PICTURES: Final = 10
PICTURE_BYTES: Final = 4_000_000
SIDE_PX: Final = 2_048
QUALITY: Final = 90
POLL_S: Final = "0.2"
ORDERS_TIMEOUT_S: Final = 600.0
MORE_MAX_BYTES: Final = 200 * MIB
SEED: Final = 9


def large_picture() -> bytes:
    """Return a JPEG of 4 MB: noise, of which enough rows are drawn."""
    noise = random.Random(SEED)
    rows = SIDE_PX
    while True:
        pixels = noise.randbytes(SIDE_PX * rows * 3)
        made = BytesIO()
        Image.frombytes("RGB", (SIDE_PX, rows), pixels).save(made, "JPEG", quality=QUALITY)
        if made.tell() <= PICTURE_BYTES:
            return made.getvalue()
        rows = rows * PICTURE_BYTES // made.tell()


async def measure(folder: Path, _amount: Amount) -> dict[str, Any]:
    """Return the memory of the bot and its media workers, idle and at the peak."""
    picture = Upload(large_picture(), "large.jpg")
    names = ["image", *(f"image_{number}" for number in range(2, PICTURES + 1))]

    async def order(scene: Scene, user: User, channel: Channel) -> Interaction:
        options = {"prompt": "all of these", **dict.fromkeys(names, picture)}
        return await scene.discord.slash(user, channel, "image", options)

    quick, result = Latencies(queue_s=0.0, image_s=0.1), small_picture()
    async with (
        LocalKling(latencies=quick, media_for=lambda _task, _index: result) as kling,
        open_scene(folder / "ours.log", keep_bytes=PICTURE_BYTES) as scene,
    ):
        settings = {"POLL__FIRST_S": POLL_S, "POLL__INTERVAL_S": POLL_S}
        await scene.start(OUR_ARGV, our_env(scene, kling, folder, **settings))
        subject = Subject("ours", scene, Stopwatch(scene.discord))
        await play_round(subject, accepted, public, 1, 1)  # What is loaded once does not count.
        await _posted(scene, 1)
        workers = sum(memory_bytes(pid) for pid in children(scene.pid))
        async with watched(scene.pid) as memory:
            asked = await play_round(subject, order, public, MEMBERS, MEMBERS)
            if asked.others:  # on a machine that is too busy to accept them in time
                raise RuntimeError(f"not accepted: {asked.others}")
            await _posted(scene, 1 + MEMBERS)
    return {
        "picture_bytes": len(picture.data),
        "more_bytes": memory.more_bytes + memory.workers_peak_bytes - workers,
        **asdict(memory),
    }


async def _posted(scene: Scene, count: int) -> None:
    def enough() -> bool:
        messages = [m for channel in scene.channels for m in scene.discord.messages(channel)]
        return sum(bool(message.attachments) for message in messages) >= count

    await scene.discord.until(enough, timeout_s=ORDERS_TIMEOUT_S)
