"""Units through the front door: prices, limits, refusals, and what the owner hears."""

import asyncio
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.clock import PATIENCE_S
from sandbox.kling import Script
from storage.job import Pack, State
from storage.ledger import day_of, month_of
from storage.standing import Set
from tests.end_to_end.test_edit import recording
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text, custom_ids

DAY_S = 86_400
TIGHT = {
    "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "4",
    "KLINGBOT_LIMITS__IMAGE_UNITS_PER_MONTH": "20",
    "KLINGBOT_ACCESS__JOBS_PER_MEMBER_DAY": "0",
    "KLINGBOT_LIMITS__OPEN_JOBS_PER_MEMBER": "0",
}


async def test_a_refusal_says_what_is_left_and_what_would_fit(tmp_path: Path) -> None:
    """Private, with the limit, what is left, a shorter clip that fits, and when there is more."""
    async with open_town(tmp_path, env=TIGHT) as town, town.bot():
        card = town.card_of(await town.ask("video", prompt="a boat", model="kling-v3", duration=3))
        assert "1.8 video units ($0.25)" in card_text(card)
        await town.settled()
        told = await town.refused(
            "video", prompt="a boat", model="kling-v3", duration=15, mode="pro"
        )
        tomorrow = math.floor(town.clock.now() / DAY_S + 1) * DAY_S
        assert "2.2 of your 4 left for today" in told
        assert f"<t:{tomorrow}:R>" in told
        assert "A 3 s std video with kling-v3 would still fit (1.8 units)." in told


async def test_of_many_at_once_exactly_what_fits_is_accepted(tmp_path: Path) -> None:
    """Fifty pictures of 8 units for the last 20: two cards, and every other is refused."""
    async with open_town(tmp_path, env=TIGHT) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf, times=None))
        members = [town.discord.add_user(f"member-{n}") for n in range(10)]
        asked = await asyncio.gather(
            *(town.ask("image", by=one, prompt="a fox") for one in members for _ in range(5))
        )
        assert sum(not one.ephemeral for one in asked) == 2
        assert all("4 of 20 left" in card_text(town.card_of(a)) for a in asked if a.ephemeral)


async def test_the_owner_hears_of_a_limit_once_a_month(tmp_path: Path) -> None:
    """At 80 percent and when it is used up, each once, also after a restart."""
    env = {**TIGHT, "KLINGBOT_LIMITS__IMAGE_UNITS_PER_MONTH": "24"}
    async with open_town(tmp_path, env=env) as town:
        dm = town.discord.dm(town.discord.owner)

        def heard() -> list[str]:
            return [post.content for post in town.posts(dm) if "limit" in post.content]

        async with town.bot():
            await town.ask("image", prompt="fox 1")
            await town.ask("image", prompt="fox 2")
            await town.settled()
            assert heard() == []
            await town.ask("image", prompt="fox 3")
            await town.discord.until(lambda: len(heard()) == 1, PATIENCE_S)
            assert "is used up (24)" in heard()[0]
            await town.settled()
        async with town.bot():
            await town.refused("image", prompt="fox 4")
            await town.refused("image", prompt="fox 5")
            await town.settled()
        assert len(heard()) == 1


