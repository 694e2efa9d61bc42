"""Looking for a task by our own id: what is found, what proves what, and what is learnt."""

from typing import Any

import pytest

from bot.domain.operations.table import OPERATION_OF
from bot.domain.requests import ImageRequest, LipSyncRequest, Route, VideoRequest
from bot.errors import KlingRefusedRequest, KlingUnclear, KlingUnreachable
from bot.kling.dialects import OUR_SERVER, Dialect
from bot.kling.listing import LIST_PAGE_SIZE, LIST_PAGES_MAX
from bot.kling.tasks import LipSyncChoice, Lookup
from tests.harness.kling.stub import Answer, Stub, no, says, writes, yes
from tests.kling.conftest import MakeKling

WORDS = VideoRequest(prompt="a boat", model="kling-v3")
PICTURE = ImageRequest(prompt="a cat", model="kling-v3")
ABSENT = no(400, 1201, "Task not found by id/external id: abc")
OURS = {"Server": OUR_SERVER}
LEGACY = [route for route in Route if not route.newer]
PLAIN_ROUTES = [route for route in Route if route is not Route.LIP_SYNC and not route.newer]


def wrapped(headers: dict[str, str] | None = None, **data: Any) -> Answer:
    return says({"task_id": "1", "message": "submitted", "raw_data": data}, headers=headers)


def page(*external_ids: str | None) -> Answer:
    entries = [
        {"task_id": str(place + 1), "task_info": {"external_task_id": external_id or ""}}
        for place, external_id in enumerate(external_ids)
    ]
    return says({"code": 0, "data": entries})


FULL_PAGE = page(*["other"] * LIST_PAGE_SIZE)


@pytest.mark.parametrize("route", PLAIN_ROUTES)
async def test_kling_is_asked_by_the_path_and_proves_both_ways(
    make_kling: MakeKling, route: Route
) -> None:
    """On Kling itself a task is found by our id in its path, and absence is proof."""
    found = yes(task_id="1", task_info={"external_task_id": "abc"})
    async with Stub(found, ABSENT) as stub:
        kling = await make_kling(stub.base_url)
        task = await kling.find(route, "abc")
        assert task is not None
        assert task.task_id == "1"
        assert await kling.find(route, "abc") is None
        assert stub.asked[0].path == f"/v1/{route.value}/abc"
        assert len(stub.asked) == 2
    assert kling.lookup(route) is Lookup.PROVES


async def test_a_task_of_somebody_else_is_not_ours(make_kling: MakeKling) -> None:
    """What comes back under another external id is not ours; one without an id may be."""
    theirs = yes(task_id="1", task_info={"external_task_id": "xyz"})
    silent = yes(task_id="1", task_info={})
    async with Stub(theirs, silent) as stub:
        kling = await make_kling(stub.base_url)
        assert await kling.find(Route.TEXT2VIDEO, "abc") is None
        assert await kling.find(Route.TEXT2VIDEO, "abc") is not None


@pytest.mark.parametrize(
    "answer", [writes(b"<html>"), writes(b"", 502), no(500, 5000, "no")], ids=["html", "502", "500"]
)
async def test_a_look_up_that_failed_is_not_an_absence(
    make_kling: MakeKling, answer: Answer
) -> None:
    """Where the answer cannot be read the error is raised: None would pay twice."""
    async with Stub(answer) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(KlingUnclear):
            await kling.find(Route.TEXT2VIDEO, "abc")
    with pytest.raises(KlingUnreachable):
        await kling.find(Route.TEXT2VIDEO, "abc")


async def test_another_refusal_is_not_an_absence(make_kling: MakeKling) -> None:
    """Only "task not found" means that there is none."""
    async with Stub(no(400, 1201, "id is invalid")) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(KlingRefusedRequest):
            await kling.find(Route.OMNI_IMAGE, "abc")


