"""A lost answer of a model that takes no id: the task is found by elimination, or by a person."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from sandbox.discord import Interaction
from sandbox.kling import Fault, How, Script, Switches, Task
from storage.job import Job, State, WaitsFor
from tests.harness.models import MIDDLE, NEWER
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.recovery.operating import jobs
from tests.harness.town import Town

KEY: Final = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
ALONE: Final = KEY | {"KLINGBOT_KLING__ACCOUNT_SHARED": "false"}
WORDS: Final = "the same words"


def without_id(body: dict[str, Any]) -> bool:
    """Tell whether it is an order of the bot's, without an id; a stranger's have options."""
    return "options" not in body


def lost(town: Town, *, before: bool = False) -> None:
    """Lose the answer to an order that carries no id."""
    path = f"/text-to-video/{MIDDLE}"
    town.kling.fault(Fault(How.DROP, path=path, body=without_id, before=before))


def held_back(town: Town, *, times: int = 1) -> Fault:
    """Carry out orders that carry no id, and hold back their answers."""
    path = f"/text-to-video/{MIDDLE}"
    return town.kling.fault(Fault(How.HANG, path=path, body=without_id, times=times))


async def an_order_under_way(town: Town) -> tuple[Fault, Job]:
    """Leave an order of the member's without its answer, and another's unsure that made none."""
    other = town.discord.add_user("noa")
    held = held_back(town)
    await ask(town)
    await town.kling.until(lambda: len(town.kling.creates) == 1)
    lost(town, before=True)
    await ask(town, by=other)
    rows = await resting(town, lambda job: unsure(job) or job.origin.user_id == town.member.id)
    return held, next(job for job in rows if job.origin.user_id == other.id)


async def resting(town: Town, wanted: Callable[[Job], bool]) -> list[Job]:
    """Skip every wait until each job is as wanted; return them by age."""

    async def found() -> list[Job] | None:
        rows = sorted(await town.store.list_jobs(), key=lambda job: job.created_at)
        if all(map(wanted, rows)):
            return rows
        for job in rows:
            if job.state is State.CREATING and job.failures:
                town.skip_wait(job)
        return None

    return await town.commits.until(found)


def unsure(job: Job) -> bool:
    return job.waits_for is WaitsFor.UNSURE


def told(job: Job) -> bool:
    return job.state is State.DONE


async def by_a_stranger(town: Town, path: str, body: dict[str, Any]) -> Task:
    """Have another program order on the same account."""
    known = set(town.kling.tasks)
    headers = {"Authorization": f"Bearer {KEY['KLINGBOT_KLING__API_KEY']}"}
    async with (
        aiohttp.ClientSession(town.kling.base_url, headers=headers) as session,
        session.post(path, json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
    [made] = [task for name, task in town.kling.tasks.items() if name not in known]
    return made


async def a_strangers_clip(town: Town, prompt: str = WORDS) -> Task:
    settings = {"resolution": "720p", "duration": 5}
    options = {"watermark_info": {"enabled": False}}
    body = {"prompt": prompt, "settings": settings, "options": options}
    return await by_a_stranger(town, f"/text-to-video/{MIDDLE}", body)


async def ask(town: Town, **more: Any) -> Interaction:
    return await town.ask("video", prompt=WORDS, model=MIDDLE, **more)


@pytest.mark.parametrize("dialect", ["official", pytest.param("gateway", marks=pytest.mark.sweep)])
async def test_the_only_task_of_that_time_is_ours(tmp_path: Path, dialect: str) -> None:
    """Alone on the account, the one task that no job owns is the one whose answer was lost."""
    async with open_town(tmp_path, dialect=dialect, env=ALONE) as town, town.bot():
        await town.ask("video", prompt="earlier", model=MIDDLE)
        await town.posted()
        lost(town)
        asked = await ask(town)
        await resting(town, told)
        await town.card_says(asked, "✅")
        await town.settled()
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 2)


async def test_nothing_made_is_not_sent_again(tmp_path: Path) -> None:
    """An empty list proves nothing: after three looks a person decides."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        lost(town, before=True)
        await ask(town)
        await resting(town, unsure)
        assert town.kling.creates == []
        looks = [r for r in town.kling.requests if (r.method, r.path) == ("POST", "/tasks")]
        assert len(looks) == 3


async def test_a_list_that_kling_refuses_proves_nothing(tmp_path: Path) -> None:
    """It is no outage: a person decides after three looks, and other orders go meanwhile."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        town.kling.fault(Fault(How.REFUSE, path="/tasks", code=1201, times=None))
        lost(town)
        await ask(town)
        await resting(town, unsure)
        assert (
            len([r for r in town.kling.requests if (r.method, r.path) == ("POST", "/tasks")]) == 3
        )
        await town.ask("video", prompt="another", model=MIDDLE)
        await resting(town, lambda job: unsure(job) or told(job))
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 1)


@pytest.mark.parametrize("before", [False, True])
async def test_on_a_shared_account_nothing_is_guessed(tmp_path: Path, *, before: bool) -> None:
    """A stranger's task of the same words in the same minute is never taken for ours."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        lost(town, before=before)
        await ask(town)
        await a_strangers_clip(town)
        await resting(town, unsure)
        assert town.posts() == []
        assert len(town.kling.creates) == 2 - before


