"""Kling makes the task, and its answer never says so: the create is accepted exactly once."""

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.kling import Fault, How, Script, Switches
from storage.engine import open_database
from storage.job import State, WaitsFor
from storage.store import Lane
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text, png

LOOK_S = 61.0
"""Longer than any wait of the bot's between two looks."""

WAYS: Mapping[str, Mapping[str, Any]] = {
    "500": {"how": How.ANSWER, "status": 500},
    "502": {"how": How.ANSWER, "status": 502},
    "504": {"how": How.ANSWER, "status": 504},
    "200 with code 5001": {"how": How.ANSWER, "status": 200, "code": 5001},
    "dropped": {"how": How.DROP},
    "cut": {"how": How.CUT},
    "garbage": {"how": How.GARBAGE},
    "truncated": {"how": How.TRUNCATED},
    "no task id": {"how": How.NO_TASK_ID},
}
ROUTES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "videos/text2video": ("video", {}),
    "videos/image2video": ("video", {"image": png()}),
    "images/generations": ("image", {}),
    "images/omni-image": ("image", {"model": "kling-image-o1"}),
}


async def looked_up(town: Town) -> None:
    """Let the time pass after which the bot looks for a task whose create was unclear."""
    job = await town.only_job()
    if job.due_at is not None:
        town.clock.jump(max(0.0, job.due_at - town.clock.now()) + 0.01)


async def lost_answer(town: Town, fault: Fault, command: str, **options: Any) -> None:
    """Ask, and return once the answer to the create is lost and the bot has noticed."""
    town.kling.fault(fault)
    await town.ask(command, prompt="once only", **options)
    await fault.arrived.wait()
    await town.commits.until(partial(_noticed, town))


async def _noticed(town: Town) -> bool | None:
    job = await town.only_job()
    return True if job.failures and job.state is State.CREATING else None


async def assert_one_result(town: Town) -> None:
    await town.posted()
    await town.settled()
    assert_paid_once(town, 1)
    assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
@pytest.mark.parametrize("way", WAYS)
async def test_an_unclear_answer_is_looked_up_before_anything_is_sent(way: str, town: Town) -> None:
    """Whatever became of the answer, the task is found by the job's own id."""
    await lost_answer(town, Fault(**WAYS[way]), "image")
    await looked_up(town)
    await assert_one_result(town)
    creates = [r for r in town.kling.requests if r.method == "POST"]
    assert len(creates) == 1


@pytest.mark.sweep
@pytest.mark.parametrize("dialect", ["official", "gateway"])
@pytest.mark.parametrize("route", ROUTES)
async def test_every_route_is_found_by_our_id(route: str, dialect: str, tmp_path: Path) -> None:
    """Kling itself and our gateway keep the id on each route that documents it."""
    command, options = ROUTES[route]
    async with open_town(tmp_path, dialect=dialect) as town, town.bot():
        await lost_answer(town, Fault(How.DROP, path=f"/v1/{route}"), command, **options)
        await looked_up(town)
        await assert_one_result(town)
        assert town.kling.creates[0].product.value == route


@pytest.mark.parametrize("dialect", ["official", "gateway"])
async def test_a_create_that_never_arrived_is_sent_again_with_the_same_id(
    dialect: str, tmp_path: Path
) -> None:
    """Not found on a route that keeps the id proves that nothing was bought."""
    async with open_town(tmp_path, dialect=dialect) as town, town.bot():
        fault = Fault(How.DROP, path="/v1/images/*", before=True)
        await lost_answer(town, fault, "image")
        assert town.kling.creates == []
        await looked_up(town)
        await assert_one_result(town)
        sent = [r.body for r in town.kling.requests if r.method == "POST"]
        assert [body["external_task_id"] for body in sent if body] == [
            town.kling.creates[0].external_id
        ] * 2


@pytest.mark.sweep
async def test_an_id_that_is_taken_is_looked_up(town: Town) -> None:
    """An id that is taken means that the first create got through after all."""
    unseen = Fault(
        How.REFUSE, method="GET", code=1201, message="Task not found by id/external id: x"
    )
    town.kling.fault(unseen)
    await lost_answer(town, Fault(How.DROP), "image")
    await looked_up(town)
    await assert_one_result(town)
    statuses = [r.status for r in town.kling.requests if r.method == "POST"]
    assert statuses[1] == 400, "the second create was told that the id is taken"


@pytest.mark.sweep
async def test_an_id_that_is_taken_by_nobody_does_not_make_the_bot_spin(town: Town) -> None:
    """Told that the id exists, and that it does not: the bot waits between two tries."""
    taken = "External_task_id x already exists"
    town.kling.fault(Fault(How.REFUSE, code=1201, message=taken, times=None))
    await town.ask("image", prompt="contradiction")
    await town.kling.until(lambda: len(town.kling.requests) >= 3)
    job = await town.commits.until(partial(_waiting_longer, town))
    assert job > 1.0


async def _waiting_longer(town: Town) -> float | None:
    job = await town.only_job()
    wait_s = (job.due_at or 0.0) - town.clock.now()
    return wait_s if job.failures > 1 and wait_s > 1.0 else None


