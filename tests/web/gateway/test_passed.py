"""Routes that no command uses, and the account: through the gateway to a result and its books."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import av
import pytest
from PIL import Image

from sandbox.kling import LocalKling
from tests.harness import shelf
from tests.harness.kling.stub import Stub, yes
from tests.harness.kling_caller import PICTURE
from tests.harness.manual_clock import ManualClock
from tests.harness.plain_results import PlainResults
from tests.web.gateway.conftest import Caller, OpenGateway, Said

LONG_S = 600.0
VIDEO = {
    "model_name": "kling-v1-6",
    "prompt": "two meet",
    "image_list": [PICTURE, {"image": PICTURE}],
}
EXTEND = {"video_id": "of the video", "prompt": "it goes on"}
IMAGE = {"subject_image_list": [PICTURE], "scene_image": PICTURE, "n": 2, "aspect_ratio": "1:1"}
CLOTHES = {"human_image": PICTURE, "cloth_image": f"data:image/png;base64,{PICTURE}"}
ROUTES: dict[str, dict[str, Any]] = {
    "videos/multi-image2video": VIDEO,
    "videos/video-extend": EXTEND,
    "images/multi-image2image": IMAGE,
    "images/kolors-virtual-try-on": CLOTHES,
}
REQUIRED = {
    "videos/multi-image2video": {"prompt", "image_list"},
    "videos/video-extend": {"video_id"},
    "images/multi-image2image": {"subject_image_list"},
    "images/kolors-virtual-try-on": {"human_image", "cloth_image"},
}
every_route = pytest.mark.parametrize("route", ROUTES)


@pytest.fixture
async def local(clock: ManualClock) -> AsyncIterator[LocalKling]:
    """A local Kling that paints only what is made of other videos."""
    async with LocalKling(clock, media_for=PlainResults(), draw=shelf.result) as world:
        yield world


async def ended(gateway: Caller, clock: ManualClock, route: str, made: Said) -> Any:
    """Return what the task came to."""
    assert made.status == 200, made.text
    clock.advance(LONG_S)
    found = await gateway.get(f"/api/v1/tasks/{route}/{made.body['task_id']}")
    assert found.body["message"] == "succeed"
    return found.body["raw_data"]


async def body_for(gateway: Caller, clock: ManualClock, route: str) -> dict[str, Any]:
    """Return the body; a video that is to go on is made first."""
    body = ROUTES[route]
    if route != "videos/video-extend":
        return body
    asked = {"prompt": "a boat", "model_name": "kling-v1-6"}
    made = await gateway.post("/api/v1/videos/text2video", asked)
    found = await ended(gateway, clock, "videos/text2video", made)
    return body | {"video_id": found["task_result"]["videos"][0]["id"]}


async def file_of(gateway: Caller, result: dict[str, Any]) -> bytes:
    async with gateway.session.get(result["url"]) as reply:
        return await reply.read()


@every_route
async def test_a_key_makes_one_task_that_is_found(
    gateway: Caller, local: LocalKling, clock: ManualClock, route: str
) -> None:
    """The key is the order's id; the same again is answered with the task, even an ended one."""
    body = await body_for(gateway, clock, route)
    before = len(local.creates)
    headers = {"Idempotency-Key": "order-17"}
    made = await gateway.post(f"/api/v1/{route}", body, headers=headers)
    data = await ended(gateway, clock, route, made)
    again = await gateway.post(f"/api/v1/{route}", body, headers={**headers, "User-Agent": "x"})
    assert again.body["task_id"] == made.body["task_id"]
    assert len(local.creates) == before + 1
    assert local.creates[-1].external_id == "order-17"
    assert float(data["final_unit_deduction"]) == float(local.creates[-1].order.units)


@every_route
async def test_a_body_without_what_it_needs_is_422(
    gateway: Caller, local: LocalKling, route: str
) -> None:
    """Each required field is named, and Kling is not asked."""
    said = await gateway.post(f"/api/v1/{route}", {})
    assert said.status == 422
    found = {(problem["type"], *problem["loc"]) for problem in said.body["detail"]}
    assert found == {("missing", "body", name) for name in REQUIRED[route]}
    assert local.requests == []


async def test_several_images_become_a_video_and_images(
    gateway: Caller, clock: ManualClock
) -> None:
    """Strings and objects alike; a video of five seconds, images of the shape asked for."""
    made = await gateway.post("/api/v1/videos/multi-image2video", VIDEO)
    [video] = (await ended(gateway, clock, "videos/multi-image2video", made))["task_result"][
        "videos"
    ]
    assert video["duration"] == "5.041"
    route = "images/multi-image2image"
    made = await gateway.post(f"/api/v1/{route}", IMAGE)
    images = (await ended(gateway, clock, route, made))["task_result"]["images"]
    assert [image["index"] for image in images] == [0, 1]
    with Image.open(io.BytesIO(await file_of(gateway, images[1]))) as opened:
        assert opened.width == opened.height


