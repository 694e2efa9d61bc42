"""What was asked about is started: by its member, once, in time, also after a restart."""

import asyncio
import math
from pathlib import Path

from bot.jobs.drafting import QUESTION_LIFE_S
from sandbox.discord.faults import Answer
from sandbox.kling import Script
from storage.job import Job
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.questions import ALWAYS, draft_of, gone, question, start
from tests.harness.opening import open_town
from tests.harness.town import Town, named, png

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


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