async def test_cancelling_gives_back_and_failing_costs_nothing(tmp_path: Path) -> None:
    """What was reserved can be spent again by the next command."""
    env = {**TIGHT, "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "3"}
    env["KLINGBOT_KLING__VIDEO_SLOTS"] = "1"
    async with open_town(tmp_path, env=env) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        three: dict[str, Any] = {"model": "kling-v3", "duration": 3}  # 1.8 units
        await town.ask("video", prompt="fails", **three)
        await town.kling.until(lambda: len(town.kling.creates) == 1)
        other = town.discord.add_user("waits")
        waiting = await town.ask("video", by=other, prompt="waits", **three)
        await town.press(town.card_of(waiting), "cancel", by=other)
        too_much = await town.ask("video", prompt="too much", **three)
        assert too_much.ephemeral  # the running job's row changes with every look at Kling
        assert len(await town.store.list_jobs()) == 2
        town.kling.fail(town.kling.creates[0], "Failure to pass the risk control system")
        await town.settled()
        await town.ask("video", prompt="goes", **three)
        await town.ask("video", by=other, prompt="goes too", **three)
        await town.settled()
        assert town.kling.charged("video") == Decimal("3.6")


async def test_a_lip_sync_pays_for_the_search_and_for_the_clip(town: Town) -> None:
    """Two entries of one job: cancelled after the search, the search alone was spent."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    await town.job_is(State.WAITING)
    await town.press(card, "cancel")
    await town.settled()
    assert town.kling.charged("video") == Decimal("0.05")
    [sums] = await town.store.lines(month_of(day_of(town.clock.now())))
    assert (sums.held, sums.spent, sums.given_back) == (0, 5, 50)


async def test_a_lip_sync_reserves_what_the_length_of_its_video_may_cost(tmp_path: Path) -> None:
    """So every limit checks it; where no header says the length, 60 s are reserved."""
    async with open_town(tmp_path, env=TIGHT) as town, town.bot():
        told = await town.refused("lipsync", video=recording(), audio=voice())
        assert "This costs 6.05 video units" in told
        assert "the highest possible price counts" in told
        asked = await town.ask("lipsync", video=clip(2, 7.0), audio=voice(6.5))
        assert "Price: up to 1.05 video units" in card_text(town.card_of(asked))
        member, day = town.member.id, town.clock.now()
        assert await town.store.used_today(member, Pack.VIDEO, now=day) == 105


async def test_an_unknown_price_is_a_guess_and_no_reason_to_refuse(tmp_path: Path) -> None:
    """The card says "at least"; the member's limit alone does not refuse it."""
    env = {**TIGHT, "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "0.5"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        asked = await town.ask("video", prompt="a boat", model="kling-v99")
        assert "Price: at least" in card_text(town.card_of(asked))
        assert not asked.ephemeral
        assert custom_ids(town.card_of(asked))
        await town.settled()


async def test_managers_hear_of_their_servers_limit_where_they_chose(tmp_path: Path) -> None:
    """In their channel, beside the operator: nearly used up, and then used up, each once."""
    env = {**TIGHT, "KLINGBOT_LIMITS__IMAGE_UNITS_PER_MONTH": "0"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        channel = town.discord.add_channel(town.guild, "managers")
        place = Set("server", town.guild.id, "notices", str(channel.id))
        await town.store.put_settings(town.guild.id, [place], by=1, now=town.clock.now())
        await town.store.set_caps(town.guild.id, {"image": 2_400}, now=town.clock.now())
        await town.ask("image", prompt="two", n=2)
        await town.settled()
        assert town.posts(channel) == []
        await town.ask("image", prompt="the third")
        [told] = await town.posted(1, channel)
        assert "limit of 24 image units for this month is used up (24)" in told.content
        await town.settled()
        await town.refused("image", prompt="the fourth")
        await town.settled()
        assert len(town.posts(channel)) == 1
        dm = town.discord.dm(town.discord.owner)
        await town.discord.until(lambda: bool(town.posts(dm)), PATIENCE_S)
        assert str(town.guild.id) in town.posts(dm)[-1].content


async def test_a_limit_below_what_is_spent_stops_only_what_is_new(tmp_path: Path) -> None:
    """What runs goes on and is delivered; the next command has nothing left, and never less."""
    env = {**TIGHT, "KLINGBOT_LIMITS__IMAGE_UNITS_PER_MONTH": "0"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        await town.ask("image", prompt="two", n=2)
        await town.kling.until(lambda: len(town.kling.creates) == 1)
        for cap in (800, 0):
            await town.store.set_caps(town.guild.id, {"image": cap}, now=town.clock.now())
            asked = await town.ask("image", prompt="one more")
            assert asked.ephemeral
            told = card_text(town.card_of(asked))
            assert f"This server has 0 of its {cap // 100} left for this month" in told
            assert ("more than the whole limit" in told) is (cap == 0)
            assert "would still fit" not in told
        town.kling.finish(town.kling.creates[0])
        await town.settled()
        assert len(town.posts()) == 1


async def test_a_job_dearer_than_the_whole_limit_is_not_promised_for_tomorrow(
    tmp_path: Path,
) -> None:
    """Right after the time of the reset it says that this won't fit then either, and what would."""
    async with open_town(tmp_path, env=TIGHT) as town, town.bot():
        told = await town.refused("video", prompt="a boat", model="kling-v3", duration=10)
        when, even_then, fits = told.splitlines()[-3:]
        assert "You have 4 of your 4 left for today; there is more <t:" in when
        assert even_then == "Even then it won't fit, because it costs more than the whole limit."
        assert "would still fit" in fits
        reader = town.discord.add_user("小明", "zh-CN")
        asked = await town.ask("video", prompt="船", model="kling-v3", duration=10, by=reader)
        assert "恢复后也不够" in card_text(town.card_of(asked))
