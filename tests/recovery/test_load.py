"""Many jobs at once: the slots of the account, the order of the line, and Kling's "not now"."""

import asyncio
import math
from functools import partial
from pathlib import Path

from sandbox.clock import PATIENCE_S
from sandbox.kling import Fault, How, Script
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text

VIDEO_SLOTS, IMAGE_SLOTS = 2, 3
FEW = {
    "KLINGBOT_KLING__VIDEO_SLOTS": str(VIDEO_SLOTS),
    "KLINGBOT_KLING__IMAGE_SLOTS": str(IMAGE_SLOTS),
}
STRICT = {"video_slots": VIDEO_SLOTS, "image_slots": IMAGE_SLOTS}


def in_flight(town: Town, pack: str) -> int:
    now = town.clock.now()
    return sum(
        task.order.slots
        for task in town.kling.creates
        if task.product.pack == pack and not task.ended(now)
    )


async def test_ten_jobs_at_once_never_pass_the_slots(tmp_path: Path) -> None:
    """Three clips and seven pictures through two and three slots: none is told to come back."""
    async with open_town(tmp_path, env=FEW, kling_options=STRICT) as town, town.bot():
        asked = await asyncio.gather(
            *(town.ask("video", prompt=f"clip {n}") for n in range(3)),
            *(town.ask("image", prompt=f"picture {n}") for n in range(7)),
        )
        await town.posted(10)
        await town.settled()
        for one in asked:
            await town.card_says(one, "✅")
        assert_posted_once(town.posts(), 10)
        assert_paid_once(town, 10)
        refused = [r for r in town.kling.requests if r.method == "POST" and r.status != 200]
        assert refused == []


async def test_the_line_is_served_in_its_order(tmp_path: Path) -> None:
    """With one slot the tasks are made in the order in which they were asked for."""
    env = {"KLINGBOT_KLING__IMAGE_SLOTS": "1"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        wanted = [f"number {n}" for n in range(6)]
        for prompt in wanted:
            await town.ask("image", prompt=prompt)
        await town.posted(6)
        assert [task.body["prompt"] for task in town.kling.creates] == wanted


async def test_a_job_of_several_pictures_takes_as_many_slots(tmp_path: Path) -> None:
    """Two of two do not fit into three, and the small one behind them does not overtake."""
    async with open_town(tmp_path, env=FEW, kling_options=STRICT) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf, times=None))
        for prompt, n in (("first", 2), ("second", 2), ("third", 1)):
            await town.ask("image", prompt=prompt, n=n)
        await town.kling.until(lambda: len(town.kling.creates) == 1)
        assert in_flight(town, "image") == 2
        town.kling.finish(town.kling.creates[0])
        await town.kling.until(lambda: len(town.kling.creates) == 3)
        assert in_flight(town, "image") == 3
        first, *together = [task.body["prompt"] for task in town.kling.creates]
        assert first == "first"
        assert sorted(together) == ["second", "third"]  # room for both: they are sent at once


async def test_not_now_is_waited_out_in_order(tmp_path: Path) -> None:
    """Others use the account too: 1303 makes the whole queue wait, and no job is refused."""
    env = {"KLINGBOT_KLING__IMAGE_SLOTS": "1"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        storm = town.kling.fault(Fault(How.REFUSE, code=1303, times=None))
        wanted = [f"number {n}" for n in range(4)]
        asked = [await town.ask("image", prompt=prompt) for prompt in wanted]
        for waits in range(1, 5):
            await town.commits.until(partial(_head_waits, town, waits))
            town.clock.jump(61.0)
        storm.times = 0
        town.clock.jump(61.0)
        await town.posted(4)
        await town.settled()
        for one in asked:
            await town.card_says(one, "✅")
        assert [task.body["prompt"] for task in town.kling.creates] == wanted
        assert_posted_once(town.posts(), 4)


async def _head_waits(town: Town, waits: int) -> bool | None:
    return True if any(j.failures >= waits for j in await town.store.list_jobs()) else None


async def test_while_the_account_is_full_only_the_head_of_the_line_asks(tmp_path: Path) -> None:
    """Ten jobs that wait are not ten requests: the pack is held as one."""
    async with open_town(tmp_path, kling_options={"image_slots": 1}) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        await town.ask("image", prompt="takes the only slot")
        await town.kling.until(lambda: len(town.kling.creates) == 1)
        for n in range(3):
            await town.ask("image", prompt=f"waits {n}")
            await town.commits.until(partial(_head_waits, town, 1))
        refused = [r for r in town.kling.requests if r.method == "POST" and r.status != 200]
        assert len(refused) == 1
        town.kling.finish(town.kling.creates[0])
        town.clock.jump(61.0)
        await town.kling.until(lambda: len(town.kling.creates) >= 2)


async def test_a_model_without_a_slot_holds_no_other(tmp_path: Path) -> None:
    """Kling counts by model: 1303 for one, for ever, costs jobs of another nothing."""
    async with open_town(tmp_path) as town, town.bot():
        full = Fault(
            How.REFUSE,
            body=lambda body: body.get("model_name") == "kling-v2-6",
            code=1303,
            times=None,
        )
        town.kling.fault(full)
        waits = await town.ask("video", prompt="waits", model="kling-v2-6")
        await town.commits.until(partial(_head_waits, town, 1))
        goes = await town.ask("video", prompt="goes", model="kling-v2-5-turbo")
        await town.card_says(goes, "\u2705")
        await town.card_says(waits, "\u23f8")
        for told in range(2, 16):
            town.clock.jump(61.0)
            await town.commits.until(partial(_head_waits, town, told))
        inbox = town.discord.dm(town.discord.owner)
        notices = [m for m in inbox.messages if m.author is town.discord.bot]
        assert len(notices) == 1
        assert "kling-v2-6" in card_text(notices[0])
        full.times = 0
        town.clock.jump(61.0)
        await town.card_says(waits, "\u2705")
        await town.discord.until(lambda: len(inbox.messages) == 2, PATIENCE_S)
        assert "free slots for `kling-v2-6` again" in card_text(inbox.messages[1])


async def test_only_an_order_of_several_is_refused_for_want_of_room(tmp_path: Path) -> None:
    """After the longest wait it is told its own reason; an order of one waits on."""
    async with open_town(tmp_path) as town, town.bot():
        town.kling.fault(Fault(How.REFUSE, code=1303, times=None))
        alone = await town.ask("image", prompt="one", model="kling-v2")
        several = await town.ask("image", prompt="several", model="kling-v1-5", n=3)
        for waits in range(1, 12):
            await town.commits.until(partial(_all_wait, town, waits))
            town.clock.jump(61.0)
        town.clock.jump(town.settings.poll.give_up_s)
        await town.card_says(several, "\u26a0")
        [post] = await town.posted()
        assert "3 at once" in card_text(post)
        await town.card_says(alone, "\u23f8")
        assert town.kling.creates == []


async def _all_wait(town: Town, waits: int) -> bool | None:
    return True if all(j.failures >= waits for j in await town.store.list_jobs()) else None
