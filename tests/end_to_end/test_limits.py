"""What a member may use: refused privately, with the limit and when it is possible again."""

import math
from pathlib import Path

from sandbox.discord import Upload
from sandbox.kling import Script
from storage.job import State
from tests.end_to_end.test_delivered_again import page_of
from tests.harness.end_to_end.samples import clip, noise, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text

DAY_S = 86_400
LIMITS = {
    "KLINGBOT_LIMITS__OPEN_JOBS_PER_MEMBER": "2",
    "KLINGBOT_LIMITS__DELIVERIES_AGAIN_PER_HOUR": "1",
    "KLINGBOT_LIMITS__INPUT_MIB_PER_MEMBER_DAY": "1",
}


async def test_each_limit_is_named(tmp_path: Path) -> None:
    """Open jobs, files and repeats: each refusal is private and names its limit."""
    async with open_town(tmp_path, env=LIMITS) as town, town.bot():
        await town.warm()
        await town.ask("image", prompt="to be repeated")
        await town.posted()
        [job] = await town.settled()
        await town.press(await page_of(town, job.id), "deliver")
        await town.posted(2)
        await town.settled()
        told = town.card_of(await town.press(await page_of(town, job.id), "deliver"))
        assert told.ephemeral
        assert "once an hour" in card_text(told)
        big = Upload(noise(800, 800), "big.png")
        large = await town.refused("image", prompt="large", image=big)
        tomorrow = math.floor(town.clock.now() / DAY_S + 1) * DAY_S
        assert "limit of 1 MiB" in large
        assert f"<t:{tomorrow}:R>" in large
        town.kling.script(Script(takes_s=math.inf, times=None))
        for n in range(2):
            await town.ask("image", prompt=f"number {n}")
        refused = town.card_of(await town.ask("image", prompt="one more"))
        assert refused.ephemeral
        assert "the limit is 2" in card_text(refused)


async def test_cancelling_after_the_search_for_faces_tells_what_it_cost(town: Town) -> None:
    """Faces were looked for, which costs: neither the answer nor the card says otherwise."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    job = await town.job_is(State.WAITING)
    assert job.cost_begun
    told = await town.press(card, "cancel")
    assert "may be charged" in card_text(town.card_of(told))
    await town.card_says(asked, "looked for faces")
