"""Faults: each one strikes as declared, and leaves behind what it says."""

import asyncio
import json

import pytest
from aiohttp import ClientError, ClientPayloadError, ServerDisconnectedError

from sandbox.kling import Fault, How
from tests.harness.kling_caller import Caller
from tests.sandbox.kling.conftest import OpenWorld

T2V, T2I = "videos/text2video", "images/generations"


async def raw(kling: Caller, **body: object) -> tuple[int, bytes]:
    url = f"{kling.world.base_url}/v1/{T2V}"
    async with kling.session.post(url, json={"prompt": "x"} | body, headers=kling.headers) as reply:
        return reply.status, await reply.read()


@pytest.mark.parametrize(("status", "code"), [(None, 1302), (None, 5001), (418, 5000), (200, 1303)])
async def test_refuse_does_nothing(kling: Caller, status: int | None, code: int) -> None:
    """The answer is as declared, no task is made, and the next request is served."""
    kling.world.fault(Fault(How.REFUSE, status=status, code=code, message="busy"))
    answer = await kling.post(T2V, prompt="x")
    expected = status or {1302: 429, 5001: 503}[code]
    assert answer.refusal == (expected, code, "busy")
    assert kling.world.creates == []
    assert (await kling.post(T2V, prompt="x")).status == 200


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_answer_lies_about_a_task_that_exists(kling: Caller, status: int) -> None:
    """The task is made; the answer says it was not."""
    kling.world.fault(Fault(How.ANSWER, status=status))
    assert (await kling.post(T2V, prompt="x", external_task_id="a")).status == status
    assert (await kling.get(f"{T2V}/a")).status == 200
    assert kling.world.requests[0].status == status


@pytest.mark.parametrize("before", [False, True])
async def test_drop_cuts_the_connection(kling: Caller, *, before: bool) -> None:
    """The caller gets no answer; the task exists, unless the cut came before."""
    fault = kling.world.fault(Fault(How.DROP, before=before))
    with pytest.raises((ServerDisconnectedError, ConnectionError, ClientError)):
        await raw(kling)
    assert fault.arrived.is_set()
    assert len(kling.world.creates) == (0 if before else 1)


@pytest.mark.parametrize("before", [False, True])
async def test_hang_waits_for_its_release(kling: Caller, *, before: bool) -> None:
    """The request is held, with or without its task, until it is released."""
    fault = kling.world.fault(Fault(How.HANG, before=before))
    asked = asyncio.create_task(kling.post(T2V, prompt="x"))
    await fault.arrived.wait()
    assert len(kling.world.creates) == (0 if before else 1)
    assert not asked.done()
    fault.release()
    assert (await asked).status == 200
    assert len(kling.world.creates) == 1


@pytest.mark.parametrize("before", [False, True])
async def test_what_hangs_may_be_lost(kling: Caller, *, before: bool) -> None:
    """A request that is lost while it hangs is never carried out; one that was, stays."""
    fault = kling.world.fault(Fault(How.HANG, before=before))
    asked = asyncio.create_task(raw(kling))
    await fault.arrived.wait()
    fault.lose()
    with pytest.raises((ServerDisconnectedError, ConnectionError, ClientError)):
        await asked
    assert len(kling.world.creates) == (0 if before else 1)


async def test_closing_lets_go_of_what_hangs(open_world: OpenWorld) -> None:
    """A world can be closed over a request that hangs."""
    kling = await open_world()
    fault = kling.world.fault(Fault(How.HANG))
    asked = asyncio.create_task(kling.post(T2V, prompt="x"))
    await fault.arrived.wait()
    await kling.world.close()
    await asyncio.gather(asked, return_exceptions=True)
    assert asked.done()


async def test_garbage_no_task_id_and_truncated(kling: Caller) -> None:
    """HTTP 200 and a task, but a body that is no JSON, has no id, or is only half there."""
    kling.world.fault(Fault(How.GARBAGE))
    status, body = await raw(kling)
    assert status == 200
    with pytest.raises(ValueError, match=r"decode|Expecting"):
        json.loads(body)
    kling.world.fault(Fault(How.NO_TASK_ID))
    assert json.loads((await raw(kling))[1])["data"] == {}
    kling.world.fault(Fault(How.TRUNCATED))
    status, body = await raw(kling)
    assert (status, body[:10]) == (200, b'{"code":0,')
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(body)
    assert len(kling.world.creates) == 3


async def test_cut_breaks_off_in_the_body(kling: Caller) -> None:
    """The announced length never arrives, for media too."""
    kling.world.fault(Fault(How.CUT))
    with pytest.raises(ClientPayloadError):
        await raw(kling)
    url = (await kling.done(T2I, prompt="x"))["task_result"]["images"][0]["url"]
    kling.world.fault(Fault(How.CUT, method="GET", path="/results/*"))
    with pytest.raises(ClientPayloadError):
        await kling.fetch(url)
    kling.world.fault(Fault(How.REFUSE, method="GET", path="/results/*", status=404))
    assert (await kling.fetch(url))[0] == 404
    assert (await kling.fetch(url))[0] == 200


@pytest.mark.parametrize("how", [How.SLOW, How.DRIP])
async def test_slow_answers_come_on_the_clock(kling: Caller, how: How) -> None:
    """The whole answer arrives once the injected seconds have passed, not before."""
    kling.world.fault(Fault(how, seconds=40))
    asked = asyncio.create_task(raw(kling))
    began_s = kling.clock.now()
    while not asked.done():
        if kling.clock.next_wake is not None:
            kling.clock.advance(kling.clock.next_wake - kling.clock.now())
        await asyncio.sleep(0)
    assert json.loads((await asked)[1])["code"] == 0
    assert kling.clock.now() - began_s == pytest.approx(40)


async def test_a_fault_strikes_only_what_it_matches(kling: Caller) -> None:
    """Method, path and body decide; `times` counts; `clear_faults` ends it."""
    kling.world.fault(
        Fault(How.REFUSE, path="/v1/videos/*", times=2, body=lambda b: b.get("prompt") == "dog")
    )
    assert (await kling.post(T2I, prompt="dog")).status == 200
    assert (await kling.post(T2V, prompt="cat")).status == 200
    assert [(await kling.post(T2V, prompt="dog")).status for _ in range(3)] == [500, 500, 200]
    kling.world.fault(Fault(How.REFUSE, method="*", times=None))
    assert (await kling.get(T2V)).status == 500
    kling.world.clear_faults()
    assert (await kling.get(T2V)).status == 200


async def test_chance_is_seeded(open_world: OpenWorld) -> None:
    """The same seed strikes the same requests."""
    runs = []
    for _ in range(2):
        kling = await open_world(seed=7)
        kling.world.fault(Fault(How.REFUSE, method="GET", times=None, chance=0.5))
        runs.append([(await kling.get(T2V)).status for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}
