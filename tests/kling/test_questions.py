"""Queries of many tasks: one request for twenty, each answer by itself, and services without it."""

import asyncio
from typing import cast

import pytest

from bot.domain.requests import Route, VideoRequest
from bot.errors import KlingBusy, KlingError, KlingNotFound, KlingRefusedAccount, KlingUnreachable
from bot.kling.auth import ApiKey
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from bot.kling.questions import BATCH_MAX, FORGOTTEN_AFTER_S, LIST_FROM, Questions
from bot.kling.tasks import Task, TaskStatus
from sandbox.kling import Fault, How, LocalKling, Switches
from tests.harness.kling.stub import Stub, says, yes
from tests.harness.manual_clock import ManualClock
from tests.harness.models import VIDEO
from tests.kling.conftest import LONG_S, MakeKling, OpenWorld, World

T2V = Route.TEXT2VIDEO


async def made(world: World, count: int) -> list[str]:
    """Tasks at Kling, and nothing recorded of how they came there."""
    tasks = [
        await world.kling.create(VideoRequest("a fox", VIDEO), external_id=f"job{n}", inputs={})
        for n in range(count)
    ]
    world.clock.advance(LONG_S)
    world.local.requests.clear()
    return [task.task_id for task in tasks]


def fault_of(how: How, *, times: int | None = None, status: int = 500, code: int = 5000) -> Fault:
    return Fault(how, method="GET", path="/tasks", times=times, status=status, code=code)


def paths(local: LocalKling) -> list[str]:
    return [request.path for request in local.requests]


async def ask(questions: Questions, ids: list[str]) -> list[Task | BaseException]:
    asking = (questions.query(T2V, task_id) for task_id in ids)
    return await asyncio.gather(*asking, return_exceptions=True)


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await open_world(Dialect.OFFICIAL, keys="api_key", video_slots=100)


@pytest.mark.parametrize(
    ("count", "requests"), [(1, 1), (2, 1), (BATCH_MAX, 1), (BATCH_MAX + 1, 2), (45, 3)]
)
async def test_twenty_tasks_are_one_request(world: World, count: int, requests: int) -> None:
    """Each is answered with its own task, finished and with its media, whatever their number."""
    ids = await made(world, count)
    tasks = await ask(Questions(world.kling, world.clock), ids)
    assert [task.task_id for task in tasks if isinstance(task, Task)] == ids
    assert all(isinstance(t, Task) and t.status is TaskStatus.SUCCEED and t.media for t in tasks)
    assert len(world.local.requests) == requests


async def test_the_batch_says_what_the_route_says(world: World) -> None:
    """State, message, ids, units and media are equal; only the signed addresses are fresh."""
    ids = await made(world, 2)
    world.local.fault(fault_of(How.REFUSE, times=1, status=404, code=1202))
    batched = await ask(Questions(world.kling, world.clock), ids)
    alone = [await world.kling.query(T2V, task_id) for task_id in ids]
    again = await ask(Questions(world.kling, world.clock), ids)
    assert batched == alone == again


async def test_a_task_that_no_batch_shows_is_asked_for_by_itself(world: World) -> None:
    """Only its own route can say that there is none; the others have their answer."""
    ids = await made(world, 2)
    found = await ask(Questions(world.kling, world.clock), [ids[0], "1234", ids[1]])
    assert isinstance(found[1], KlingNotFound)
    assert [isinstance(one, Task) for one in found] == [True, False, True]
    assert paths(world.local) == ["/tasks", "/v1/videos/text2video/1234"]


