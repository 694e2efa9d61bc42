"""Steering by hand: ends that are moved, faults that are taken back, and word of changes."""

import asyncio

from sandbox.kling import Fault, How
from tests.harness.kling_caller import Caller

T2V, T2I = "videos/text2video", "images/generations"


async def status(kling: Caller, product: str, task_id: str) -> str:
    return str((await kling.get(f"{product}/{task_id}")).data["task_status"])


async def test_a_delay_moves_the_end(kling: Caller) -> None:
    """A running task ends so much later, never before now, and one that has ended not again."""
    task_id = await kling.created(T2I, prompt="a cat")
    task = kling.world.tasks[task_id]
    usual_s = task.ends_s
    kling.world.delay(task, 60)
    kling.clock.advance(usual_s - kling.clock.now() + 59)
    assert await status(kling, T2I, task_id) == "processing"
    kling.world.delay(task, -1000)
    assert task.ends_s == kling.clock.now()
    assert await status(kling, T2I, task_id) == "succeed"
    kling.world.delay(task, 60)
    assert await status(kling, T2I, task_id) == "succeed"


async def test_a_slow_kling_is_undone(kling: Caller) -> None:
    """Running and new tasks are slow; undone, each ends at its usual moment."""
    before = kling.world.tasks[await kling.created(T2I, prompt="a cat")]
    usual_s = before.ends_s - before.created_s
    kling.world.slow_down(3600)
    meanwhile = kling.world.tasks[await kling.created(T2I, prompt="a dog")]
    for task in (before, meanwhile):
        assert task.ends_s - task.created_s == usual_s + 3600
    kling.world.slow_down(0)
    after = kling.world.tasks[await kling.created(T2I, prompt="a bird")]
    for task in (before, meanwhile, after):
        assert task.ends_s - task.created_s == usual_s


async def test_a_fault_is_taken_back_alone(kling: Caller) -> None:
    """What hangs in a withdrawn fault is answered, and other faults stay."""
    hang = kling.world.fault(Fault(How.HANG, path=f"/v1/{T2V}", times=None, before=True))
    kling.world.fault(Fault(How.REFUSE, path=f"/v1/{T2I}", code=1303))
    held = asyncio.create_task(kling.post(T2V, prompt="x"))
    await hang.arrived.wait()
    kling.world.withdraw(hang)
    assert (await held).status == 200
    assert (await kling.post(T2V, prompt="x")).status == 200
    assert (await kling.post(T2I, prompt="x")).code == 1303


async def test_every_change_is_told(kling: Caller) -> None:
    """A listener is called for a create, for a query, and when an end is moved."""
    heard: list[int] = []
    kling.world.on_change(lambda: heard.append(len(kling.world.creates)))
    task_id = await kling.created(T2I, prompt="a cat")
    assert heard[-1] == 1
    heard.clear()
    await kling.get(f"{T2I}/{task_id}")
    assert heard
    heard.clear()
    kling.world.finish(kling.world.tasks[task_id])
    assert heard == [1]
