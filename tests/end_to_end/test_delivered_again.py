"""What is delivered again or picked up: as it was, and the card stays true."""

import math

from sandbox.clock import PATIENCE_S
from sandbox.discord import POSTING, Channel, Interaction, Message, Permission
from sandbox.kling import Script
from storage.job import State, WaitsFor
from tests.end_to_end.test_results import made
from tests.harness.end_to_end.samples import clip, noise, voice
from tests.harness.town import Town, card_text

TOKEN_LIFE_S = 15 * 60 + 1
READ_ONLY = POSTING & ~Permission.SEND_MESSAGES


async def page_of(town: Town, job_id: str, at: Channel | None = None) -> Message:
    listed = await town.ask("jobs", at=at)
    return town.card_of(await town.choose(town.card_of(listed), job_id))


async def running(town: Town) -> Interaction:
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "working")
    return asked


async def test_what_was_stopped_is_delivered_when_asked_for(town: Town) -> None:
    """What is said is true: a member who stopped following has changed their mind."""
    asked = await running(town)
    job = await town.only_job()
    await town.press(await page_of(town, job.id), "cancel")
    town.kling.finish(town.kling.creates[0])
    await town.card_says(asked, "Nothing was posted")
    await town.settled()
    told = await town.press(await page_of(town, job.id), "deliver")
    assert "On its way" in card_text(town.card_of(told))
    [post] = await town.posted()
    assert post.attachments
    await town.card_says(asked, "✅")


async def test_picking_up_leaves_the_card_to_tell_the_end(town: Town) -> None:
    """The result goes into the private answer, and the card says that it is done."""
    asked = await running(town)
    home = town.discord.add_channel(town.guild, "home")
    town.discord.set_permissions(town.channel, READ_ONLY)
    town.member.accepts_dms = False
    town.clock.jump(TOKEN_LIFE_S)
    town.kling.finish(town.kling.creates[0])
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.PICKUP
    await town.card_says(asked, "Pick up")
    fetched = await town.press(await page_of(town, job.id, home), "pick_up")
    answer = town.card_of(fetched)
    await town.discord.until(lambda: bool(answer.attachments), PATIENCE_S)
    await town.card_says(asked, "✅")
    [ended] = await town.settled()
    assert ended.card.message_id == town.card_of(asked).id
    assert answer.attachments
    for delivery in await town.store.deliveries(job.id):
        assert delivery.token is None


async def test_large_pictures_are_delivered_again_as_they_were(town: Town) -> None:
    """Two messages the first time are two messages again, and no picture is made smaller."""
    town.discord.channel_rules.limit_bytes = 10 * 2**20
    heavy = [noise(1_400, 1_400, seed) for seed in (1, 2)]
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="two foxes", n=2)
    await made(town, *heavy)
    await town.posted(2)
    [job] = await town.settled()
    await town.press(await page_of(town, job.id), "deliver")
    again = (await town.posted(4))[2:]
    await town.settled()
    assert [file.data for post in again for file in post.attachments] == heavy
    assert "Compressed" not in again[0].content + again[1].content


async def test_what_waits_for_the_member_heads_the_list(town: Town) -> None:
    """A question that is older than the newest 25 jobs is still within reach."""
    await town.ask("lipsync", video=clip(2), audio=voice())
    waiting = await town.job_is(State.WAITING)
    for number in range(12):
        await town.ask("image", prompt=f"*** fox {number} " * 30)
    listed = await town.ask("jobs")
    page = town.card_of(listed)
    [menu] = [c for row in page.components for c in row["components"] if "options" in c]
    assert menu["options"][0]["value"] == waiting.id
    assert len(menu["options"]) == 13
    lines = card_text(page).strip().splitlines()
    assert len(lines) == 1 + 13
    assert all("<t:" in line for line in lines[1:])
