"""The question about a price: private, for one member, and one press starts one job."""

import asyncio
import math
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.jobs.ordering import QUESTION_LIFE_S
from sandbox.discord import Interaction, Message
from sandbox.discord.faults import Answer
from sandbox.kling import Script
from storage.drafts import DRAFTS_PER_MEMBER_MAX
from storage.job import Job, is_job_id
from tests.end_to_end.test_jobs import text_of
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.town import Town, card_text, custom_ids, named, png

ALWAYS = {"KLINGBOT_MONEY__CONFIRM_USD": "0"}
DEFAULT = {"KLINGBOT_MONEY__CONFIRM_USD": "1.0"}
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
DEAR = {"prompt": "a boat", "model": "kling-v3", "mode": "pro", "duration": 10}
"""Ten seconds in the better mode: more than a dollar on the default packs."""


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that asks about every price."""
    async with open_town(tmp_path, env=ALWAYS) as town, town.bot():
        yield town


def draft_of(question: Message) -> str:
    """Return the id of the draft that a question is about."""
    _, action, draft_id = custom_ids(question)[0].split(":")
    assert action == "start"
    assert is_job_id(draft_id)
    return draft_id


async def question(town: Town, command: str = "image", **options: object) -> Message:
    """Ask for something and return the question; nothing is accepted by it."""
    before = {job.id for job in await town.store.list_jobs()}
    asked: Interaction = await town.ask(command, **(options or {"prompt": "a fox"}))  # type: ignore[arg-type] # any option
    assert asked.ephemeral
    assert {job.id for job in await town.store.list_jobs()} == before
    return town.card_of(asked)


async def start(town: Town, asked: Message, tag: str = "", by: object = None) -> Interaction:
    """Press `start`, or one of the variants."""
    ending = f":{tag}" if tag else ""
    pressed = await town.forge_press(asked, f"kling:start:{draft_of(asked)}{ending}", by=by)  # type: ignore[arg-type] # a member
    return await town.recorded(pressed)


async def gone(town: Town, draft_id: str) -> None:
    """Wait until the draft is gone, which no member waits for."""

    async def found() -> bool | None:
        return await town.store.draft(draft_id, now=town.clock.now()) is None or None

    await town.commits.until(found)


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


async def test_a_second_press_starts_nothing(asking: Town) -> None:
    """One after the other or both at once: one card, one job, one order; the rest is told."""
    asking.kling.script(Script(takes_s=math.inf, times=None))
    one_by_one, together = await question(asking), await question(asking, prompt="an owl")
    assert not (await start(asking, one_by_one)).ephemeral
    for tag in ("", "std"):
        told = await start(asking, one_by_one, tag)
        assert told.ephemeral
        assert "Already started" in text_of(told)
    both = await asyncio.gather(start(asking, together), start(asking, together))
    assert sorted(press.ephemeral for press in both) == [False, True]
    [late] = [press for press in both if press.ephemeral]
    assert "Already started" in text_of(late)
    ids = {draft_of(one_by_one), draft_of(together)}
    assert {job.id for job in await asking.store.list_jobs()} == ids


async def test_a_stranger_starts_nothing(asking: Town) -> None:
    """The question is private; whoever forges its id reads that it is not theirs."""
    asked, eve = await question(asking), asking.discord.add_user("eve")
    told = await start(asking, asked, by=eve)
    assert told.ephemeral
    assert "Only the member who was asked" in text_of(told)
    assert await asking.store.list_jobs() == []
    assert not (await start(asking, asked)).ephemeral
    await gone(asking, draft_of(asked))
    told = await start(asking, asked, by=eve)
    assert "no longer open" in text_of(told)
    forged = await asking.forge_press(asked, f"kling:start:{'a' * 16}")
    assert "no longer open" in text_of(forged)
    unknown = await question(asking, prompt="an owl")
    told = await start(asking, unknown, "4k")
    assert "can't find" in text_of(told)
    assert len(await asking.store.list_jobs()) == 1


async def test_after_its_time_a_question_is_closed(asking: Town) -> None:
    """It starts nothing, and the answer says what to do."""
    asked = await question(asking)
    asking.clock.jump(QUESTION_LIFE_S)
    told = await start(asking, asked)
    assert told.ephemeral
    assert "use the command again" in text_of(told)
    assert await asking.store.list_jobs() == []


async def test_a_question_outlives_a_restart(tmp_path: Path) -> None:
    """Files included: they are fetched when it is started."""
    uploads = {"picture": png("a.png", colour="navy")}
    async with open_town(tmp_path, env=ALWAYS) as town:
        async with town.bot():
            await town.warm()
            asked = await question(
                town, "image", prompt="a fox", model="kling-v2", image=uploads["picture"]
            )
            assert town.kling.creates == []
        async with town.bot():
            await town.warm()
            assert not (await start(town, asked)).ephemeral
            [post] = await town.posted()
            assert len(post.attachments) == 1
            [(_, body)] = town.orders()
            assert named(body, uploads)["image"] == "picture"
            assert body["external_task_id"] == draft_of(asked)


async def test_a_press_whose_card_did_not_arrive_leaves_no_job(asking: Town) -> None:
    """The draft can be pressed again, and then there is one job."""
    asked = await question(asking)
    asking.discord.fault("POST", CALLBACK, Answer(403, 50_001))
    pressed = asking.discord.interactions.start(
        3,
        asking.member,
        asking.channel,
        {"custom_id": f"kling:start:{draft_of(asked)}", "component_type": 2, "id": 1},
        asked,
    )

    async def withdrawn() -> bool | None:
        gone = await asking.store.list_jobs() == []
        return True if gone and asking.discord.sent("POST", CALLBACK)[-1].status == 403 else None

    await asking.commits.until(withdrawn)
    assert pressed.message is None
    assert not (await start(asking, asked)).ephemeral
    [job] = await asking.store.list_jobs()
    assert job.id == draft_of(asked)


async def test_running_again_is_asked_about(asking: Town) -> None:
    """The price is that of whoever pressed; the job has the files, and links to the first."""
    await asking.warm()
    uploads = {"picture": png("a.png", colour="navy")}
    asked = await question(
        asking, "image", prompt="a fox", model="kling-v2", image=uploads["picture"]
    )
    await start(asking, asked)
    [post] = await asking.posted()
    [first] = await asking.settled()
    eve = asking.discord.add_user("eve")
    again = await asking.press(post, "again", by=eve)
    assert again.ephemeral
    assert "Start this image?" in text_of(again)
    await start(asking, asking.card_of(again), by=eve)
    await asking.posted(2)
    made = {job.id: job for job in await asking.settled()}
    second: Job = made[draft_of(asking.card_of(again))]
    assert (second.parent_id, second.origin.user_id) == (first.id, eve.id)
    bodies = [named(body, uploads) for _, body in asking.orders()]
    assert [body["image"] for body in bodies] == ["picture", "picture"]


async def test_running_again_after_its_files_are_gone(asking: Town) -> None:
    """A question outlives the files of the earlier job: `start` then says so."""
    await asking.warm()
    asked = await question(asking, "image", prompt="a fox", model="kling-v2", image=png())
    await start(asking, asked)
    [post] = await asking.posted()
    await asking.settled()
    again = asking.card_of(await asking.press(post, "again"))
    asking.clock.jump(60)
    await asking.store.purge(now=asking.clock.now(), inputs_older_s=1, jobs_older_s=86_400)
    told = await start(asking, again)
    assert told.ephemeral
    assert "no longer stored" in text_of(told)


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


async def test_limits_hold_at_the_start(tmp_path: Path) -> None:
    """A question reserves nothing: the press is refused like a command, and can be tried again."""
    env = {**ALWAYS, "KLINGBOT_ACCESS__JOBS_PER_MEMBER_DAY": "1"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        first, second = await question(town), await question(town, prompt="an owl")
        await start(town, first)
        told = await start(town, second)
        assert told.ephemeral
        assert "jobs for today" in text_of(told)
        assert await town.store.draft(draft_of(second), now=town.clock.now()) is not None


async def test_a_blocked_member_starts_nothing(asking: Town) -> None:
    """Between the question and the press they were blocked."""
    asked = await question(asking)
    await asking.store.block(asking.member.id, 0, by=None, reason="", now=asking.clock.now())
    assert "blocked you" in text_of(await start(asking, asked))
    assert await asking.store.list_jobs() == []