@pytest.mark.parametrize("later_s", [60.0, 3_600.0])
async def test_soon_after_a_copy_was_put_in_place_nothing_is_guessed(
    tmp_path: Path, later_s: float
) -> None:
    """The task may be of an order that the copy lacks, as long as such a one can have made it."""
    async with open_town(tmp_path, env=ALONE) as town:
        async with town.bot():
            await town.store.mark_restored(now=town.clock.now())
        async with town.bot():
            town.clock.jump(later_s)
            lost(town, before=True)
            await a_strangers_clip(town)  # as the order of a job that the copy lacks
            await ask(town)
            [job] = await resting(town, lambda job: unsure(job) or told(job))
            assert unsure(job) is (later_s < 3_600.0)
            assert_posted_once(town.posts(), 0 if unsure(job) else 1)


async def test_two_tasks_are_one_too_many(tmp_path: Path) -> None:
    """Where two may be ours, none is taken by itself: it is the setting that is wrong."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        lost(town)
        await a_strangers_clip(town)
        await ask(town)
        await resting(town, unsure)
        assert town.posts() == []
        assert len(town.kling.creates) == 2


async def test_a_task_of_another_length_is_not_ours(tmp_path: Path) -> None:
    """What Kling shows of a task excludes it: a clip of 5 s is none of 9 s, nor is another's id."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf, times=2))  # they end when they are ended
        await a_strangers_clip(town)
        body = {
            "prompt": WORDS,
            "settings": {"resolution": "720p", "duration": 9},
            "options": {"external_task_id": "of-a-stranger"},
        }
        await by_a_stranger(town, f"/text-to-video/{NEWER}", body)
        for task in town.kling.creates:
            town.kling.finish(task)
        lost(town)
        asked = await ask(town, duration=9)
        await resting(town, told)
        await town.card_says(asked, "✅")
        [job] = await town.store.list_jobs()
        assert job.task_id == town.kling.creates[-1].id


@pytest.mark.parametrize("dialect", ["gateway", pytest.param("official", marks=pytest.mark.sweep)])
async def test_a_twin_whose_answer_came_is_not_taken_from(tmp_path: Path, dialect: str) -> None:
    """The same words in the same second, one answer lost: each job gets exactly one task."""
    async with open_town(tmp_path, dialect=dialect, env=ALONE) as town, town.bot():
        other = town.discord.add_user("noa")
        lost(town)
        first = await ask(town)
        second = await ask(town, by=other)
        rows = await resting(town, told)
        for asked in (first, second):
            await town.card_says(asked, "✅")
        await town.settled()
        assert {job.task_id for job in rows} == {task.id for task in town.kling.creates}
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 2)


async def test_an_order_under_way_blocks_until_its_task_is_known(tmp_path: Path) -> None:
    """The task of another order is not taken for ours, where ours was never made."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        held, _ = await an_order_under_way(town)
        assert town.posts() == []
        held.release()
        rows = await resting(town, lambda job: unsure(job) or told(job))
        assert sorted(map(unsure, rows)) == [False, True]
        assert_posted_once(town.posts(), 1)
        assert len(town.kling.creates) == 1


async def test_the_task_of_a_forgotten_job_is_nobodys(tmp_path: Path) -> None:
    """A job that was deleted before its task was known leaves a task that is not given away."""
    async with open_town(tmp_path, env=ALONE) as town, town.bot():
        held, _ = await an_order_under_way(town)
        held.lose()
        await resting(town, unsure)
        await town.store.forget_member(town.member.id, now=town.clock.now())
        [left] = await town.store.list_jobs()
        await jobs(town, tmp_path, "resolve", left.id, "look")
        await resting(town, lambda job: unsure(job) and job.updated_at > left.updated_at)
        assert town.posts() == []


async def test_where_ids_are_taken_a_task_is_found_by_its_id(tmp_path: Path) -> None:
    """The other answer of 4.0: found by our id, on a shared account too, beside a stranger's."""
    switches = Switches(v4_takes_ids=True)
    async with open_town(tmp_path, switches=switches, env=KEY) as town, town.bot():
        path = f"/text-to-video/{MIDDLE}"
        town.kling.fault(
            Fault(How.DROP, path=path, body=lambda body: "external_task_id" in body["options"])
        )
        asked = await ask(town)
        await a_strangers_clip(town)
        [job] = await resting(town, told)
        await town.card_says(asked, "✅")
        [ours] = [task for task in town.kling.creates if task.external_id == job.id]
        assert job.task_id == ours.id
        assert_posted_once(town.posts(), 1)