@pytest.mark.parametrize(
    "by_path", [ABSENT, no(400, 1201, "id is invalid")], ids=["absent", "refused"]
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_lip_sync_is_looked_for_in_the_list(
    make_kling: MakeKling, by_path: Answer, place: int
) -> None:
    """Where the path does not know our id, the pages are read until it turns up, in any order."""
    pages = [FULL_PAGE] * place + [page("other", None, "abc", "another")]
    async with Stub(by_path, *pages) as stub:
        kling = await make_kling(stub.base_url)
        assert kling.lookup(Route.LIP_SYNC) is Lookup.MAY_FIND
        task = await kling.find(Route.LIP_SYNC, "abc")
        assert task is not None
        assert task.task_id == "3"
        numbers = [asked.path.split("?")[1].split("&")[0] for asked in stub.asked[1:]]
        assert numbers == [f"pageNum={number + 1}" for number in range(place + 1)]


async def test_a_short_page_is_the_last(make_kling: MakeKling) -> None:
    """Fewer entries than asked for end the search."""
    async with Stub(ABSENT, FULL_PAGE, page("other")) as stub:
        kling = await make_kling(stub.base_url)
        assert await kling.find(Route.LIP_SYNC, "abc") is None
        assert len(stub.asked) == 3


async def test_the_list_is_read_to_a_bound(make_kling: MakeKling) -> None:
    """An account with endless tasks costs a bounded number of questions."""
    async with Stub(ABSENT, FULL_PAGE) as stub:
        kling = await make_kling(stub.base_url)
        assert await kling.find(Route.LIP_SYNC, "abc") is None
        assert len(stub.asked) == 1 + LIST_PAGES_MAX


async def test_past_the_end_a_refusal_is_an_end(make_kling: MakeKling) -> None:
    """What Kling says to a page too far is not documented; on the first page it is a refusal."""
    refusal = no(400, 1201, "pageNum value '2' is invalid")
    async with Stub(ABSENT, FULL_PAGE, refusal) as stub:
        kling = await make_kling(stub.base_url)
        assert await kling.find(Route.LIP_SYNC, "abc") is None
        stub.answers = [ABSENT, refusal]
        with pytest.raises(KlingRefusedRequest):
            await kling.find(Route.LIP_SYNC, "abc")


async def test_a_list_that_is_none_is_unclear(make_kling: MakeKling) -> None:
    """A page that cannot be read is not an empty one."""
    async with Stub(ABSENT, yes(tasks=[])) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(KlingUnclear):
            await kling.find(Route.LIP_SYNC, "abc")


STRANGER = {
    Route.TEXT2VIDEO: Lookup.PROVES,
    Route.IMAGE2VIDEO: Lookup.PROVES,
    Route.OMNI_IMAGE: Lookup.PROVES,
    Route.GENERATIONS: Lookup.BLIND,
    Route.LIP_SYNC: Lookup.BLIND,
    Route.LEGACY_OMNI_VIDEO: Lookup.BLIND,
    **dict.fromkeys((r for r in OPERATION_OF if not r.newer), Lookup.BLIND),
}
OWN = dict.fromkeys(Route, Lookup.PROVES) | {Route.LIP_SYNC: Lookup.MAY_FIND}


@pytest.mark.parametrize("route", LEGACY)
async def test_a_strange_gateway_proves_what_it_is_known_to_pass_on(
    make_kling: MakeKling, route: Route
) -> None:
    """Before anything was learnt, three routes prove and the others are blind."""
    kling = await make_kling("http://127.0.0.1:1", Dialect.GATEWAY)
    assert kling.lookup(route) is STRANGER[route]


@pytest.mark.parametrize("route", LEGACY)
async def test_our_own_gateway_is_known_by_its_greeting(
    make_kling: MakeKling, route: Route
) -> None:
    """Its `Server` header says that ids are kept; a stranger's greeting changes nothing."""
    async with Stub(says({"message": "hello"}, headers=OURS)) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        assert await kling.greet()
        assert kling.lookup(route) is OWN[route]
        assert [(asked.method, asked.path) for asked in stub.asked] == [("GET", "/")]
        stub.answers = [says({"message": "hello"})]
        assert not await kling.greet()
        assert kling.lookup(route) is STRANGER[route]


async def test_any_answer_tells_whose_gateway_it_is(make_kling: MakeKling) -> None:
    """Even a refusal does: who looks for a task first knows afterwards what None meant."""
    absent = says({"detail": "Task not found by id/external id: abc"}, 400, OURS)
    async with Stub(absent) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        assert await kling.find(Route.GENERATIONS, "abc") is None
        assert kling.lookup(Route.GENERATIONS) is Lookup.PROVES


async def test_who_cannot_be_greeted_is_a_stranger(make_kling: MakeKling) -> None:
    """Greeting never raises; and Kling itself is not greeted."""
    kling = await make_kling("http://127.0.0.1:1", Dialect.GATEWAY)
    assert not await kling.greet()
    assert not await (await make_kling("http://127.0.0.1:1")).greet()


async def test_an_echo_teaches_that_a_route_keeps_ids(make_kling: MakeKling) -> None:
    """Once a strange gateway's answer carries our id, its route proves, and the caller is told."""
    learnt: list[Route] = []
    async with Stub(wrapped(), wrapped(task_info={"external_task_id": "abc"})) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY, on_learnt=learnt.append)
        await kling.create(PICTURE, external_id="abc", inputs={})
        assert kling.lookup(Route.GENERATIONS) is Lookup.BLIND
        await kling.create(PICTURE, external_id="abc", inputs={})
        assert kling.lookup(Route.GENERATIONS) is Lookup.PROVES
        await kling.create(PICTURE, external_id="abc", inputs={})
        await kling.create(WORDS, external_id="abc", inputs={})
    assert learnt == [Route.GENERATIONS]
    assert kling.lookup(Route.LIP_SYNC) is Lookup.BLIND


