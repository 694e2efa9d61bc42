"""SIGTERM: nothing new is begun, what is under way ends or is let go, and the exit code is 0."""

import math
import signal
from pathlib import Path

import pytest

from bot.discord.poster import Poster
from bot.errors import PostUnclear
from bot.messages.message import Message
from sandbox.clock import PATIENCE_S
from sandbox.kling import Fault, How, Product, Script
from storage.job import ENDED, State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import (
    assert_paid_once,
    assert_posted_once,
    assert_rows_at_rest,
    rows_of,
)
from tests.harness.recovery.points import fetching_inputs
from tests.harness.recovery.process import real_bot
from tests.harness.recovery.scene import DONE, Scene

GRACE_S = 1.0
SHORT = {"KLINGBOT_SHUTDOWN__GRACE_S": str(GRACE_S)}
OPEN = frozenset(State) - ENDED
LONG = {"KLINGBOT_SHUTDOWN__GRACE_S": "50"}


async def test_a_stop_under_load_drains_and_the_next_start_goes_on(tmp_path: Path) -> None:
    """A job in every open state, some in steps that never end: exit 0, no lease, all told later."""
    async with open_town(tmp_path, env=SHORT) as town:
        async with real_bot(town, tmp_path) as bot:
            scene = Scene(town, bot)
            await fetching_inputs(scene)
            await scene.ask("lipsync", video=clip(2), audio=voice())
            await scene.card_says("👤", 1)
            town.kling.script(Script(takes_s=math.inf, product=Product.TEXT2VIDEO))
            await scene.ask("video", prompt="runs")
            await scene.card_says("🎬", 2)
            post = town.discord.hold("POST", routes.POST, stored=True)
            await scene.ask("image", prompt="being posted")
            await post.arrived(PATIENCE_S)
            create = town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
            await scene.ask("image", prompt="being created")
            await create.arrived.wait()
            await scene.ask("image", prompt="in the line", n=9)
            assert await bot.terminate() == 0
            jobs = await rows_of(town)
            assert {job.state for job in jobs} == OPEN - {State.READY}
            assert [job.lease_owner for job in jobs] == [None] * 6
            town.kling.clear_faults()
            town.discord.faults.clear()
            await bot.connect()
            await town.choose(town.card_of(scene.asked[1]), "1")
            [film] = [task for task in town.kling.creates if task.body.get("prompt") == "runs"]
            town.kling.finish(film)
            for number in range(6):
                await scene.card_says(DONE, number)
            await bot.at_rest()
            assert await bot.terminate() == 0
        assert_paid_once(town, 6)
        assert_posted_once(town.posts(), 6)
        assert_rows_at_rest(await rows_of(town))


async def test_what_can_end_in_time_ends(tmp_path: Path) -> None:
    """A create whose answer comes while the bot drains is not lost to a restart."""
    async with open_town(tmp_path, env=LONG) as town:
        async with real_bot(town, tmp_path) as bot:
            town.kling.script(Script(takes_s=math.inf))
            create = town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
            await Scene(town, bot).ask("image", prompt="just in time")
            await create.arrived.wait()
            bot.send(signal.SIGTERM)
            await bot.says("app.stopping")
            create.release()
            assert await bot.ended() == 0
        [job] = await rows_of(town)
        assert job.state is State.RUNNING
        assert job.task_id == town.kling.creates[0].id


async def test_a_second_signal_cuts_the_draining_short(tmp_path: Path) -> None:
    """Who asks twice does not want to wait: exit 0 all the same, and nothing is held."""
    async with open_town(tmp_path, env=LONG) as town:
        async with real_bot(town, tmp_path) as bot:
            create = town.kling.fault(Fault(How.HANG, path="/v1/images/*"))
            await Scene(town, bot).ask("image", prompt="too long")
            await create.arrived.wait()
            bot.send(signal.SIGTERM)
            await bot.says("app.stopping")
            bot.send(signal.SIGTERM)
            assert await bot.ended() == 0
            events = {record["event"] for record in bot.log}
            assert "step.cut_short" in events
            assert "worker.grace_is_over" not in events
        [job] = await rows_of(town)
        assert (job.state, job.lease_owner) == (State.CREATING, None)


async def test_an_answer_after_the_end_is_one_that_did_not_get_out(tmp_path: Path) -> None:
    """A command that is still being answered when the bot leaves Discord is no fault of ours."""
    async with open_town(tmp_path) as town:
        async with town.bot() as app:
            poster = Poster(app.client, app.client.discord_time)
        with pytest.raises(PostUnclear):
            await poster.post(town.channel.id, Message("late"), nonce="late", reply_to=None)