async def test_a_service_that_leaves_tasks_out_is_asked_one_by_one(open_world: OpenWorld) -> None:
    """Three that exist are enough to know; after a day it is tried again."""
    blind = Switches(tasks_reads_legacy=False)
    world = await open_world(
        Dialect.OFFICIAL, keys="api_key", switches=blind, latencies=None, video_slots=100
    )
    ids = await made(world, 3)
    noted: list[float] = []
    questions = Questions(world.kling, world.clock, on_refused=noted.append)
    assert all(isinstance(one, Task) for one in await ask(questions, ids))
    assert paths(world.local).count("/tasks") == 1
    assert noted == [world.clock.now()]
    await ask(questions, ids)
    assert paths(world.local).count("/tasks") == 1
    world.clock.advance(FORGOTTEN_AFTER_S)
    await ask(questions, ids)
    assert paths(world.local).count("/tasks") == 2


@pytest.mark.parametrize("status", [404, 405])
async def test_a_service_without_that_path_is_asked_one_by_one(
    make_kling: MakeKling, world: World, status: int
) -> None:
    """It is found out once, and what is found out survives a restart."""
    first = says({"detail": "Not Found"}, status)
    one = yes(task_id="1", task_status="processing")
    two = yes(task_id="2", task_status="processing")
    async with Stub(first, one, two, one, two) as stub:
        kling = await make_kling(stub.base_url)
        noted: list[float] = []
        await ask(Questions(kling, world.clock, on_refused=noted.append), ["1", "2"])
        assert len(noted) == 1
        await ask(Questions(kling, world.clock, refused_at=noted[0]), ["1", "2"])
        assert [asked.path.startswith("/tasks?") for asked in stub.asked] == [True] + [False] * 4


async def test_a_clock_that_was_set_back_asks_again(world: World) -> None:
    """A refusal that lies in the future proves nothing about today."""
    ids = await made(world, 2)
    later = world.clock.now() + 10.0
    await ask(Questions(world.kling, world.clock, refused_at=later), ids)
    assert paths(world.local) == ["/tasks"]


@pytest.mark.parametrize(
    ("code", "error"), [(1303, KlingBusy), (1102, KlingRefusedAccount), (1302, KlingBusy)]
)
async def test_an_account_that_is_refused_is_not_asked_twenty_times(
    make_kling: MakeKling, world: World, code: int, error: type[KlingError]
) -> None:
    """What concerns the account concerns all of them: one asks by itself, no other does."""
    ids = await made(world, 5)
    kling = await make_kling(world.base_url, auth=ApiKey(world.local.keys.api_key))
    for path in ("/tasks", "/v1/*"):
        refusal = fault_of(How.REFUSE, status=429, code=code)
        refusal.path = path
        world.local.fault(refusal)
    assert all(isinstance(one, error) for one in await ask(Questions(kling, world.clock), ids))
    assert set(paths(world.local)) == {"/tasks", f"/v1/videos/text2video/{ids[0]}"}


@pytest.mark.parametrize(
    "fault",
    [(500, 5000), (503, 5001), (401, 1002), (403, 1103), (429, 1303), (400, 1201)],
    ids=str,
)
async def test_a_path_that_fails_alone_stops_nobody(
    make_kling: MakeKling, world: World, fault: tuple[int, int]
) -> None:
    """Where the routes answer, every task is told, and after three times no batch is asked for."""
    ids = await made(world, 3)
    kling = await make_kling(world.base_url, auth=ApiKey(world.local.keys.api_key))
    world.local.fault(fault_of(How.REFUSE, status=fault[0], code=fault[1]))
    questions = Questions(kling, world.clock)
    for _ in range(3):
        assert all(isinstance(one, Task) for one in await ask(questions, ids))
    world.local.requests.clear()
    assert all(isinstance(one, Task) for one in await ask(questions, ids))
    assert "/tasks" not in paths(world.local)


async def test_whoever_asks_first_may_be_cut_short_before_it_asks(world: World) -> None:
    """The others hear of it, and those that come later are asked for."""
    ids = await made(world, 2)
    questions = Questions(world.kling, world.clock)
    asking = [asyncio.ensure_future(questions.query(T2V, task_id)) for task_id in ids]
    asyncio.get_running_loop().call_soon(asking[0].cancel)
    await asyncio.wait(asking)
    assert asking[0].cancelled()
    assert isinstance(asking[1].exception(), KlingUnreachable)
    assert all(isinstance(one, Task) for one in await ask(questions, ids))


