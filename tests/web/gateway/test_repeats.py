"""An order that arrives twice although one was meant is carried out once."""

import asyncio
import contextlib

import pytest

from bot.kling.transport import USER_AGENT
from bot.web.repeats import Repeats
from sandbox.kling import Fault, How, LocalKling
from tests.harness.kling.stub import Stub, no, yes
from tests.harness.manual_clock import ManualClock
from tests.web.gateway.conftest import Caller, OpenGateway

PATH = "/api/v1/images/generations"
ORDER = {"prompt": "a cat", "model_name": "kling-v3"}


async def test_the_same_order_at_once_is_one(gateway: Caller, local: LocalKling) -> None:
    """Three posts of a browser whose connections closed: one task, and each is told of it."""
    said = await asyncio.gather(*(gateway.post(PATH, ORDER) for _ in range(3)))
    assert [one.status for one in said] == [200] * 3
    assert len({one.body["task_id"] for one in said}) == 1
    assert len(local.creates) == 1


async def test_an_order_whose_caller_left_is_not_made_again(
    gateway: Caller, local: LocalKling
) -> None:
    """The connection is gone before the answer; the repeat finds the task that was made."""
    slow = local.fault(Fault(How.HANG, method="POST", times=1))
    leaving = asyncio.create_task(gateway.post(PATH, ORDER))
    await slow.arrived.wait()
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    again = asyncio.create_task(gateway.post(PATH, ORDER))
    slow.release()
    await again
    assert len(local.creates) == 1


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"prompt": "a dog"}, {}),
        ({"external_task_id": "two"}, {}),
        ({}, {"User-Agent": "another"}),
        ({}, {"X-Forwarded-For": "192.0.2.7"}),
        ({}, {"Cookie": "member=2"}),
        ({}, {"Idempotency-Key": "two"}),
    ],
)
async def test_another_order_or_caller_is_another(
    gateway: Caller, local: LocalKling, change: dict[str, str], headers: dict[str, str]
) -> None:
    """Only the same bytes of the same caller are a repeat."""
    first = await gateway.post(PATH, ORDER)
    second = await gateway.post(PATH, ORDER | change, headers=headers)
    assert first.body["task_id"] != second.body["task_id"]
    assert len(local.creates) == 2


async def test_the_bots_orders_are_never_repeats(gateway: Caller, local: LocalKling) -> None:
    """Two members who want the same at once get a task each, also of a model that takes no id."""
    headers = {"User-Agent": USER_AGENT}
    said = await asyncio.gather(*(gateway.post(PATH, ORDER, headers=headers) for _ in range(2)))
    assert len({one.body["task_id"] for one in said}) == 2
    assert len(local.creates) == 2


async def test_what_was_refused_may_be_ordered_again(open_gateway: OpenGateway) -> None:
    """No task was made, so nothing is remembered."""
    async with Stub(no(429, 1303, "no slot"), yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url)
        assert (await caller.post(PATH, ORDER)).status == 429
        assert (await caller.post(PATH, ORDER)).status == 200
        assert len(stub.asked) == 2


async def test_an_order_is_forgotten_in_time() -> None:
    """A person who wants the same again gets it."""
    repeats, made = Repeats(kept_s=0.0), []

    async def order() -> int:
        made.append(1)
        return len(made)

    assert await repeats.once(b"key", order) == 1
    forgotten = asyncio.Event()
    asyncio.get_running_loop().call_later(0.0, forgotten.set)
    await forgotten.wait()
    assert await repeats.once(b"key", order) == 2


async def test_a_key_in_a_header_is_the_orders_id(
    gateway: Caller, local: LocalKling, clock: ManualClock
) -> None:
    """It goes to Kling, and the same key again is answered with the task, however late."""
    headers = {"Idempotency-Key": '"order-17"'}
    first = await gateway.post(PATH, ORDER, headers=headers)
    assert local.creates[0].external_id == "order-17"
    clock.advance(3600)
    other = {"User-Agent": "after a restart", **headers}
    again = await gateway.post(PATH, ORDER, headers=other)
    assert (again.status, again.body["task_id"]) == (200, first.body["task_id"])
    assert len(local.creates) == 1


@pytest.mark.parametrize("key", ["a b", "x" * 65, "../tasks", "é"])
async def test_a_key_that_is_none_is_refused(gateway: Caller, local: LocalKling, key: str) -> None:
    """In the form of every other problem of a request."""
    said = await gateway.post(PATH, ORDER, headers={"Idempotency-Key": key})
    assert said.status == 422
    assert said.body["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert local.creates == []
