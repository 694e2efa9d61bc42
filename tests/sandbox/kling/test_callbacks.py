"""Callbacks: when they are sent, what they carry, how they are signed."""

import base64
import json

import pytest

from sandbox.kling import Latencies, Switches, sign
from tests.harness.kling_caller import Caller, Files
from tests.sandbox.kling.conftest import OpenWorld

T2V = "videos/text2video"
SECRET = "whsec_" + base64.b64encode(b"testsecrettestsecrettestsecret12").decode()
SECONDS = Latencies(queue_s=1, video_s=1)


def test_the_published_vector() -> None:
    """The signature of Kling's published example comes out as published."""
    body = (
        b'{"id":"1234567890","status":"succeeded","message":"",'
        b'"create_time":1781080778802,"update_time":1781080794151}'
    )
    expected = "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="
    assert sign(SECRET, "9876543210", 1781080794, body) == expected


async def heard(kling: Caller, count: int) -> list[str]:
    await kling.world.until(lambda: len(kling.world.callbacks) >= count)
    return [sent.body["task_status"] for sent in kling.world.callbacks]


@pytest.mark.parametrize("switch", [False, True])
async def test_each_change_is_called_back(
    open_world: OpenWorld, files: Files, *, switch: bool
) -> None:
    """The bare task object comes at each change; `submitted` counts where the switch says so."""
    kling = await open_world(latencies=SECONDS, switches=Switches(callback_for_submitted=switch))
    hook = f"{files.base_url}/hook"
    task_id = await kling.created(T2V, prompt="x", callback_url=hook, external_task_id="mine")
    first = ["submitted"] if switch else []
    await heard(kling, len(first))
    await reach(kling, 1)
    await heard(kling, len(first) + 1)
    await reach(kling, 1)
    assert await heard(kling, len(first) + 2) == [*first, "processing", "succeed"]
    headers, body = files.posted[-1]
    assert json.loads(body) == (await kling.get(f"{T2V}/{task_id}")).data
    assert json.loads(body)["task_info"] == {"external_task_id": "mine"}
    assert "webhook-signature" not in headers


async def reach(kling: Caller, seconds: float) -> None:
    """Move the clock once the follower sleeps on it."""
    for _ in range(1000):
        if kling.clock.next_wake is not None:
            break
        await kling.get("videos/text2video")
    kling.clock.advance(seconds)


@pytest.mark.parametrize("switch", [False, True])
async def test_callbacks_are_signed_where_a_secret_exists(
    open_world: OpenWorld, files: Files, *, switch: bool
) -> None:
    """With a secret each callback carries a signature over its exact bytes, unless switched off."""
    kling = await open_world(webhook_secret=SECRET, switches=Switches(callbacks_signed=switch))
    await kling.created(T2V, prompt="x", callback_url=f"{files.base_url}/hook")
    await heard(kling, 1)
    headers, body = files.posted[0]
    signature = headers.get("webhook-signature")
    at_s = int(kling.clock.now())
    task_id = kling.world.creates[0].id
    assert signature == (sign(SECRET, task_id, at_s, body) if switch else None)


async def test_finish_and_fail_call_back_at_once(kling: Caller, files: Files) -> None:
    """An end from outside is told without the clock moving."""
    hook = f"{files.base_url}/hook"
    task_id = await kling.created(T2V, prompt="x", callback_url=hook)
    await heard(kling, 1)
    kling.world.fail(kling.world.tasks[task_id], "broken")
    assert await heard(kling, 2) == ["submitted", "failed"]
    assert json.loads(files.posted[1][1])["task_status_msg"] == "broken"


@pytest.mark.parametrize(("attempts", "statuses"), [(1, [500]), (3, [500, 500, 200])])
async def test_switch_callback_attempts(
    open_world: OpenWorld, files: Files, attempts: int, statuses: list[int]
) -> None:
    """A callback that is not answered 200 is sent as often as the switch says."""
    kling = await open_world(switches=Switches(callback_attempts=attempts))
    files.answers = [500, 500, 200]
    await kling.created(T2V, prompt="x", callback_url=f"{files.base_url}/hook")
    await heard(kling, attempts)
    assert [sent.status for sent in kling.world.callbacks] == statuses


async def test_a_dead_callback_address_hurts_nobody(kling: Caller) -> None:
    """Nothing listens: it is recorded as status 0 and the task goes on."""
    await kling.created(T2V, prompt="x", callback_url="http://127.0.0.1:1/hook")
    await heard(kling, 1)
    assert kling.world.callbacks[0].status == 0