async def test_a_task_that_spoils_the_batch_is_its_own_trouble(
    make_kling: MakeKling, world: World
) -> None:
    """A refusal of the request itself, and an answer that can't be read, are asked around."""
    ids = await made(world, 3)
    kling = await make_kling(world.base_url, auth=ApiKey(world.local.keys.api_key))
    for fault in (
        fault_of(How.REFUSE, times=1, status=400, code=1201),
        fault_of(How.GARBAGE),
    ):
        world.local.fault(fault)
        assert all(isinstance(o, Task) for o in await ask(Questions(kling, world.clock), ids))


async def test_a_pair_of_keys_reads_the_products_list(open_world: OpenWorld) -> None:
    """The newer API refuses it: from four tasks of a product on, a page of its list is read."""
    world = await open_world(Dialect.OFFICIAL, keys="pair", video_slots=100)
    ids = await made(world, LIST_FROM)
    found = await ask(Questions(world.kling, world.clock), [*ids, "1234"])
    assert [isinstance(one, Task) for one in found] == [True] * LIST_FROM + [False]
    assert paths(world.local) == ["/v1/videos/text2video", "/v1/videos/text2video/1234"]
    world.local.requests.clear()
    await ask(Questions(world.kling, world.clock), ids[: LIST_FROM - 1])
    assert "/v1/videos/text2video" not in paths(world.local)


async def test_whoever_asks_first_may_be_cut_short(world: World) -> None:
    """The others do not wait for ever: they hear that nothing was asked."""
    ids = await made(world, 2)
    hang = world.local.fault(fault_of(How.HANG))
    questions = Questions(world.kling, world.clock)
    asking = [asyncio.ensure_future(questions.query(T2V, task_id)) for task_id in ids]
    await hang.arrived.wait()
    asking[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking[0]
    with pytest.raises(KlingUnreachable):
        await asking[1]
    world.local.withdraw(hang)


class Odd:
    """A client to which something happens that no one foresaw, in one task's answer."""

    def __init__(self, bad: str, *, signs: bool, together: bool) -> None:
        self.signs = signs
        self._bad = bad
        self._together = together
        """Whether a batch or list is read, and only what is remembered of a task fails."""

    async def query(self, route: Route, task_id: str) -> Task:
        assert route is T2V
        return self._read(task_id)

    async def query_many(self, ids: list[str]) -> list[Task]:
        return [self._of(one) if self._together else self._read(one) for one in ids]

    async def newest(self, route: Route) -> list[Task]:
        assert route is T2V
        return await self.query_many(IDS)

    def heard(self, route: Route, task: Task) -> None:
        assert route is T2V
        self._read(task.task_id)

    def _read(self, task_id: str) -> Task:
        if task_id == self._bad:
            raise RuntimeError(task_id)
        return self._of(task_id)

    def _of(self, task_id: str) -> Task:
        return Task(task_id, TaskStatus.PROCESSING, "", None, None, (), None)


IDS = [str(number) for number in range(LIST_FROM)]


@pytest.mark.parametrize("bad", [IDS[0], IDS[2]])
@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("signs", [False, True], ids=["batch", "list"])
async def test_what_nobody_foresaw_is_one_tasks_trouble(
    clock: ManualClock, bad: str, *, signs: bool, together: bool
) -> None:
    """In a batch, a list or its own answer: whoever asked for another task gets that task."""
    kling = cast("Kling", Odd(bad, signs=signs, together=together))
    found = await ask(Questions(kling, clock), IDS)
    told = {one.task_id if isinstance(one, Task) else str(one): type(one) for one in found}
    assert told == {one: RuntimeError if one == bad else Task for one in IDS}
