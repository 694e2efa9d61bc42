"""The newer generation through the gateway: as Kling has it, below `/api/v1`."""

from typing import Any

import pytest

from sandbox.kling import LocalKling, Switches
from sandbox.kling.orders import ClipDrawing
from tests.harness.kling.samples import RED
from tests.harness.kling_caller import raw64
from tests.harness.manual_clock import ManualClock
from tests.web.gateway.conftest import Caller, OpenGateway

TEXT, IMAGE, TASKS = (
    "/api/v1/text-to-video/kling-3.0",
    "/api/v1/image-to-video/kling-3.0",
    "/api/v1/tasks",
)
OMNI = "/api/v1/omni-video/kling-3.0-omni"
IMAGES = "/api/v1/omni-image/kling-image-4.0"
WORDS: dict[str, Any] = {"prompt": "a fox", "settings": {"duration": 4}}


@pytest.fixture
async def caller(open_gateway: OpenGateway, local: LocalKling) -> Caller:
    return await open_gateway(local.base_url, key=local.keys.api_key)


async def test_a_create_and_its_question_have_kling_s_form(
    caller: Caller, local: LocalKling
) -> None:
    """Kling's envelope, and the task by its id, by the caller's, and in the list."""
    made = await caller.post(TEXT, {**WORDS, "options": {"external_task_id": "mine"}})
    assert (made.status, made.body["code"], made.body["message"]) == (200, 0, "SUCCEED")
    [task] = local.creates
    assert made.body["data"]["id"] == task.id
    for asked in (f"task_ids={task.id}", "external_task_ids=mine"):
        found = await caller.get(f"{TASKS}?{asked}")
        assert [one["id"] for one in found.body["data"]] == [task.id]
    listed = await caller.post(TASKS, {"limit": 5})
    assert [one["id"] for one in listed.body["data"]["result"]] == [task.id]


async def test_a_frame_may_carry_a_prefix(caller: Caller, local: LocalKling) -> None:
    """A `data:` prefix is taken off, as from every picture; Kling would refuse it."""
    frame = f"data:image/png;base64,{raw64(RED)}"
    contents = [{"type": "prompt", "text": "a"}, {"type": "first_frame", "url": frame}]
    made = await caller.post(IMAGE, {"contents": contents})
    assert made.status == 200
    assert local.creates[0].body["contents"][1]["url"] == raw64(RED)


async def test_references_go_as_they_are(caller: Caller, local: LocalKling) -> None:
    """The omni route is there too: the task shows whose picture it was made of."""
    contents = [{"type": "prompt", "text": "<<<image_1>>>"}]
    contents.append({"type": "refer_image", "url": raw64(RED)})
    settings = {"duration": 3, "aspect_ratio": "1:1"}
    made = await caller.post(OMNI, {"contents": contents, "settings": settings})
    assert (made.status, made.body["code"]) == (200, 0)
    [task] = local.creates
    assert isinstance(task.order.drawing, ClipDrawing)
    assert task.order.drawing.references == (RED,)
    wrong = [{"type": "prompt", "text": "<<<image_2>>>"}, contents[1]]
    refused = await caller.post(OMNI, {"contents": wrong, "settings": settings})
    assert (refused.status, refused.body["code"]) == (400, 1201)


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (TEXT, {"prompt": 3}, ["body", "prompt"]),
        (TEXT, {"prompt": "a", "settings": 3}, ["body", "settings"]),
        (TEXT, {"prompt": "a", "options": {"callback_url": "ftp://x"}}, ["body", "options"]),
        (IMAGE, {"contents": "a"}, ["body", "contents"]),
        (IMAGE, {"contents": [{"text": "a"}]}, ["body", "contents"]),
        (IMAGE, {"contents": [{"type": "first_frame", "url": "file:///x"}]}, ["body", "contents"]),
    ],
)
async def test_a_wrong_body_is_422(
    caller: Caller, local: LocalKling, path: str, body: dict[str, Any], place: list[str]
) -> None:
    """Each problem with its place; Kling is not asked."""
    said = await caller.post(path, body)
    assert said.status == 422
    assert said.body["detail"][0]["loc"][:2] == place
    assert local.requests == []


@pytest.mark.parametrize("query", ["", "?task_ids=", "?task_ids=a%20b", "?other=1"])
async def test_a_question_without_ids_is_422(caller: Caller, local: LocalKling, query: str) -> None:
    """There is nothing to ask for."""
    assert (await caller.get(f"{TASKS}{query}")).status == 422
    assert local.requests == []


async def test_a_repeated_order_is_carried_out_once(caller: Caller, local: LocalKling) -> None:
    """With the caller's key it is the id, and the second answer is the existing task."""
    headers = {"Idempotency-Key": "order-17"}
    first = await caller.post(TEXT, WORDS, headers=headers)
    again = await caller.post(TEXT, WORDS, headers=headers)
    assert first.body["data"]["id"] == again.body["data"]["id"]
    assert [task.external_id for task in local.creates] == ["order-17"]


async def test_a_key_for_a_model_that_takes_no_id_is_422(caller: Caller, local: LocalKling) -> None:
    """It can't be kept, so the order is not carried out as if it were."""
    path = "/api/v1/text-to-video/kling-4.0"
    said = await caller.post(path, WORDS, headers={"Idempotency-Key": "order-17"})
    assert said.status == 422
    assert said.body["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert local.creates == []


@pytest.mark.parametrize("by_input", [False, True])
async def test_images_are_created_at_the_path_that_kling_has(
    open_gateway: OpenGateway, clock: ManualClock, *, by_input: bool
) -> None:
    """The gateway has one path for both; a `data:` prefix is taken off, as everywhere."""
    words = {"type": "prompt", "text": "a fox"}
    picture = {"type": "refer_image", "url": f"data:image/png;base64,{raw64(RED)}"}
    settings = {"result_type": "series", "series_amount": 2}
    async with LocalKling(clock, switches=Switches(images_by_input=by_input)) as local:
        caller = await open_gateway(local.base_url, key=local.keys.api_key)
        for contents in ([words], [words, picture]):
            made = await caller.post(IMAGES, {"contents": contents, "settings": settings})
            assert made.status == 200, made.body
        assert [task.order.slots for task in local.creates] == [2, 2]
        assert local.creates[1].body["contents"][1]["url"] == raw64(RED)


async def test_kling_s_refusal_goes_through(caller: Caller) -> None:
    """Its status, its words and its code."""
    said = await caller.post(TEXT, {"prompt": "a fox", "settings": {"duration": 99}})
    assert (said.status, said.body["code"]) == (400, 1201)
    assert "duration" in said.body["detail"]
