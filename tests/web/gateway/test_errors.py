"""How the gateway says no, and to whom it answers at all."""

import asyncio

import pytest
from aiohttp import web

from bot.kling.auth import GatewayToken
from bot.kling.dialects import OUR_SERVER, Dialect
from bot.kling.exchange import Exchange
from bot.kling.transport import Timeouts
from bot.web import gateway as gateway_module
from bot.web import gateway_reading
from bot.web.gateway import make_gateway
from bot.web.gateway_reading import Handler
from tests.harness.kling.stub import Stub, breaks_off, dice, hangs_up, no, says, writes, yes
from tests.harness.manual_clock import ManualClock
from tests.kling.test_refusals import BY_CODE
from tests.web.gateway.conftest import Caller, OpenGateway

TEXT = "/api/v1/videos/text2video"
QUERY = "/api/v1/tasks/videos/text2video/1"
WORDS = {"prompt": "a boat"}


@pytest.mark.parametrize(("status", "code", "message", "_kind"), BY_CODE)
async def test_a_refusal_keeps_status_words_code_and_request_id(
    open_gateway: OpenGateway, status: int, code: int, message: str, _kind: object
) -> None:
    """Kling's HTTP status goes through; under 200 it becomes 400; nothing is lost on the way."""
    async with Stub(no(status, code, message)) as stub:
        caller = await open_gateway(stub.base_url)
        said = await caller.post(TEXT, WORDS)
    assert said.status == (400 if status == 200 else status)
    assert said.body == {"detail": message, "code": code, "request_id": "r-1"}


async def test_a_refusal_without_words_still_says_something(open_gateway: OpenGateway) -> None:
    """The detail is never empty."""
    async with Stub(says({"code": 1201, "message": ""}, 400)) as stub:
        said = await (await open_gateway(stub.base_url)).post(TEXT, WORDS)
    assert said.body["detail"] == "Unknown error"


@pytest.mark.parametrize(
    "answer",
    [
        hangs_up,
        breaks_off,
        writes(b""),
        writes(b"<html>"),
        writes(b"<html>", 403),
        says({"code": 0, "data": None}),
        yes(),
        says({}, 302, {"Location": "/"}),
    ],
    ids=["none", "half", "empty", "html", "403_html", "null", "no_task_id", "redirect"],
)
@pytest.mark.parametrize("method", ["post", "get", "faces"])
async def test_no_readable_answer_is_502(
    open_gateway: OpenGateway, answer: Handler, method: str
) -> None:
    """Whatever Kling's side did, the caller gets JSON with a detail, and never a bare 500."""
    async with Stub(answer) as stub:
        caller = await open_gateway(stub.base_url)
        if method == "get":
            said = await caller.get(QUERY)
        elif method == "faces":
            said = await caller.post("/api/v1/lipsync/identify-face", {"video_id": "1"})
        else:
            said = await caller.post(TEXT, WORDS)
        assert method == "get" or len(stub.asked) == 1
    assert said.status == 502
    assert said.body["detail"]


async def test_nobody_there_is_502(open_gateway: OpenGateway) -> None:
    """The detail tells that Kling was not reached, without its address."""
    said = await (await open_gateway("http://127.0.0.1:1")).post(TEXT, WORDS)
    assert (said.status, said.body) == (502, {"detail": "Kling cannot be reached: refused"})