@pytest.mark.sweep
async def test_a_video_goes_on_from_its_last_frame(
    gateway: Caller, local: LocalKling, clock: ManualClock
) -> None:
    """The result is all of it; it can go on again, and a video of a newer model can't."""
    route = "videos/video-extend"
    body = await body_for(gateway, clock, route)
    found = await ended(gateway, clock, route, await gateway.post(f"/api/v1/{route}", body))
    [video] = found["task_result"]["videos"]
    assert found["task_info"]["parent_video"]["id"] == body["video_id"]
    made = await file_of(gateway, video)

    def frames() -> int:
        with av.open(io.BytesIO(made), "r") as container:
            return container.streams.video[0].frames

    assert await asyncio.to_thread(frames) == 2 * 5 * 24 + 1
    further = await gateway.post(f"/api/v1/{route}", body | {"video_id": video["id"]})
    assert further.status == 200
    newer = await gateway.post(
        "/api/v1/videos/text2video", {"prompt": "x", "model_name": "kling-v3"}
    )
    other = await ended(gateway, clock, "videos/text2video", newer)
    refused = await gateway.post(
        f"/api/v1/{route}", {"video_id": other["task_result"]["videos"][0]["id"]}
    )
    assert (refused.status, refused.body["code"]) == (400, 1201)
    assert len(local.creates) == 4


async def test_what_is_left_and_what_was_deducted(
    gateway: Caller, local: LocalKling, clock: ManualClock
) -> None:
    """Kling's own rows: the packs, and each task with what it cost, page by page."""
    for what in ("a cat", "a dog", "an owl"):
        await gateway.post("/api/v1/images/generations", {"prompt": what, "n": 1})
        clock.advance(LONG_S)
    times = {"start_time": "0", "end_time": str(int(clock.now() * 1000))}
    costs = await gateway.get("/api/v1/account/costs", params=times)
    packs = {one["resource_pack_id"]: one for one in costs.body["resource_pack_subscribe_infos"]}
    left = packs["pack-image"]
    assert left["total_quantity"] - left["remaining_quantity"] == 3
    asked: dict[str, Any] = {"start_time": 0, "end_time": int(clock.now() * 1000), "limit": 2}
    path = "/api/v1/account/billing/package"
    first = (await gateway.post(path, asked)).body
    second = (await gateway.post(path, {"cursor": first["next_cursor"], "limit": 2})).body
    rows = [*first["result"]["detail"], *second["result"]["detail"]]
    assert [row["task_id"] for row in rows] == [task.id for task in local.creates]
    assert (first["has_more"], second["has_more"]) == (True, False)
    balance = (await gateway.post("/api/v1/account/billing/balance", asked)).body
    assert balance["result"]["detail"] == []


@pytest.mark.parametrize(
    ("times", "wrong"),
    [
        ({}, {"start_time", "end_time"}),
        ({"start_time": "0"}, {"end_time"}),
        ({"start_time": "x", "end_time": "1"}, {"start_time"}),
        ({"start_time": "-1"}, {"start_time", "end_time"}),
    ],
)
async def test_a_time_that_is_none_is_422(
    gateway: Caller, local: LocalKling, times: dict[str, str], wrong: set[str]
) -> None:
    """Kling requires both; each that is wrong is named."""
    said = await gateway.get("/api/v1/account/costs", params=times)
    assert said.status == 422
    found = {tuple(problem["loc"]) for problem in said.body["detail"]}
    assert found == {("query", name) for name in wrong}
    assert local.requests == []


async def test_a_no_inside_a_yes_is_a_refusal(open_gateway: OpenGateway) -> None:
    """Kling puts an envelope of its own into the usual one here, with a code of its own."""
    inside = {"code": 1100, "msg": "account abnormal"}
    async with Stub(yes(**inside)) as stub:
        caller = await open_gateway(stub.base_url)
        said = await caller.get("/api/v1/account/costs?start_time=0&end_time=1")
    assert (said.status, said.body["code"]) == (400, 1100)


PRICES: list[tuple[dict[str, Any], tuple[str | None, str, str | None]]] = [
    ({"route": "videos/multi-image2video"}, ("2", "video", "0.28")),
    (
        {"route": "videos/multi-image2video", "mode": "pro", "duration": "10"},
        ("7", "video", "0.98"),
    ),
    ({"route": "videos/multi-image2video", "model_name": "kling-v3"}, (None, "video", None)),
    ({"route": "videos/video-extend", "video_id": "1"}, ("3.5", "video", "0.49")),
    ({"route": "images/multi-image2image", "n": 3}, ("48", "image", "0.17")),
    ({"route": "images/kolors-virtual-try-on"}, (None, "try-on", "0.07")),
]


@pytest.mark.parametrize(("body", "answer"), PRICES)
async def test_a_price_is_what_kling_would_charge(
    gateway: Caller, local: LocalKling, body: dict[str, Any], answer: tuple[Any, ...]
) -> None:
    """Units where the table has them; what goes on costs as much at most, by its model and mode."""
    said = await gateway.post("/api/v1/price", body)
    assert tuple(said.body[name] for name in ("units", "pack", "usd")) == answer
    assert said.body.get("at_most", False) is (body["route"] == "videos/video-extend")
    assert local.requests == []