async def test_a_query_that_shows_an_external_id_teaches_the_same(make_kling: MakeKling) -> None:
    """A task of ours that is asked for by Kling's id tells whether its route kept our own."""
    silent = says({"task_id": "1", "message": "processing", "raw_data": {"task_info": {}}})
    async with Stub(silent, wrapped(task_info={"external_task_id": "abc"})) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        await kling.query(Route.GENERATIONS, "1")
        assert kling.lookup(Route.GENERATIONS) is Lookup.BLIND
        await kling.query(Route.GENERATIONS, "1")
        assert kling.lookup(Route.GENERATIONS) is Lookup.PROVES


async def test_an_echo_of_another_id_teaches_nothing(make_kling: MakeKling) -> None:
    """A gateway that puts in an id of its own does not keep ours."""
    async with Stub(wrapped(task_info={"external_task_id": "its-own"})) as stub:
        kling = await make_kling(stub.base_url, Dialect.GATEWAY)
        await kling.create(PICTURE, external_id="abc", inputs={})
    assert kling.lookup(Route.GENERATIONS) is Lookup.BLIND


async def test_a_lip_sync_found_by_its_path_teaches_that_it_can_be(make_kling: MakeKling) -> None:
    """An observation on Kling itself makes the lip-sync provable, too."""
    learnt: list[Route] = []
    async with Stub(yes(task_id="1", task_info={"external_task_id": "abc"})) as stub:
        kling = await make_kling(stub.base_url, on_learnt=learnt.append)
        assert await kling.find(Route.LIP_SYNC, "abc") is not None
    assert learnt == [Route.LIP_SYNC]
    assert kling.lookup(Route.LIP_SYNC) is Lookup.PROVES


async def test_a_lip_sync_that_echoes_need_not_be_found_by_it(make_kling: MakeKling) -> None:
    """Neither the order's echo nor the list's makes absence a proof: the path may not know it."""
    echo = {"task_id": "1", "task_info": {"external_task_id": "abc"}}
    async with Stub(yes(**echo), yes(**echo), ABSENT, page("abc")) as stub:
        kling = await make_kling(stub.base_url)
        await kling.create(
            LipSyncRequest(video_url="https://a.example/v"),
            external_id="abc",
            inputs={"audio": b"x"},
            choice=LipSyncChoice("1", "0", 0, 2000, 0),
        )
        await kling.query(Route.LIP_SYNC, "1")
        assert await kling.find(Route.LIP_SYNC, "abc") is not None
    assert kling.lookup(Route.LIP_SYNC) is Lookup.MAY_FIND


async def test_what_was_learnt_before_is_remembered(make_kling: MakeKling) -> None:
    """Routes that the caller has stored prove from the start and are not told again."""
    learnt: list[Route] = []
    async with Stub(wrapped(task_info={"external_task_id": "abc"})) as stub:
        kling = await make_kling(
            stub.base_url,
            Dialect.GATEWAY,
            kept_routes=[Route.GENERATIONS],
            on_learnt=learnt.append,
        )
        assert kling.lookup(Route.GENERATIONS) is Lookup.PROVES
        await kling.create(PICTURE, external_id="abc", inputs={})
    assert learnt == []


async def test_an_answer_about_another_task_is_no_answer(make_kling: MakeKling) -> None:
    """A query gets the task it asked for, by either id, or an error."""
    async with Stub(yes(task_id="1", task_info={"external_task_id": "abc"})) as stub:
        kling = await make_kling(stub.base_url)
        assert (await kling.query(Route.TEXT2VIDEO, "1")).task_id == "1"
        assert (await kling.query(Route.TEXT2VIDEO, "abc")).task_id == "1"
        with pytest.raises(KlingUnclear, match="another_task"):
            await kling.query(Route.TEXT2VIDEO, "2")
