"""What the local Kling makes of a request, without a server between: the order, or a refusal."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import aiohttp

from bot.domain.requests import EditRequest, MotionRequest, Request, Route
from bot.kling.dialects import Dialect
from bot.kling.orders import order_of
from bot.kling.tasks import LipSyncChoice
from sandbox.kling.errors import Refusal
from sandbox.kling.faces import Face, Session, lip_sync
from sandbox.kling.intake import Clip, Intake
from sandbox.kling.newer import RULES as NEWER_RULES
from sandbox.kling.orders import Order, Product
from sandbox.kling.routes import RULES
from sandbox.kling.switches import Switches
from tests.harness.end_to_end.samples import speech
from tests.harness.kling.samples import RED
from tests.harness.models import CATALOGUE
from tests.harness.requests import CLIP_URL, EVERY

CHOICE = LipSyncChoice("1", "0", 0, 2_000, 0)
SESSION = Session("1", Clip(b"", 4_000, (512, 512)), (Face((0, 0, 1, 1), 0, 4_000),), 0.0, "1", "")
CLIP = Clip(b"x", 4_000, (720, 720))


def written(request: Request, dialect: Dialect = Dialect.OFFICIAL) -> dict[str, Any]:
    """The body of an order, with a picture and a sound wherever one is asked for."""
    files = {name: RED for _, option in EVERY for name in option.names} | {"audio": _sound()}
    inputs = {name: base64.b64encode(file).decode() for name, file in files.items()}
    if isinstance(request, EditRequest | MotionRequest) and not request.video_url:
        request = replace(request, video_url=CLIP_URL)
    body = order_of(
        request,
        dialect,
        CATALOGUE,
        external_id="abc",
        with_id=True,
        inputs=inputs,
        choice=CHOICE,
    )
    return dict(json.loads(body))


@cache
def _sound() -> bytes:
    return speech(3.0, "wav")


class Given(Intake):
    """The intake of the local Kling, which finds this clip wherever it looks."""

    def __init__(self, clip: Clip, session: aiohttp.ClientSession | None = None) -> None:
        super().__init__(session)  # type: ignore[arg-type] # without one nothing is fetched
        self._clip = clip

    async def any_clip(self, url: str, max_bytes: int) -> Clip:
        """Return the clip, if it is no larger than that."""
        if url != CLIP_URL:
            return await super().any_clip(url, max_bytes)
        if len(self._clip.content) > max_bytes:
            raise Refusal(1201, "Video size is invalid")
        return self._clip


class Desk:
    """The rules of the local Kling; nothing is made and nothing is paid."""

    def __init__(self, intake: Intake, switches: Switches) -> None:
        self.intake = intake
        self._switches = switches

    async def take(self, route: Route, body: dict[str, Any], model: str = "") -> Order:
        """Return the order; `Refusal` where Kling would not take the body."""
        if route.newer:
            rule = NEWER_RULES[Product(route)]
            return await rule(model, body, self.intake, self._switches)
        if route is Route.LIP_SYNC:
            return await lip_sync(body, SESSION, self.intake, self._switches)
        return await RULES[Product(route)](body, self.intake, self._switches)

    async def order(self, request: Request) -> Order | None:
        """Return the order, or None where Kling would refuse the request."""
        try:
            return await self.take(request.route, written(request), request.model)
        except Refusal:
            return None


@asynccontextmanager
async def open_desk(switches: Switches | None = None) -> AsyncIterator[Desk]:
    """A desk; `switches` decide what is not known for sure."""
    async with aiohttp.ClientSession() as session:
        yield Desk(Given(CLIP, session), switches or Switches())
