"""The disk fills up while the bot runs, and there is room again: nothing is lost in between."""

import contextlib
import math
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages.translations import load_translations
from sandbox.kling import Fault, How, Script
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import (
    assert_paid_once,
    assert_posted_once,
    assert_rows_at_rest,
    rows_of,
)
from tests.harness.recovery.process import RealBot
from tests.harness.recovery.scene import DONE, Scene
from tests.harness.small_disk import SmallDisk, small_disk
from tests.harness.town import card_text

BUSY = load_translations().say("busy", "en-US")
PATIENT = {"KLINGBOT_SHUTDOWN__GRACE_S": "50"}


@contextlib.asynccontextmanager
async def scene_on_a_small_disk(tmp_path: Path) -> AsyncIterator[tuple[Scene, SmallDisk]]:
    """A bot whose database is on a disk of its own."""
    async with small_disk(tmp_path) as disk, open_town(tmp_path, env=PATIENT) as town:
        bot = RealBot(town, tmp_path, disk.entering)
        bot.set("KLINGBOT_STORAGE__URL", disk.url)
        try:
            await bot.connect()
            yield Scene(town, bot), disk
        finally:
            await bot.close()


async def test_a_full_disk_refuses_and_keeps_and_goes_on(tmp_path: Path) -> None:
    """New commands are told that nothing was accepted; whatever was accepted ends as it should.

    Among them a card that was seen the moment before the disk was full, and a task at Kling.
    """
    async with scene_on_a_small_disk(tmp_path) as (scene, disk):
        town, bot = scene.town, scene.bot
        town.kling.script(Script(takes_s=math.inf))
        await scene.ask("image", prompt="runs at Kling")
        await scene.card_says("🎬")
        held = town.discord.hold("POST", routes.ANSWER, stored=True)
        options = {"prompt": "is being answered"}
        seen = await town.discord.slash(town.member, town.channel, "image", options)
        await held.arrived(30)
        disk.fill()
        held.release()
        scene.asked.append(await seen.answered())
        await bot.says("answer.not_recorded")
        refused = await scene.use("image", prompt="finds no room")
        assert refused.ephemeral
        assert town.card_of(refused).content == BUSY
        await bot.says("worker.storage")
        inbox = town.discord.dm(town.discord.owner)
        [notice] = await town.posted(1, inbox)
        assert "(full). Free some disk space." in card_text(notice)
        town.kling.finish(town.kling.creates[0])
        disk.make_room()
        await scene.card_says(DONE, 0)
        await scene.card_says(DONE, 1)
        await scene.ask("image", prompt="finds room")
        await scene.card_says(DONE, 2)
        assert await bot.terminate() == 0
        town.env["KLINGBOT_STORAGE__URL"] = disk.copied(tmp_path / "copy")
        jobs = await rows_of(town)
        prompts = {job.request["prompt"] for job in jobs}
        assert prompts == {"runs at Kling", "is being answered", "finds room"}
        assert_rows_at_rest(jobs)
        assert_paid_once(town, 3)
        assert_posted_once(town.posts(), 3)
        assert len(town.posts(inbox)) == 1


@pytest.mark.sweep
async def test_what_was_paid_for_outlives_a_full_disk_and_a_restart(tmp_path: Path) -> None:
    """Kling's answer finds no room, the bot is stopped, and no start succeeds before there is.

    The task is found again by the job's own id: it is paid once and posted once.
    """
    async with scene_on_a_small_disk(tmp_path) as (scene, disk):
        town, bot = scene.town, scene.bot
        create = town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
        await scene.ask("image", prompt="paid for")
        await create.arrived.wait()
        disk.fill()
        create.release()
        await bot.says("task.not_stored")
        bot.send(signal.SIGTERM)
        await bot.says("app.stopping")
        assert await bot.terminate() == 0
        disk.fill()  # the log is gone with the bot, and its room is there again
        await bot.start()
        assert await bot.ended() == 4
        assert "Free some disk space." in bot.said
        disk.make_room()
        await bot.connect()
        await scene.card_says(DONE)
        assert await bot.terminate() == 0
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)
        town.env["KLINGBOT_STORAGE__URL"] = disk.copied(tmp_path / "copy")
        assert_rows_at_rest(await rows_of(town))
