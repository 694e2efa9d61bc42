"""A lost answer of a model that takes no id, where the operator names the task."""

from pathlib import Path

from storage.job import Job
from tests.end_to_end.test_elimination import (
    ALONE,
    KEY,
    WORDS,
    an_order_under_way,
    ask,
    by_a_stranger,
    held_back,
    lost,
    resting,
    told,
    unsure,
)
from tests.harness.models import IMAGE, NEWER
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.recovery.operating import jobs
from tests.harness.shell import bot
from tests.harness.town import Town


async def test_twins_without_answers_are_told_apart_by_a_person(tmp_path: Path) -> None:
    """Both answers lost: none is guessed; one is taken by hand, then the other is the only one."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        other = town.discord.add_user("noa")
        held = held_back(town, times=2)
        await ask(town)
        await ask(town, by=other)
        await town.kling.until(lambda: len(town.kling.creates) == 2)
        held.lose()
        first, second = await resting(town, unsure)
        made = [task.id for task in town.kling.creates]
        shown = await jobs(town, tmp_path, "show", first.id)
        assert [task for task in made if f"candidate {task}" in shown] == made
        said = await jobs(town, tmp_path, "resolve", first.id, "take", made[0])
        assert f"takes task {made[0]}" in said
        await town.posted()
        assert (await _refused(town, tmp_path, second, made[0])).startswith(
            f"Task {made[0]} belongs to another job."
        )
        await jobs(town, tmp_path, "resolve", second.id, "look")
        rows = await resting(town, told)
        await town.settled()
        assert [job.task_id for job in rows] == made
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 2)


async def test_what_another_order_may_have_made_is_not_taken(tmp_path: Path) -> None:
    """Not even by hand while that order has no answer; its task stays its own, and is told once."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        held, left = await an_order_under_way(town)
        [made] = town.kling.creates
        assert "may be another job's" in await _refused(town, tmp_path, left, made.id)
        held.release()
        await resting(town, lambda job: unsure(job) or told(job))
        assert "belongs to another job" in await _refused(town, tmp_path, left, made.id)
        assert_posted_once(town.posts(), 1)


async def test_what_is_taken_by_hand_is_checked(tmp_path: Path) -> None:
    """The task exists, is a video, was made for nobody else, and the job still waits."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        body = {"model_name": IMAGE, "prompt": WORDS}
        picture = await by_a_stranger(town, "/v1/images/generations", body)
        clip = {
            "prompt": WORDS,
            "settings": {"resolution": "720p", "duration": 5},
            "options": {"external_task_id": "of-a-stranger"},
        }
        theirs = await by_a_stranger(town, f"/text-to-video/{NEWER}", clip)
        lost(town)
        asked = await ask(town)
        await town.commits.until(lambda: _is_unsure(town))
        job = next(one for one in await town.store.list_jobs() if unsure(one))
        ours = town.kling.creates[-1].id
        for task_id, why in (
            ("845", "knows no task"),
            (picture.id, "another product"),
            (theirs.id, "is not of job"),
        ):
            assert why in await _refused(town, tmp_path, job, task_id), why
        assert "needs the id" in await _refused(town, tmp_path, job, "")
        await jobs(town, tmp_path, "resolve", job.id, "take", ours)
        await town.card_says(asked, "✅")
        assert_posted_once(town.posts(), 1)
        assert "nothing to decide" in await _refused(town, tmp_path, job, ours)


async def _is_unsure(town: Town) -> bool | None:
    return True if any(map(unsure, await town.store.list_jobs())) else None


async def _refused(town: Town, cwd: Path, job: Job, task_id: str) -> str:
    words = ("resolve", job.id, "take", *([task_id] if task_id else []))
    ended = await bot("jobs", *words, cwd=cwd, env=town.env)
    assert ended.code == 1, ended.out + ended.err
    return ended.out