@pytest.mark.sweep
async def test_a_lip_sync_is_found_through_the_list(town: Town) -> None:
    """Its own query does not know our id, but the list echoes it."""
    fault = Fault(How.DROP, path="/v1/videos/advanced-lip-sync")
    town.kling.fault(fault)
    await town.ask("lipsync", video=clip(1), audio=voice())
    await fault.arrived.wait()
    await town.commits.until(partial(_noticed, town))
    await looked_up(town)
    await assert_one_result(town)


async def test_a_lip_sync_that_cannot_be_found_waits_for_a_person(tmp_path: Path) -> None:
    """Where nothing echoes our id nothing is sent again; member and operator are told."""
    switches = Switches(lip_sync_echoes_external_id=False)
    async with open_town(tmp_path, switches=switches) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        fault = Fault(How.DROP, path="/v1/videos/advanced-lip-sync")
        town.kling.fault(fault)
        asked = await town.ask("lipsync", video=clip(1), audio=voice())
        await fault.arrived.wait()
        await town.commits.until(partial(_noticed, town))
        while (await town.only_job()).state is State.CREATING:
            seen = (await town.only_job()).failures
            await looked_up(town)
            await town.commits.until(partial(_moved_on, town, seen))
        job = await town.job_is(State.WAITING)
        assert job.waits_for is WaitsFor.UNSURE
        await town.card_says(asked, "❔")
        assert len(town.kling.creates) == 1
        inbox = town.discord.dm(town.discord.owner)
        [notice] = [m for m in inbox.messages if m.author is town.discord.bot]
        assert job.id in card_text(notice)


async def _moved_on(town: Town, seen: int) -> bool | None:
    job = await town.only_job()
    return True if job.failures != seen or job.state is not State.CREATING else None


@pytest.mark.sweep
async def test_waiting_in_the_queue_does_not_use_up_the_looks(tmp_path: Path) -> None:
    """A job that Kling told to come back later still gets its looks when its answer is lost."""
    async with open_town(tmp_path) as town, town.bot():
        path = "/v1/videos/advanced-lip-sync"
        busy = Fault(How.REFUSE, path=path, code=1303, times=4)
        town.kling.fault(busy)
        lost = Fault(How.DROP, path=path)
        town.kling.fault(lost)
        await town.ask("lipsync", video=clip(1), audio=voice())
        for waits in range(1, 5):
            await town.commits.until(partial(_told_to_wait, town, waits))
            town.clock.jump(LOOK_S)
        await lost.arrived.wait()
        job = await town.commits.until(partial(_unclear, town))
        assert job == 1
        await looked_up(town)
        await assert_one_result(town)


async def _told_to_wait(town: Town, waits: int) -> bool | None:
    job = await town.only_job()
    return True if job.state is State.QUEUED and job.failures >= waits else None


async def _unclear(town: Town) -> int | None:
    job = await town.only_job()
    return job.failures if job.state is State.CREATING and job.failures else None


@pytest.mark.sweep
async def test_a_task_id_that_comes_after_the_claim_was_lost_is_stored(town: Town) -> None:
    """Another process took the row and asked a person; the answer then says that it is paid."""
    held = town.kling.fault(Fault(How.HANG))
    await town.ask("image", prompt="late answer")
    await held.arrived.wait()
    url = town.settings.storage.url.get_secret_value()
    async with open_database(url, owner="another", beside=True) as database:
        now = town.clock.now() + 3_600
        [job] = await database.jobs.claim(Lane.CREATE, now=now, lease_s=60, limit=1)
        await database.jobs.move(
            job, State.WAITING, now=now, waits_for=WaitsFor.UNSURE, waits_until=None, due_at=None
        )
    held.release()
    await assert_one_result(town)
    assert (await town.only_job()).task_id == town.kling.creates[0].id


@pytest.mark.sweep
async def test_a_job_that_nobody_follows_is_not_sent_again(town: Town) -> None:
    """Stopped while its create was unclear, and found not to exist: nothing is bought for it."""
    await lost_answer(town, Fault(How.DROP, before=True), "image")
    job = await town.only_job()
    await town.store.stop_following(job.id, now=town.clock.now())
    await looked_up(town)
    [ended] = await town.settled()
    assert ended.stopped
    assert town.kling.creates == []
    assert town.posts() == []


@pytest.mark.sweep
async def test_a_job_that_nobody_follows_does_not_wait_in_the_queue(tmp_path: Path) -> None:
    """Stopped while its create was under way, which then is told to come back later: it ends."""
    async with open_town(tmp_path, kling_options={"image_slots": 1}) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        await town.ask("image", prompt="takes the slot")
        await town.kling.until(lambda: len(town.kling.creates) == 1)
        held = town.kling.fault(Fault(How.HANG, before=True))
        asked = await town.ask("image", prompt="never mind")
        await held.arrived.wait()
        await town.press(town.card_of(asked), "cancel")
        held.release()
        await town.card_says(asked, "This job was stopped. Nothing was posted")
        town.kling.finish(town.kling.creates[0])
        await town.settled()
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
async def test_a_task_with_our_id_is_ours_however_the_clocks_differ(town: Town) -> None:
    """Kling's clock an hour behind ours makes no stranger of the task that echoes our id."""
    await lost_answer(town, Fault(How.DROP), "image")
    (task,) = town.kling.creates
    task.created_s -= 3_600.0
    await looked_up(town)
    await assert_one_result(town)
