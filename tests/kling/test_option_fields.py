"""Every field that an option becomes is known beyond us: to our gateway and to the local Kling."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.domain.options import Option
from bot.domain.requests import ImageRequest, LipSyncRequest, Request, Route, VideoRequest
from bot.kling.dialects import Dialect
from bot.kling.encode import encode
from bot.kling.tasks import LipSyncChoice
from bot.web.gateway import ORDERS
from bot.web.gateway_schemas import translate
from sandbox.kling.errors import Refusal
from sandbox.kling.faces import Face, Session, lip_sync
from sandbox.kling.intake import Clip, Intake
from sandbox.kling.models import GENERATIONS, OMNI, VIDEO
from sandbox.kling.orders import Order, Product
from sandbox.kling.routes import RULES
from sandbox.kling.samples import speech
from sandbox.kling.switches import Switches
from tests.harness.kling.samples import RED
from tests.harness.requests import EVERY, UNKNOWN_MODEL, a_value

NONSENSE = {"no": "sense"}
CHOICE = LipSyncChoice("1", "0", 0, 2_000, 0)
CLIP = Clip(b"", 4_000, (512, 512))
SESSION = Session("1", CLIP, (Face((0, 0, 1, 1), 0, 4_000),), 0.0, "1", "")

BARE: dict[Route, Request] = {
    Route.TEXT2VIDEO: VideoRequest("a fox", UNKNOWN_MODEL),
    Route.IMAGE2VIDEO: VideoRequest("a fox", UNKNOWN_MODEL, image=True),
    Route.GENERATIONS: ImageRequest("a fox", UNKNOWN_MODEL),
    Route.OMNI_IMAGE: ImageRequest("a fox", UNKNOWN_MODEL, omni=True),
    Route.LIP_SYNC: LipSyncRequest("https://example.com/a.mp4"),
}
KNOWN: dict[Route, dict[str, Any]] = {
    Route.TEXT2VIDEO: VIDEO,
    Route.IMAGE2VIDEO: VIDEO,
    Route.GENERATIONS: GENERATIONS,
    Route.OMNI_IMAGE: OMNI,
}
FIELDS = [
    pytest.param(route, option, id=f"{route}-{option.name}")
    for route, bare in BARE.items()
    for request, option in EVERY
    if isinstance(bare, request) and option.wire and option.reaches(route)
]
every_field = pytest.mark.parametrize(("route", "option"), FIELDS)


def written(request: Request, dialect: Dialect) -> dict[str, Any]:
    """The body of an order, with a picture and a sound wherever one is asked for."""
    inputs = {name: RED for _, option in EVERY for name in option.names} | {"audio": SOUND}
    body = encode(request, dialect, external_id="abc", inputs=inputs, choice=CHOICE)
    return dict(json.loads(body))


SOUND = speech(3.0, "wav")


def place(body: dict[str, Any]) -> dict[str, Any]:
    """The object of a body in which the options are fields: of a lip-sync, the chosen face."""
    return dict(body["face_choose"][0]) if "face_choose" in body else body


def with_field(body: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    changed = place(body) | {field: value}
    return body | {"face_choose": [changed]} if "face_choose" in body else changed


@every_field
def test_an_option_that_is_set_becomes_its_field(route: Route, option: Option) -> None:
    """With the option its field is there; without it, unless it must be, it is not."""
    bare = BARE[route]
    chosen = replace(bare, **{option.field: a_value(option)})
    assert option.wire_field in place(written(chosen, Dialect.OFFICIAL))
    if getattr(bare, option.field) in {None, False}:
        assert option.wire_field not in place(written(bare, Dialect.OFFICIAL))


@every_field
def test_our_gateway_passes_the_field_on(route: Route, option: Option) -> None:
    """A field that the schemas of the gateway do not name would be dropped on the way to Kling."""
    request = replace(BARE[route], **{option.field: a_value(option)})
    raw = json.dumps(written(request, Dialect.GATEWAY)).encode()
    passed = place(json.loads(translate(ORDERS[route], raw)))
    there = place(written(request, Dialect.OFFICIAL))[option.wire_field]
    missing = f"bot/web/gateway_schemas.py: {ORDERS[route].__name__}.{option.wire_field}"
    assert passed.get(option.wire_field) == there, missing


@every_field
async def test_the_local_kling_reads_the_field(route: Route, option: Option) -> None:
    """Nonsense in it is refused, so a test with it shows what Kling would make of it."""
    async with aiohttp.ClientSession() as session:
        order = rule(route, Intake(session))
        body = written(BARE[route], Dialect.OFFICIAL)
        if route in KNOWN:
            body |= {"model_name": await a_model_for(order, KNOWN[route], body)}
        await order(body)
        with pytest.raises(Refusal):  # else: sandbox/kling/rules_*.py does not look at the field
            await order(with_field(body, option.wire_field, NONSENSE))


def rule(route: Route, intake: Intake) -> Callable[[dict[str, Any]], Awaitable[Order]]:
    """What the local Kling makes of a body on a route."""
    if route is Route.LIP_SYNC:
        return lambda body: lip_sync(body, SESSION, intake, Switches())
    return lambda body: RULES[Product(route)](body, intake, Switches())


async def a_model_for(
    order: Callable[[dict[str, Any]], Awaitable[Order]],
    known: dict[str, Any],
    body: dict[str, Any],
) -> str:
    """The first model of the local Kling that takes the bare body."""
    for name in known:
        try:
            await order(body | {"model_name": name})
        except Refusal:
            continue
        return name
    raise AssertionError("no model takes a bare request")
