"""What callers can read before they spend: prices, and the description of the paths."""

from typing import Any

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest
from aiohttp import web

from bot.kling.auth import ApiKey
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.web.gateway import make_gateway
from bot.web.gateway_reference import PATHS
from sandbox.kling import LocalKling
from tests.harness.kling.stub import dice
from tests.harness.manual_clock import ManualClock
from tests.harness.models import SHORT, UNKNOWN
from tests.web.gateway.conftest import Caller

PRICE = "/api/v1/price"
KEPT = ("units", "pack", "usd")


def asked(route: str, **body: Any) -> dict[str, Any]:
    return {"route": route, **body}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (asked("videos/text2video", model_name="kling-v2-5-turbo"), ("1.5", "video", "0.21")),
        (
            asked("videos/image2video", model_name="kling-v3", mode="pro", duration="10"),
            ("8", "video", "1.12"),
        ),
        (asked("videos/text2video", model_name="kling-v3", sound="on"), ("4.5", "video", "0.63")),
        (asked("images/generations", model_name="kling-v3", n=3), ("24", "image", "0.08")),
        (
            asked("images/omni-image", model_name="kling-v3-omni", resolution="4k"),
            ("16", "image", "0.06"),
        ),
        (asked("lipsync/identify-face", video_id="1"), ("0.05", "video", "0.01")),
        (asked("lipsync/create-task", session_id="1"), ("6", "video", "0.84")),
        (
            asked("text-to-video/kling-4.0", settings={"resolution": "1080p", "duration": 30}),
            ("50.4", "video", "7.06"),
        ),
        (
            asked("image-to-video/kling-3.0", settings={"audio": "native", "duration": 3}),
            ("2.7", "video", "0.38"),
        ),
        (
            asked(
                "omni-video/kling-o1",
                contents=[{"type": "refer_image", "url": "https://example.com/a.png"}],
                settings={"duration": 7},
            ),
            ("4.2", "video", "0.59"),
        ),
        (
            asked("videos/omni-video", image_list=["https://example.com/a.png"], duration="7"),
            ("5.6", "video", "0.78"),
        ),
        (asked("omni-video/kling-o1", settings={"duration": 7}), (None, "video", None)),
        (
            asked(
                "images/omni-image",
                model_name="kling-v3-omni",
                n=9,
                result_type="series",
                series_amount="3",
            ),
            ("24", "image", "0.08"),
        ),
        (
            asked("omni-image/kling-image-4.0", settings={"n": 2}, contents=[]),
            ("34", "image", "0.12"),
        ),
        (
            asked(
                "omni-image/kling-image-4.0",
                settings={"result_type": "series", "series_amount": "auto"},
            ),
            ("68", "image", "0.24"),
        ),
        (
            asked("omni-image/kling-image-4.0", settings={"resolution": "8k"}),
            (None, "image", None),
        ),
        (asked("videos/text2video", model_name=UNKNOWN), (None, "video", None)),
        (asked("videos/text2video", model_name=SHORT, duration="7"), (None, "video", None)),
    ],
)
async def test_a_price_is_what_kling_would_charge(
    gateway: Caller, local: LocalKling, body: dict[str, Any], answer: tuple[Any, ...]
) -> None:
    """Units of Kling's price table, their pack and the dollars; Kling is not asked."""
    said = await gateway.post(PRICE, body)
    assert said.status == 200
    assert tuple(said.body[name] for name in KEPT) == answer
    assert local.requests == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        asked("videos/nothing"),
        asked("tasks"),
        asked("text-to-video/"),
        asked("videos/text2video", duration="five"),
        asked("videos/text2video", duration=-1),
        asked("videos/text2video", duration="1234567"),
        asked("videos/text2video", duration=1.5),
        asked("images/generations", n=True),
        asked("text-to-video/kling-3.0", settings={"duration": "x"}),
    ],
)
async def test_what_is_no_create_is_422(gateway: Caller, body: dict[str, Any]) -> None:
    """With the place of the problem."""
    said = await gateway.post(PRICE, body)
    assert said.status == 422
    assert said.body["detail"][0]["loc"][0] == "body"


async def test_every_path_is_described(clock: ManualClock) -> None:
    """What is served is in the description, with its method, and nothing else."""
    upstream = Exchange(
        "http://127.0.0.1:1",
        dialect=Dialect.OFFICIAL,
        auth=ApiKey("key"),
        clock=clock,
        rng=dice(),
    )
    app: web.Application = make_gateway(upstream)
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert {(one.method, one.path) for one in PATHS} == served


async def test_the_description_is_that_of_the_checks(gateway: Caller) -> None:
    """A body that passes the schema's own words is taken, and one that misses a field is not."""
    document = (await gateway.get("/openapi.json")).body
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/api/v1/lipsync/create-task"]["post"]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = {**reference, "components": document["components"]}
    face = {
        "face_id": "0",
        "sound_file": "aGk=",
        "sound_start_time": 0,
        "sound_end_time": 2000,
        "sound_insert_time": 0,
    }
    check = jsonschema.Draft202012Validator(schema)
    assert check.is_valid({"session_id": "1", "face_choose": [face]})
    assert not check.is_valid({"session_id": "1"})
    assert not check.is_valid({"session_id": "1", "face_choose": [{**face, "face_id": 3}]})
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]


async def test_the_page_asks_nobody_else(gateway: Caller) -> None:
    """Every path and field is on it; it loads nothing and runs nothing."""
    async with gateway.session.get(f"{gateway.base_url}/docs") as response:
        text = await response.text()
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert all(one.path.replace("{", "{") in text for one in PATHS)
    assert "face_choose" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text
