"""If it can't be known whether a create was accepted, a person decides; nothing is guessed."""

from functools import partial
from pathlib import Path

import pytest

from sandbox.discord import Interaction
from storage.job import Job, State, WaitsFor
from tests.harness.recovery.foreign import Foreign, foreign_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.recovery.operating import jobs
from tests.harness.town import Town, card_text

HOUR_S = 3_600.0


async def unsure(town: Town, foreign: Foreign) -> tuple[Interaction, Job]:
    """Ask for a picture whose create is done and never answered."""
    foreign.loses_answers = True
    asked = await town.ask("image", prompt="who knows")
    job = await town.job_is(State.WAITING)
    assert job.waits_for is WaitsFor.UNSURE
    await town.card_says(asked, "❔")
    foreign.loses_answers = False
    return asked, job


@pytest.mark.sweep
async def test_nothing_is_sent_again_by_itself(tmp_path: Path) -> None:
    """Through a gateway that drops our id the job waits; member and operator are told."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        _, job = await unsure(town, foreign)
        town.clock.jump(HOUR_S)
        inbox = town.discord.dm(town.discord.owner)
        [notice] = await town.posted(1, inbox)
        assert job.id in card_text(notice)
        assert len(town.kling.creates) == 1
        assert town.posts() == []


@pytest.mark.sweep
async def test_a_question_that_proves_nothing_is_not_asked_for_a_day(tmp_path: Path) -> None:
    """Where even an answer would say nothing, a gateway that gives none is not waited for."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        foreign.loses_answers = foreign.fails_questions = True
        await town.ask("image", prompt="who knows")
        await town.commits.until(partial(_noticed, town))
        job = await town.only_job()
        town.clock.jump((job.due_at or 0) - town.clock.now() + 0.01)
        for _ in range(3):  # retries wait by the same clock
            await town.commits.until(partial(_noticed, town))
            town.clock.jump(10.0)
        assert (await town.job_is(State.WAITING)).waits_for is WaitsFor.UNSURE


@pytest.mark.sweep
async def test_the_job_waits_through_a_restart(tmp_path: Path) -> None:
    """A question to the operator is not forgotten, and not asked again."""
    async with foreign_town(tmp_path) as (town, foreign):
        async with town.bot():
            _, job = await unsure(town, foreign)
        async with town.bot():
            town.clock.jump(HOUR_S)
            again = await town.only_job()
            assert (again.id, again.state) == (job.id, State.WAITING)
        assert len(town.kling.creates) == 1


@pytest.mark.sweep
async def test_a_slot_is_given_back_once_the_task_has_surely_ended(tmp_path: Path) -> None:
    """`poll.late_s` after the last create others get the slot; that alone is not told."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        _, job = await unsure(town, foreign)
        assert job.sent_at is not None
        late_s = town.settings.poll.late_s
        town.clock.jump(job.sent_at + late_s - town.clock.now() - 1.0)
        assert await town.store.slots_in_use(job.pack) == 1
        town.clock.jump(1.0)
        freed = await town.commits.until(partial(_reminded, town, job.due_at))
        assert freed is not None
        assert await town.store.slots_in_use(job.pack) == 0
        inbox = town.discord.dm(town.discord.owner)
        assert len(await town.posted(1, inbox)) == 1


@pytest.mark.sweep
async def test_the_operator_is_reminded_once_a_day(tmp_path: Path) -> None:
    """Past the longest wait the operator is reminded, and again each day."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        _, job = await unsure(town, foreign)
        inbox = town.discord.dm(town.discord.owner)
        town.clock.jump((job.due_at or 0.0) - town.clock.now())
        await town.commits.until(partial(_reminded, town, job.due_at))
        for notices in (2, 3):
            reminder = await town.only_job()
            assert reminder.due_at is not None
            town.clock.jump(reminder.due_at - town.clock.now())
            await town.commits.until(partial(_reminded, town, reminder.due_at))
            assert await town.store.slots_in_use(job.pack) == 0
            told = await town.posted(notices, inbox)
            assert len(told) == notices
            assert job.id in card_text(told[-1])
        assert (await town.only_job()).state is State.WAITING
        await jobs(town, tmp_path, "resolve", job.id, "send")
        await town.posted()
        await town.settled()
        assert not (await town.only_job()).gave_up
        assert len(town.kling.creates) == 2


async def _reminded(town: Town, before: float | None) -> bool | None:
    job = await town.only_job()
    return True if job.gave_up and job.due_at != before else None


@pytest.mark.sweep
async def test_looking_again_asks_again_where_nothing_can_be_found(tmp_path: Path) -> None:
    """`look` on a route that is blind costs nothing and ends where it began."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        _, job = await unsure(town, foreign)
        await jobs(town, tmp_path, "resolve", job.id, "look")
        back = await town.commits.until(lambda: _later(town, job))
        assert back.waits_for is WaitsFor.UNSURE
        assert len(town.kling.creates) == 1


async def _later(town: Town, earlier: Job) -> Job | None:
    job = await town.only_job()
    moved = job.updated_at > earlier.updated_at and job.state is State.WAITING
    return job if moved else None


async def test_sending_again_is_the_operators_word(tmp_path: Path) -> None:
    """`send` orders once more, and the result of that order is posted once."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        asked, job = await unsure(town, foreign)
        said = await jobs(town, tmp_path, "resolve", job.id, "send")
        assert "charged twice" in said
        await town.posted()
        await town.settled()
        await town.card_says(asked, "✅")
        assert len(town.kling.creates) == 2
        assert [order["external_task_id"] for order in foreign.orders] == [job.id] * 2
        assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
async def test_giving_up_is_told(tmp_path: Path) -> None:
    """`give-up` tells the member, and the slot is free again."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        asked, job = await unsure(town, foreign)
        assert await town.store.slots_in_use(job.pack) == 1
        await jobs(town, tmp_path, "resolve", job.id, "give-up")
        [post] = await town.posted()
        assert town.member in post.mentions
        await town.settled()
        await town.card_says(asked, "⚠️")
        assert await town.store.slots_in_use(job.pack) == 0
        assert len(town.kling.creates) == 1


@pytest.mark.sweep
async def test_a_foreign_gateway_is_asked_where_it_is_known_to_keep_our_id(
    tmp_path: Path,
) -> None:
    """On its other routes the task is found, and ordered once."""
    async with foreign_town(tmp_path) as (town, foreign), town.bot():
        foreign.loses_answers = True
        await town.ask("video", prompt="known route")
        await town.commits.until(lambda: _noticed(town))
        foreign.loses_answers = False
        job = await town.only_job()
        town.clock.jump((job.due_at or 0) - town.clock.now() + 0.01)
        await town.posted()
        assert len(foreign.orders) == 1
        assert len(town.kling.creates) == 1


async def _noticed(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.failures or job.state is State.WAITING else None


@pytest.mark.sweep
async def test_paused_nothing_is_sent_and_resumed_it_goes_on(town: Town, tmp_path: Path) -> None:
    """`pause` holds the queue while everything else continues."""
    await jobs(town, tmp_path, "pause")
    asked = await town.ask("image", prompt="patience")
    town.clock.jump(60)
    await town.card_says(asked, "position 1")
    assert "Paused" in await jobs(town, tmp_path, "list")
    assert town.kling.creates == []
    await jobs(town, tmp_path, "resume")
    await town.posted()
    assert len(town.kling.creates) == 1
