"""Every field that an option becomes is known beyond us: to our gateway and to the local Kling."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.options import Option
from bot.domain.requests import (
    ImageRequest,
    LipSyncRequest,
    Request,
    Route,
    VideoRequest,
)
from bot.kling.dialects import Dialect
from bot.web.gateway_reference import ORDERS
from bot.web.gateway_schemas import translate
from sandbox.kling.errors import Refusal
from tests.harness.kling.ordering import Desk, open_desk, written
from tests.harness.models import IMAGE, LEGACY_REFERENCES, OMNI, VIDEO
from tests.harness.requests import EVERY, OPERATION_REQUESTS, a_value

NONSENSE = {"no": "sense"}

BARE: dict[Route, Request] = {
    Route.TEXT2VIDEO: VideoRequest("a fox", VIDEO),
    Route.IMAGE2VIDEO: VideoRequest("a fox", VIDEO, image=True),
    Route.GENERATIONS: ImageRequest("a fox", IMAGE),
    Route.OMNI_IMAGE: ImageRequest("a fox", OMNI, omni=True),
    Route.LIP_SYNC: LipSyncRequest("https://example.com/a.mp4"),
    Route.LEGACY_OMNI_VIDEO: VideoRequest(
        "a fox", LEGACY_REFERENCES, mode="std", aspect_ratio="1:1", omni=True
    ),
    **{one.route: one for one in OPERATION_REQUESTS.values()},
}
FIELDS = [
    pytest.param(route, option, id=f"{route}-{option.name}")
    for route, bare in BARE.items()
    for request, option in EVERY
    if isinstance(bare, request) and option.wire and option.reaches(route)
]
every_field = pytest.mark.parametrize(("route", "option"), FIELDS)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as opened:
        yield opened


def place(body: dict[str, Any]) -> dict[str, Any]:
    """The object of a body in which the options are fields: of a lip-sync, the chosen face."""
    return dict(body["face_choose"][0]) if "face_choose" in body else body


def with_field(body: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    changed = place(body) | {field: value}
    return body | {"face_choose": [changed]} if "face_choose" in body else changed


def test_every_route_is_looked_at() -> None:
    """A route without a bare request here would have fields that no test checks."""
    assert BARE.keys() == {route for route in Route if not route.newer}
    assert all(request.route is route for route, request in BARE.items())


@every_field
def test_an_option_that_is_set_becomes_its_field(route: Route, option: Option) -> None:
    """With the option its field is there; without it, unless it must be, it is not."""
    bare = BARE[route]
    chosen = replace(bare, **{option.field: a_value(option)})
    assert option.wire_field in place(written(chosen))
    if getattr(bare, option.field) in {None, False}:
        assert option.wire_field not in place(written(bare))


@every_field
def test_our_gateway_passes_the_field_on(route: Route, option: Option) -> None:
    """A field that the schemas of the gateway do not name would be dropped on the way to Kling."""
    request = replace(BARE[route], **{option.field: a_value(option)})
    raw = json.dumps(written(request, Dialect.GATEWAY)).encode()
    passed = place(json.loads(translate(ORDERS[route], raw)))
    there = place(written(request))[option.wire_field]
    missing = f"bot/web/gateway_schemas.py: {ORDERS[route].__name__}.{option.wire_field}"
    assert passed.get(option.wire_field) == there, missing


@every_field
async def test_the_local_kling_reads_the_field(desk: Desk, route: Route, option: Option) -> None:
    """Nonsense in it is refused, so that other tests show what Kling would make of it."""
    body = written(BARE[route])
    await desk.take(route, body)
    try:
        await desk.take(route, with_field(body, option.wire_field, NONSENSE))
    except Refusal:
        return
    pytest.fail(f"sandbox/kling/rules_*.py: {route} does not read {option.wire_field}")
