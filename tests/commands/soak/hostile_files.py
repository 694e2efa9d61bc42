"""Trouble with servers, channels and files that a member has a share in."""

import asyncio
import contextlib
import functools
import io
import math
import time
from typing import Any, Final

from PIL import Image

from bot.media.images import prepare_picture
from bot.media.names import OutsideNames
from sandbox.discord import Hold, Reset, Throttle, Upload
from sandbox.kling import Fault, How, Script
from storage.job import State
from tests.commands.soak.hostile import CROWD, Hostile
from tests.harness.end_to_end.samples import noisy_clip, voice
from tests.harness.name_server import name_server
from tests.harness.recovery import routes
from tests.harness.town import Town

HELD_S: Final = 29.0
"""A rate limit that discord.py sleeps through inside a call."""
MINUTE_S: Final = 60.0
BUSY_CHANNEL: Final = 1_100
LARGE_PIXELS: Final = 6_000


async def stuck_name_server(hostile: Hostile) -> None:
    """Eight lip-syncs with URLs below a name server that keeps silent."""
    stack = contextlib.AsyncExitStack()
    _, address = await stack.enter_async_context(name_server())
    hostile.leave.append(stack.aclose)
    app = hostile.town.app
    assert app is not None
    inputs = app.client.services.intake._checks._inputs
    inputs._downloader._names = OutsideNames([address])
    for number in range(8):
        url = f"https://clips-{number}.stuck.example/clip.mp4"
        hostile.begin(hostile.ask("lipsync", number % CROWD, video_url=url, audio=voice()))
    await asyncio.sleep(0)


async def stuck_content_server(hostile: Hostile) -> None:
    """Finished videos of six members on a server that accepts and says nothing."""
    kling = hostile.town.kling
    fault = kling.fault(Fault(How.HANG, method="GET", path="/results/*.mp4", times=None))
    hostile.leave.append(lambda: kling.withdraw(fault))
    for number in range(CROWD):
        await hostile.ask("video", number, prompt="stuck")
    await hostile.jobs_are(CROWD, State.READY, State.POSTING)


async def limited_channels(hostile: Hostile) -> None:
    """Six channels that Discord holds back for as long as discord.py waits inside a call."""
    discord = hostile.town.discord
    fault = discord.fault("POST", routes.POST, Throttle(HELD_S), times=None, when=hostile.is_mine)
    hostile.leave.append(lambda: discord.withdraw(fault))
    for number in range(CROWD):
        await hostile.ask("image", number, prompt="limited")
    await hostile.jobs_are(CROWD, State.READY, State.POSTING)
    await fault.arrived()


async def stuck_uploads(hostile: Hostile) -> None:
    """Uploads of six members that Discord never finishes taking."""
    discord = hostile.town.discord
    fault = discord.fault("POST", routes.POST, Hold(), times=None, when=hostile.is_mine)
    hostile.leave.append(lambda: discord.withdraw(fault))
    for number in range(CROWD):
        await hostile.ask("image", number, prompt="stuck")
    await hostile.jobs_are(CROWD, State.READY, State.POSTING)
    await fault.arrived()


async def broken_uploads(hostile: Hostile) -> None:
    """Uploads of six members that break off at every try."""
    discord = hostile.town.discord
    fault = discord.fault("POST", routes.POST, Reset(), times=None, when=hostile.is_mine)
    hostile.leave.append(lambda: discord.withdraw(fault))
    for number in range(CROWD):
        await hostile.ask("image", number, prompt="broken off")
    await fault.arrived()


async def busy_channel(hostile: Hostile) -> None:
    """A lost post in a channel with more messages than a search reads."""
    town = hostile.town
    fault = town.discord.fault("POST", routes.POST, Reset(), times=None, when=hostile.is_mine)
    await hostile.ask("image", prompt="lost")
    await fault.arrived()
    for number in range(BUSY_CHANNEL):
        await town.discord.say(hostile.members[0], hostile.channels[0], f"number {number}")
    town.discord.withdraw(fault)
    town.clock.jump(5 * MINUTE_S)


async def huge_encodes(hostile: Hostile) -> None:
    """Two clips that have to be made much smaller."""
    town = hostile.town
    town.kling.script(Script(takes_s=math.inf, times=2))
    for number in range(2):
        await hostile.ask("video", number, prompt="heavy", duration=5)
    await hostile.jobs_are(2, State.RUNNING)
    for task in list(town.kling.creates):
        town.results.made[task.id] = [noisy_clip()]
        town.kling.finish(task)
    await hostile.jobs_are(2, State.READY, State.POSTING)


async def large_pictures(hostile: Hostile) -> None:
    """Four commands of one member with ten pictures each, large in pixels."""
    [command] = [c for c in hostile.town.discord.commands if c["name"] == "image"]
    names = [one["name"] for one in command["options"] if one["type"] == 11]
    for number in range(4):
        files: dict[str, Any] = {name: Upload(large_picture(), f"{name}.png") for name in names}
        hostile.begin(hostile.ask("image", prompt=f"large {number}", **files))
    await asyncio.sleep(0)


async def picture_turn_s(town: Town) -> float:
    """Return how long the worker takes for one of those pictures (seconds)."""
    assert town.app is not None
    began = time.monotonic()
    await town.app.pool.run(prepare_picture, large_picture())
    return time.monotonic() - began


@functools.cache
def large_picture() -> bytes:
    """Return a picture of 36 megapixels and few bytes."""
    made = io.BytesIO()
    Image.new("RGB", (LARGE_PIXELS, LARGE_PIXELS), "teal").save(made, "PNG")
    return made.getvalue()
