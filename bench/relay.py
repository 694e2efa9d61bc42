"""Memory while a clip of 100 MB goes from Kling to Discord."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.answers import public
from bench.asking import Stopwatch, Subject, play_round
from bench.media import LARGE_CLIP_BYTES, clip
from bench.proc import Memory, watched
from bench.worlds import OUR_ARGV, Scene, open_scene, our_env
from sandbox.discord import Channel, Interaction, User
from sandbox.kling import Latencies, LocalKling

POLL_S: Final = "0.2"
RELAY_TIMEOUT_S: Final = 120.0
MIB: Final = 2**20
MORE_MAX_BYTES: Final = 32 * MIB


async def video(scene: Scene, user: User, channel: Channel) -> Interaction:
    """Ask for a clip."""
    return await scene.discord.slash(user, channel, "video", {"prompt": "a tram in the rain"})


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return what each relay took, the first one by a bot that has relayed nothing yet."""
    large, small = clip(LARGE_CLIP_BYTES), clip()
    served = [small]
    quick = Latencies(queue_s=0.0, video_s=0.1)
    async with (
        LocalKling(latencies=quick, media_for=lambda _task, _index: served[0]) as kling,
        open_scene(folder / "ours.log") as scene,
    ):
        settings = {"POLL__FIRST_S": POLL_S, "POLL__INTERVAL_S": POLL_S}
        await scene.start(OUR_ARGV, our_env(scene, kling, folder, **settings))
        subject = Subject("ours", scene, Stopwatch(scene.discord))
        await _relay(subject, len(small))  # a small one first: what is loaded once does not count
        served[0] = large
        relays: list[Memory] = []
        for _ in range(amount.relays):
            async with watched(scene.pid) as memory:
                await _relay(subject, len(large))
            relays.append(memory)
    return {
        "clip_bytes": len(large),
        "more_bytes": max(memory.more_bytes for memory in relays),
        "relays": [asdict(memory) for memory in relays],
    }


async def _relay(subject: Subject, size_bytes: int) -> None:
    """Ask for a clip and return once the whole of it is in the channel."""
    discord = subject.scene.discord
    sizes = _posted_sizes(subject.scene)
    await play_round(subject, video, public, 1, 1)
    await discord.until(
        lambda: len(_posted_sizes(subject.scene)) > len(sizes), timeout_s=RELAY_TIMEOUT_S
    )
    assert max(_posted_sizes(subject.scene)) >= size_bytes, "the clip was made smaller"


def _posted_sizes(scene: Scene) -> list[int]:
    return [
        file.size
        for channel in scene.channels
        for message in scene.discord.messages(channel)
        for file in message.attachments
    ]
