"""Keys, tokens and signed addresses appear in nothing that can be read later."""

import json
import logging
import traceback

import pytest
import structlog
from aiohttp import web

from bot.domain.requests import ImageRequest, Route
from bot.errors import KlingError
from bot.kling.auth import ApiKey, Credentials, GatewayToken, SigningKeys
from bot.kling.dialects import Dialect
from tests.harness.kling.stub import Answer, LeapingClock, Stub, breaks_off, hangs_up
from tests.kling.conftest import MakeKling

SECRET = "secret-key-of-the-account-0123456789"
PICTURE = b"a private picture"


def parrots(status: int) -> Answer:
    """Repeats the caller's own header and a signed address in its refusal, as servers do."""

    async def answer(request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "")
        words = f"{token} may not fetch https://cdn.example/a.png?sig=SIGNED and {token}"
        body = {"code": 1200, "message": words, "detail": words, "request_id": token}
        return web.json_response(body, status=status)

    return answer


@pytest.mark.parametrize("kind", ["pair", "api_key", "gateway"])
@pytest.mark.parametrize(
    "answer",
    [parrots(400), parrots(401), parrots(500), parrots(200), hangs_up, breaks_off],
    ids=["400", "401", "500", "200", "no_answer", "half_an_answer"],
)
async def test_no_error_and_no_log_line_holds_a_secret(
    make_kling: MakeKling,
    clock: LeapingClock,
    kind: str,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in the message, the representation, the traceback, nor in what was logged."""
    auth: Credentials = GatewayToken(SECRET)
    if kind != "gateway":
        auth = ApiKey(SECRET) if kind == "api_key" else SigningKeys("access", SECRET, clock)
    dialect = Dialect.GATEWAY if kind == "gateway" else Dialect.OFFICIAL
    secrets = [SECRET, auth.bearer() or "", "SIGNED", "Bearer ey"]
    told: list[str] = []
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        async with Stub(answer) as stub:
            kling = await make_kling(stub.base_url, dialect, auth=auth)
            request = ImageRequest(prompt="a cat", model="kling-v3", images=("image",))
            for call in (
                kling.create(request, external_id="abc", inputs={"image": PICTURE}),
                kling.query(Route.TEXT2VIDEO, "1"),
                kling.identify_face(video_url="https://cdn.example/v.mp4?sig=SIGNED"),
            ):
                try:
                    await call
                except KlingError as error:
                    told += [str(error), repr(error), *traceback.format_exception(error)]
    assert told
    told += [json.dumps(lines, default=str), caplog.text]
    for secret in (*secrets, "YSBwcml2YXRl"):
        assert not [text for text in told if secret and secret in text]
