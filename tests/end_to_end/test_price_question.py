"""The question about a price: when it comes, what it says, and what it offers."""

import math
from decimal import Decimal
from pathlib import Path

from sandbox.kling import Script
from storage.drafts import DRAFTS_PER_MEMBER_MAX
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.questions import ALWAYS, draft_of, gone, question, start
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.town import Town, card_text, custom_ids

DEFAULT = {"KLINGBOT_MONEY__CONFIRM_USD": "1.0"}
DEAR = {"prompt": "a boat", "model": "kling-v3", "mode": "pro", "duration": 10}
"""Ten seconds in the better mode: more than a dollar on the default packs."""


async def test_a_dear_command_is_asked_about_and_a_cheap_one_is_not(tmp_path: Path) -> None:
    """From `money.confirm_usd` on, with the settings, the price in units and dollars."""
    async with open_town(tmp_path, env=DEFAULT) as town, town.bot():
        cheap = await town.ask("image", prompt="a fox")
        assert not cheap.ephemeral
        asked = await question(town, "video", **DEAR)
        text = card_text(asked)
        for words in ("a boat", "Professional", "10 s", "Start this video?"):
            assert words in text, words
        units = Decimal(text.partition("Price: ")[2].split()[0])
        assert f"${units * Decimal('0.14'):.2f}" in text
        assert units * Decimal("0.14") >= 1
        assert len(town.kling.creates) <= 1
        card = await start(town, asked)
        assert not card.ephemeral
        assert card.message is not None
        jobs = {job.id: job for job in await town.store.list_jobs()}
        job = jobs[draft_of(asked)]
        assert (job.request["mode"], job.request["duration_s"]) == ("pro", 10)
        assert job.card.message_id == card.message.id


async def test_what_is_left_today_is_told(tmp_path: Path) -> None:
    """Of the member's limit for the day: what open jobs hold is gone already."""
    env = {**ALWAYS, "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "20"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf, times=None))
        first = await question(town, "video", **DEAR)
        assert "Left for you today: 20 video units ($2.80)" in card_text(first)
        await start(town, first)
        second = card_text(await question(town, "video", **DEAR))
        assert "Left for you today: 12 video units ($1.68)" in second


async def test_the_threshold_is_reached_exactly(tmp_path: Path) -> None:
    """At the price a question comes, a cent below it does not; negative asks never."""
    for confirm, asks in (("0.35", True), ("0.36", False), ("-1", False)):
        env = {"KLINGBOT_MONEY__CONFIRM_USD": confirm, "KLINGBOT_MONEY__USD_PER_IMAGE_UNIT": "0.35"}
        place = tmp_path / confirm
        place.mkdir()
        async with open_town(place, env=env) as town, town.bot():
            asked = await town.ask("image", prompt="a fox", model="kling-v1")
            text = card_text(town.card_of(asked))
            units = Decimal(text.partition("Price: ")[2].split()[0])
            assert units == 1
            assert asked.ephemeral is asks


async def test_an_unknown_price_is_asked_about(tmp_path: Path) -> None:
    """A model that the catalogue does not know may cost anything: "at least", and asked first."""
    async with (
        open_town(tmp_path, env={"KLINGBOT_MONEY__CONFIRM_USD": "900000"}) as town,
        town.bot(),
    ):
        text = card_text(await question(town, "image", prompt="a fox", model="kling-v99"))
        assert "at least" in text


async def test_cheaper_variants_are_offered_and_made(asking: Town) -> None:
    """`std` and `s5` change one thing each; what would not be cheaper is not offered."""
    asked = await question(asking, "video", **DEAR)
    draft = draft_of(asked)
    ids = [f"kling:start:{draft}", f"kling:start:{draft}:std", f"kling:start:{draft}:s5"]
    assert custom_ids(asked) == ids
    await start(asking, asked, "std")
    again = await question(asking, "video", **DEAR)
    await start(asking, again, "s5")
    made = {job.id: job.request for job in await asking.store.list_jobs()}
    first, second = made[draft], made[draft_of(again)]
    assert (first["mode"], first["duration_s"]) == ("std", 10)
    assert (second["mode"], second["duration_s"]) == ("pro", 5)
    plain = await question(asking, "video", prompt="a boat", model="kling-v2-6")
    assert len(custom_ids(plain)) == 1
    with_sound = {**DEAR, "model": "kling-v2-6", "sound": True}
    only_short = await question(asking, "video", **with_sound)
    assert [one.split(":")[3:] for one in custom_ids(only_short)] == [[], ["s5"]]


async def test_the_21st_open_question_is_refused(tmp_path: Path) -> None:
    """Privately, with the number; started and expired ones do not count."""
    async with open_town(tmp_path, env={**UNLIMITED, **ALWAYS}) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf, times=None))
        for n in range(DRAFTS_PER_MEMBER_MAX):
            asked = await question(town, prompt=f"number {n}")
        refused = await town.ask("image", prompt="one more")
        assert refused.ephemeral
        assert "20 open questions" in text_of(refused)
        await start(town, asked)
        await gone(town, draft_of(asked))
        assert "Start this image?" in card_text(await question(town, prompt="now"))


async def test_what_would_be_refused_is_not_asked_about(asking: Town) -> None:
    """The refusal comes at once, with every problem."""
    said = await asking.refused("image", prompt="a fox", model="kling-v2", fidelity=0.5)
    assert "fidelity" in said
    assert "Start this" not in said
