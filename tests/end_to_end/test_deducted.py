"""What a job costs: its price while it is open, and what Kling deducted once it is done."""

from decimal import Decimal

import pytest

from sandbox.discord import Interaction
from tests.end_to_end.test_jobs import one_job
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.town import Town, card_text


async def done(town: Town, asked: Interaction, word: str = "Done") -> str:
    """Return what the card says in the end."""
    card = await town.card_says(asked, word)
    await town.settled()
    return card_text(card)


@pytest.mark.parametrize(
    ("command", "options", "pack"),
    [
        ("image", {"prompt": "a fox", "n": 2}, "image"),
        ("video", {"prompt": "a boat"}, "video"),
    ],
)
async def test_a_done_card_says_what_kling_deducted(
    either: Town, command: str, options: dict[str, object], pack: str
) -> None:
    """The units of the account, not those of a table; no price is left beside them."""
    text = await done(either, await either.ask(command, **options))  # type: ignore[arg-type]
    charged = either.kling.charged(pack)
    assert charged > 0
    assert f"Kling deducted {charged.normalize():f} {pack} unit" in text
    assert "Price" not in text


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("locale", "word", "price", "said"),
    [
        ("en-US", "Done", "up to 1.05 video units", "Kling deducted {} video units"),
        ("zh-CN", "完成", "最多 1.05 点", "可灵已扣除视频额度 {} 点"),
    ],
)
async def test_a_lip_sync_says_the_most_it_costs_and_ends_at_what_it_was(
    town: Town, locale: str, word: str, price: str, said: str
) -> None:
    """Its length counts, and so does finding the faces: nothing is "up to" any more."""
    member = town.discord.add_user("noor", locale)
    asked = await town.ask("lipsync", by=member, video=clip(2, 7.0), audio=voice(6.5))
    card = await town.card_says(asked, "2")
    assert price in card_text(card)
    await town.choose(card, "0", by=member)
    text = await done(town, asked, word)
    assert town.kling.charged() == Decimal("1.05")
    assert said.format("1.05") in text
    assert price not in text


@pytest.mark.sweep
@pytest.mark.parametrize(("locale", "label"), [("en-US", "ID"), ("zh-CN", "任务编号")])
async def test_the_id_of_a_job_has_a_label(town: Town, locale: str, label: str) -> None:
    """Whoever is asked for it finds it, in their language."""
    town.member = town.discord.add_user("noor", locale)
    await town.ask("image", prompt="a fox")
    [job] = await town.settled()
    page = await one_job(town, job.id)
    assert [embed["footer"]["text"] for embed in page.embeds] == [f"{label} {job.id}"]
