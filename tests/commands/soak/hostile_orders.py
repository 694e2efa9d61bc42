"""Trouble with what is ordered at Kling, with rows, and with patience at the buttons."""

import asyncio
import json
import math
from typing import Any, Final

from sqlalchemy import text

from bot.messages.message import custom_id
from sandbox.kling import Fault, How, Script
from storage.job import State
from tests.commands.soak.hostile import CROWD, MANY, Hostile
from tests.harness.end_to_end.samples import clip, voice

LARGE_N: Final = 9
MADE_UP: Final = "kling-v9-of-its-own"
"""A model that no one else asks for."""


async def too_many_at_once(hostile: Hostile) -> None:
    """Nine pictures at once on an account that has five places."""
    await hostile.ask("image", prompt="nine", n=LARGE_N)
    await hostile.jobs_are(1, State.QUEUED)


async def model_without_room(hostile: Hostile) -> None:
    """A model for which Kling has no room, ever."""
    kling = hostile.town.kling
    no_room = Fault(
        How.REFUSE,
        path="/v1/videos/*",
        body=lambda body: body.get("model_name") == MADE_UP,
        code=1303,
        message="parallel task over resource pack limit",
        times=None,
    )
    kling.fault(no_room)
    hostile.leave.append(lambda: kling.withdraw(no_room))
    for number in range(3):
        await hostile.ask("video", number, prompt="no room", model=MADE_UP)
    await no_room.arrived.wait()


async def dear_job(hostile: Hostile) -> None:
    """Nine pictures, where what is left suffices for six."""
    town = hostile.town
    await hostile.ask("image", prompt="to learn the price")
    await hostile.jobs_are(1, State.DONE)
    town.kling.set_pack("image", 7 * town.kling.charged("image"))
    await hostile.ask("image", prompt="dear", n=LARGE_N)
    await hostile.jobs_are(1, State.QUEUED)


async def twenty_clips(hostile: Hostile) -> None:
    """Twenty clips of one member, in front of two places."""
    for number in range(MANY):
        await hostile.ask("video", prompt=f"number {number}")


async def unsure_lip_syncs(hostile: Hostile) -> None:
    """Five lip-syncs whose creates came to nothing that can be known."""
    kling = hostile.town.kling
    lost = kling.fault(
        Fault(How.REFUSE, path="/v1/videos/advanced-lip-sync", status=500, times=None)
    )
    hostile.leave.append(lambda: kling.withdraw(lost))
    for number in range(5):
        await hostile.ask("lipsync", number, video=clip(1), audio=voice())
    town = hostile.town

    async def unsure() -> bool | None:
        jobs = await town.store.list_jobs()
        waiting = [job for job in jobs if job.state is State.WAITING]
        for job in jobs:
            if job.state is State.CREATING:
                town.skip_wait(job)
        return True if len(waiting) == 5 else None

    await town.commits.until(unsure)


async def unreadable_row(hostile: Hostile) -> None:
    """Rows of a kind that this version does not know, in every lane that is asked."""
    await _spoilt(hostile, "UPDATE jobs SET kind = 'telepathy'")


async def raising_step(hostile: Hostile) -> None:
    """Rows whose request makes every step raise."""
    await _spoilt(hostile, "UPDATE jobs SET request = :request", request=json.dumps(["no"]))


async def _spoilt(hostile: Hostile, statement: str, **values: Any) -> None:
    town = hostile.town
    town.kling.script(Script(takes_s=math.inf, times=CROWD))
    for number in range(CROWD):
        await hostile.ask("image", number, prompt="spoilt")
    await hostile.jobs_are(CROWD, State.RUNNING)
    await town.store._connections.write(lambda here: here.execute(text(statement), values).close())
    for task in list(town.kling.creates):
        town.kling.finish(task)


async def no_media(hostile: Hostile) -> None:
    """Nine tasks that succeed without a result that can be read."""
    kling = hostile.town.kling
    kling.script(Script(takes_s=math.inf, times=LARGE_N))
    for number in range(LARGE_N):
        await hostile.ask("image", number % CROWD, prompt="nothing to see")
    await hostile.jobs_are(LARGE_N, State.RUNNING)
    for task in list(kling.creates):
        kling.fault(Fault(How.NO_MEDIA, method="GET", path=f"*/{task.id}", times=None))
        kling.finish(task)


async def odd_events(hostile: Hostile) -> None:
    """Events of shapes that the library cannot parse."""
    gateway = hostile.town.discord.gateway
    for event in ("GUILD_CREATE", "GUILD_UPDATE", "CHANNEL_UPDATE", "INTERACTION_CREATE"):
        for shape in ({"id": None}, {"id": "1", "channels": 7, "roles": "no"}, {}):
            gateway.emit(event, dict(shape))


async def again_and_again(hostile: Hostile) -> None:
    """A script that presses "deliver again"."""
    town = hostile.town
    asked = await hostile.ask("image", prompt="again")
    [job] = await hostile.jobs_are(1, State.DONE)
    card = town.card_of(asked)
    for _ in range(MANY):
        forged = custom_id("deliver", job.id)
        hostile.begin(town.forge_press(card, forged, by=hostile.members[0]))
    await asyncio.sleep(0)