async def test_too_slow_is_504(open_gateway: OpenGateway) -> None:
    """An answer that does not come in time is told as such."""
    released = asyncio.Event()

    async def held(_request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    async with Stub(held) as stub:
        short = Timeouts(connect_s=5.0, base_s=0.05, per_mb_s=0.0)
        said = await (await open_gateway(stub.base_url, timeouts=short)).post(TEXT, WORDS)
        released.set()
    assert (said.status, said.body) == (504, {"detail": "Kling took too long to answer"})


async def test_a_fault_of_our_own_is_told_as_one(
    open_gateway: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even then the answer is JSON that says so, and not what went wrong inside."""

    def broken(*_args: object) -> None:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(gateway_module, "read_task", broken)
    async with Stub(yes(task_id="1")) as stub:
        said = await (await open_gateway(stub.base_url)).get(QUERY)
    assert said.status == 500
    assert said.body == {"detail": "The gateway failed; its log says why"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/tasks/videos/text2video", 404),
        ("GET", "/api/v1/tasks/../account/secrets", 404),
        ("GET", "/api/v1/tasks/Videos/text2video/1", 404),
        ("GET", "/api/v1/tasks/videos/text2video/%2E%2E", 404),
        ("GET", TEXT, 405),
        ("POST", QUERY, 405),
    ],
)
async def test_other_paths_are_answered_in_json_too(
    open_gateway: OpenGateway, method: str, path: str, status: int
) -> None:
    """What is not served is told in the same form, signed like everything."""
    caller = await open_gateway("http://127.0.0.1:1")
    said = await (caller.get(path) if method == "GET" else caller.post(path, {}))
    assert said.status == status
    assert said.body["detail"] in {"Not Found", "Method Not Allowed"}
    assert said.headers["Server"] == OUR_SERVER
    assert (status == 405) == ("Allow" in said.headers)


async def test_a_body_beyond_all_measure_is_413(
    open_gateway: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is bounded, and the bound is told by its status."""
    assert gateway_reading.BODY_MAX_BYTES > 10 * 10_000_000 * 4 / 3
    monkeypatch.setattr(gateway_reading, "BODY_MAX_BYTES", 1000)
    caller = await open_gateway("http://127.0.0.1:1")
    said = await caller.post(TEXT, {"prompt": "a" * 2000})
    assert said.status == 413
    assert said.body["detail"]


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", "gate", "Basic gate", "Bearer gate2", "Bearer ü"]
)
async def test_without_the_token_nothing_is_done(
    open_gateway: OpenGateway, header: str | None
) -> None:
    """401 before a body is read and before Kling is asked."""
    async with Stub(yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url, api_token="gate")
        headers = {} if header is None else {"Authorization": header}
        for said in (
            await caller.post(TEXT, WORDS, headers=headers),
            await caller.get(QUERY, headers=headers),
            await caller.get("/nowhere", headers=headers),
        ):
            assert said.status == 401
            assert said.headers["WWW-Authenticate"] == "Bearer"
            assert said.headers["Server"] == OUR_SERVER
        assert stub.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8000",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example:80",
        "127.0.0.1@rebound.example",
        "192.168.1.4:8000",
        "",
    ],
)
async def test_without_a_token_a_page_with_a_rebound_name_is_refused(
    open_gateway: OpenGateway, host: str
) -> None:
    """A name that leads to loopback is not loopback: 403 before Kling is asked."""
    async with Stub(yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url)
        for said in (
            await caller.post(TEXT, WORDS, headers={"Host": host}),
            await caller.get(QUERY, headers={"Host": host}),
            await caller.get("/", headers={"Host": host}),
        ):
            assert said.status == 403
            assert "Host" in said.body["detail"]
        assert stub.asked == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:1", "127.9.9.9:8000", "localhost", "LocalHost:9", "[::1]", "[::1]:8"],
)
async def test_without_a_token_this_machine_is_served(open_gateway: OpenGateway, host: str) -> None:
    """Every way to name loopback, with any port: a tunnel may end at another one."""
    async with Stub(yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url)
        assert (await caller.post(TEXT, WORDS, headers={"Host": host})).status == 200


async def test_with_a_token_any_name_is_served(open_gateway: OpenGateway) -> None:
    """A gateway beyond loopback has a name of its own; its token is what it asks for."""
    async with Stub(yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url, api_token="gate")
        headers = {"Host": "kling.example", "Authorization": "Bearer gate"}
        assert (await caller.post(TEXT, WORDS, headers=headers)).status == 200


async def test_with_the_token_it_is_done(open_gateway: OpenGateway) -> None:
    """The caller's token opens the gateway and goes no further; a greeting needs none."""
    async with Stub(yes(task_id="1")) as stub:
        caller = await open_gateway(stub.base_url, api_token="gate")
        said = await caller.post(TEXT, WORDS, headers={"Authorization": "Bearer gate"})
        assert said.status == 200
        assert stub.asked[0].token.count(".") == 2
        assert (await caller.get("/")).status == 200


async def test_an_expired_token_of_the_account_is_renewed_for_the_caller(
    gateway: Caller, clock: ManualClock
) -> None:
    """The gateway may stand for days; its callers never see a token of Kling's end."""
    for _ in range(10):
        clock.advance(1800)
        assert (await gateway.post(TEXT, WORDS)).status == 200
        clock.advance(100)


async def test_a_gateway_stands_before_kling_itself() -> None:
    """A gateway in front of a gateway is a mistake in the wiring."""
    exchange = Exchange(
        "http://127.0.0.1:1",
        dialect=Dialect.GATEWAY,
        auth=GatewayToken(),
        clock=ManualClock(),
        rng=dice(),
    )
    with pytest.raises(ValueError, match="Kling itself"):
        make_gateway(exchange)
