"""Kling refuses the account: jobs wait for the operator, who hears it once, and then go on."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.discord import Answer
from sandbox.kling import Fault, How
from storage.job import Pack
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.recovery.laws import assert_paid_once
from tests.harness.recovery.waiting import (
    HELD,
    SLOTS,
    all_well,
    held,
    noticed,
    notices,
    orders,
    pictures,
    probed,
    well_again,
)
from tests.harness.town import Town, card_text

DAY_S = 86_400.0


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot with three slots for pictures and two for clips."""
    async with open_town(tmp_path, env=SLOTS) as made, made.bot():
        yield made


@pytest.mark.sweep
@pytest.mark.parametrize(("status", "code"), [(401, 1002), (401, 1004), (429, 1100), (429, 1304)])
async def test_a_refused_account_keeps_every_job(town: Town, status: int, code: int) -> None:
    """Key, account and address: clips and pictures wait for the operator, who hears it once."""
    refusal = Fault(How.REFUSE, method="*", status=status, code=code, times=None)
    town.kling.fault(refusal)
    asked = await pictures(town, 2)
    said = await noticed(town, 1)
    assert str(code) in said
    asked.append(await town.ask("video", prompt="number 2"))
    for one in (asked[0], asked[2]):
        await town.card_says(one, HELD)
    for _ in range(3):
        await probed(town)
    assert len(notices(town)) == 1
    await well_again(town, refusal)
    assert "Resolved" in await noticed(town, 2)
    await all_well(town, asked, [f"number {number}" for number in range(3)])


async def test_a_used_up_pack_waits_to_be_topped_up(tmp_path: Path) -> None:
    """Images wait in order, videos go on, and topping up is noticed without a restart."""
    async with open_town(tmp_path, env={"KLINGBOT_KLING__IMAGE_SLOTS": "1"}) as town, town.bot():
        await _topped_up(town)


async def _topped_up(town: Town) -> None:
    town.kling.set_pack("image", Decimal(0))
    asked = await pictures(town, 5)
    assert "image units are used up" in await noticed(town, 1)
    clip_asked = await town.ask("video", prompt="goes on")
    await town.card_says(clip_asked, "✅")
    for _ in range(3):
        await probed(town, Pack.IMAGE)
    until = await held(town, Pack.IMAGE)
    town.kling.set_pack("image", Decimal(1_000))
    town.clock.jump(max(0.0, until - town.clock.now()))
    assert "Kling accepts image jobs again" in await noticed(town, 2)
    town.clock.jump(61.0)
    await town.posted(6)
    await town.settled()
    for one in asked:
        await town.card_says(one, "✅")
    assert_paid_once(town, 6)
    made = [task.body["prompt"] for task in town.kling.creates if "number" in task.body["prompt"]]
    assert made == [f"number {number}" for number in range(5)]


@pytest.mark.sweep
async def test_a_model_that_the_account_may_not_use_holds_nobody(town: Town) -> None:
    """1103 is told to the member who asked for it, and to the operator; others go on."""
    town.kling.fault(
        Fault(
            How.REFUSE,
            status=403,
            code=1103,
            times=None,
            body=lambda body: body["model_name"] == "kling-v2",
        )
    )
    refused = await town.ask("image", prompt="not for us", model="kling-v2")
    await town.card_says(refused, "owner's attention")
    assert "1103" in await noticed(town, 1)
    other = await town.ask("image", prompt="for us")
    await town.card_says(other, "✅")


@pytest.mark.sweep
async def test_a_lip_sync_waits_for_a_pack_that_is_used_up(town: Town) -> None:
    """Naming faces costs units too: the job keeps what it has and asks again."""
    refusal = Fault(How.REFUSE, path="/v1/videos/identify-face", code=1102, times=None)
    town.kling.fault(refusal)
    asked = await town.ask("lipsync", video=clip(1), audio=voice())
    assert "video units are used up" in await noticed(town, 1)
    await probed(town, Pack.VIDEO)
    await well_again(town, refusal, Pack.VIDEO)
    await town.card_says(asked, "✅")
    assert "Resolved" in await noticed(town, 2)


@pytest.mark.sweep
async def test_a_waiting_job_can_be_called_off_for_free(town: Town) -> None:
    """Nothing was bought for it, and its member does not have to wait for the operator."""
    town.kling.set_pack("image", Decimal(0))
    [asked] = await pictures(town, 1)
    card = await town.card_says(asked, HELD)
    await held(town, Pack.IMAGE)
    await town.press(card, "cancel")
    await town.card_says(asked, "🚫")
    assert town.kling.creates == []


async def refused_ten_times(town: Town, pack: Pack) -> None:
    """Let the job ask until it was told no ten times; before that, its age has ended nothing."""
    await held(town, pack)
    while orders(town) < 9:
        await probed(town, pack)
        await held(town, pack)
        assert (await town.only_job()).outcome is None
    await probed(town, pack)


@pytest.mark.sweep
async def test_nobody_waits_for_the_operator_for_ever(town: Town) -> None:
    """After the longest wait the member is told, and the next in the line tries."""
    town.kling.set_pack("image", Decimal(0))
    [asked] = await pictures(town, 1)
    await town.card_says(asked, HELD)
    await held(town, Pack.IMAGE)
    town.clock.jump(DAY_S + 1)
    await refused_ten_times(town, Pack.IMAGE)
    await town.card_says(asked, "owner's attention")
    await town.posted(1)
    await town.settled()


@pytest.mark.sweep
async def test_a_lip_sync_does_not_wait_for_ever_either(town: Town) -> None:
    """Before its faces are named nothing was bought, and its member is told the same."""
    town.kling.fault(Fault(How.REFUSE, path="/v1/videos/identify-face", code=1102, times=None))
    asked = await town.ask("lipsync", video=clip(1), audio=voice())
    await noticed(town, 1)
    await held(town, Pack.VIDEO)
    town.clock.jump(DAY_S + 1)
    await refused_ten_times(town, Pack.VIDEO)
    await town.card_says(asked, "owner's attention")
    await town.settled()
    assert town.kling.creates == []


@pytest.mark.sweep
async def test_the_list_says_what_a_job_waits_for(town: Town) -> None:
    """`/jobs` tells a job that waits for Kling from one that waits for its turn."""
    town.kling.set_pack("image", Decimal(0))
    await pictures(town, 1)
    await held(town, Pack.IMAGE)
    listed = await town.ask("jobs")
    assert "waiting for Kling" in card_text(town.card_of(listed))


@pytest.mark.sweep
async def test_a_notice_that_did_not_arrive_is_tried_again(tmp_path: Path) -> None:
    """The line waits for the operator, so the one notice has to reach them."""
    async with open_town(tmp_path, env=SLOTS) as town:
        channel = town.discord.add_channel(town.guild, "operators")
        town.env["KLINGBOT_DISCORD__OPERATOR_CHANNEL"] = str(channel.id)
        town.discord.fault("POST", routes.POST, Answer(403, 50013))
        town.kling.set_pack("image", Decimal(0))
        async with town.bot():
            await pictures(town, 1)
            await probed(town, Pack.IMAGE)
            await town.posted(1, channel)
