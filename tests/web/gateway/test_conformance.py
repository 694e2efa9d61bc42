"""The gateway keeps to the API document, whose own examples are sent where it is at hand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.kling.dialects import OUR_SERVER
from sandbox.kling import LocalKling
from tests.harness.kling.stub import Stub, says, yes
from tests.harness.manual_clock import ManualClock
from tests.web.gateway.conftest import Caller, OpenGateway

DOCUMENT = Path(__file__).parents[4] / "shared" / "api-examples.md"
ENDPOINT = re.compile(r"\*\*Endpoint\*\*: `POST (?P<path>\S+)`")
BLOCK = re.compile(r"\*\*请求体.*?```json\n(?P<json>.*?)```", re.DOTALL)
PATHS = {
    "/api/v1/videos/text2video": "/v1/videos/text2video",
    "/api/v1/videos/image2video": "/v1/videos/image2video",
    "/api/v1/images/generations": "/v1/images/generations",
    "/api/v1/images/omni-image": "/v1/images/omni-image",
    "/api/v1/lipsync/identify-face": "/v1/videos/identify-face",
    "/api/v1/lipsync/create-task": "/v1/videos/advanced-lip-sync",
}


def examples() -> list[tuple[str, Any]]:
    """Every request body of the document, with the path it is for."""
    text = DOCUMENT.read_text(encoding="utf-8")
    starts = list(ENDPOINT.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [
        (start["path"], json.loads(block["json"]))
        for start, end in zip(starts, ends, strict=True)
        for block in BLOCK.finditer(text, start.end(), end)
    ]


async def test_every_example_of_the_document_is_understood(open_gateway: OpenGateway) -> None:
    """Each body goes to its path of Kling with every field it has, pictures as objects."""
    if not DOCUMENT.exists():
        pytest.skip("the API document is not beside this checkout")
    found = examples()
    assert {path for path, _ in found} == set(PATHS)
    assert len(found) == 8
    data = {"task_id": "845014248110960707", "session_id": "1", "face_data": []}
    async with Stub(yes(**data)) as stub:
        caller = await open_gateway(stub.base_url)
        for path, body in found:
            said = await caller.post(path, body)
            assert said.status == 200, (path, said.text)
            expected = dict(body)
            if "image_list" in expected:
                expected["image_list"] = [{"image": item} for item in expected["image_list"]]
            assert (stub.asked[-1].path, stub.asked[-1].body) == (PATHS[path], expected)
            if path.endswith("identify-face"):
                assert said.body == data
            else:
                assert said.body == {
                    "task_id": data["task_id"],
                    "message": "success",
                    "raw_data": data,
                }


@pytest.mark.parametrize("status", ["submitted", "processing", "succeed", "failed"])
async def test_a_query_tells_the_status_as_its_message(
    open_gateway: OpenGateway, status: str
) -> None:
    """A failed task is HTTP 200 like any other; Kling's data goes along untouched."""
    data = {"task_id": "1", "task_status": status, "task_result": {"videos": []}, "new": [1.5]}
    async with Stub(yes(**data)) as stub:
        caller = await open_gateway(stub.base_url)
        said = await caller.get("/api/v1/tasks/videos/advanced-lip-sync/a%2Fb%20c")
        assert stub.asked[0].path == "/v1/videos/advanced-lip-sync/a%2Fb%20c"
    assert said.body == {"task_id": "1", "message": status, "raw_data": data}


async def test_an_unknown_status_is_unknown(open_gateway: OpenGateway) -> None:
    """What Kling may say one day is not passed off as something known."""
    async with Stub(yes(task_id="1", task_status="paused")) as stub:
        said = await (await open_gateway(stub.base_url)).get("/api/v1/tasks/images/generations/1")
    assert said.body["message"] == "unknown"


async def test_any_product_can_be_asked_for(open_gateway: OpenGateway) -> None:
    """The query is generic: products that cannot be ordered here can still be looked at."""
    async with Stub(yes(task_id="1", task_status="succeed")) as stub:
        said = await (await open_gateway(stub.base_url)).get("/api/v1/tasks/audio/text-to-audio/1")
        assert stub.asked[0].path == "/v1/audio/text-to-audio/1"
    assert said.status == 200


async def test_every_answer_is_signed(gateway: Caller) -> None:
    """The header by which the bot knows that this gateway keeps external ids."""
    for path in ("/", "/nowhere", "/api/v1/tasks/videos/text2video/1"):
        assert (await gateway.get(path)).headers["Server"] == OUR_SERVER
    assert (await gateway.get("/")).body["message"]


async def test_an_external_id_is_good_for_both_halves(
    gateway: Caller, local: LocalKling, clock: ManualClock
) -> None:
    """Passed on with the order, and good as the id of the query, on the real chain."""
    body = {"prompt": "a cat", "model_name": "kling-v3", "external_task_id": "abc", "n": 2}
    order = await gateway.post("/api/v1/images/generations", body)
    assert order.status == 200
    assert local.creates[0].external_id == "abc"
    clock.advance(100)
    said = await gateway.get("/api/v1/tasks/images/generations/abc")
    assert (said.body["task_id"], said.body["message"]) == (order.body["task_id"], "succeed")
    assert [image["index"] for image in said.body["raw_data"]["task_result"]["images"]] == [0, 1]
    twice = await gateway.post("/api/v1/images/generations", body)
    assert (twice.status, twice.body["code"]) == (400, 1201)
    assert "already exists" in twice.body["detail"]
    other = await gateway.get("/api/v1/tasks/images/generations/nobody")
    assert (other.status, other.body["code"]) == (400, 1201)


async def test_faces_come_bare(open_gateway: OpenGateway) -> None:
    """identify-face has no wrapping: session and faces are the answer."""
    data = {"session_id": "8450", "face_data": [{"face_id": "0", "start_time": 0}]}
    async with Stub(says({"code": 0, "data": data})) as stub:
        caller = await open_gateway(stub.base_url)
        said = await caller.post(
            "/api/v1/lipsync/identify-face", {"video_url": "https://a.example/v", "video_id": ""}
        )
        assert stub.asked[0].body == {"video_url": "https://a.example/v"}
    assert said.body == data
