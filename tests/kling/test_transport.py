"""What happens on the line, and whether the request had left by then."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.requests import ImageRequest, Route, VideoRequest
from bot.errors import KlingUnclear, KlingUnreachable
from bot.kling.dialects import Dialect
from bot.kling.transport import ANSWER_MAX_BYTES, Timeouts, Transport
from tests.harness.kling.stub import (
    Answer,
    LeapingClock,
    Stub,
    breaks_off,
    hangs_up,
    says,
    writes,
    yes,
)
from tests.harness.refusing import refusing_port
from tests.kling.conftest import MakeKling

WORDS = VideoRequest(prompt="a boat", model="kling-v3")
SHORT = Timeouts(connect_s=5.0, base_s=0.05, per_mb_s=0.0)


class KnowsNoNames(AbstractResolver):
    async def resolve(self, host: str, *_port: object, **_family: object) -> list[ResolveResult]:
        raise OSError(f"no address for {host}")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("dialect", Dialect)
async def test_nobody_listens_means_nothing_was_sent(
    make_kling: MakeKling, dialect: Dialect, clock: LeapingClock
) -> None:
    """A refused connection is KlingUnreachable: an order is not repeated, a question is."""
    with refusing_port() as port:
        kling = await make_kling(f"http://127.0.0.1:{port}", dialect)
        with pytest.raises(KlingUnreachable, match="refused"):
            await kling.create(WORDS, external_id="abc", inputs={})
        assert clock.slept == []
        with pytest.raises(KlingUnreachable, match="refused"):
            await kling.query(Route.TEXT2VIDEO, "1")
    assert len(clock.slept) == 2


async def test_a_host_without_an_address_means_nothing_was_sent(make_kling: MakeKling) -> None:
    """A name that does not resolve is KlingUnreachable; a session of the caller's own is used."""
    connector = aiohttp.TCPConnector(resolver=KnowsNoNames())
    async with aiohttp.ClientSession(connector=connector) as session:
        kling = await make_kling("http://kling.example", session=session)
        with pytest.raises(KlingUnreachable, match="dns"):
            await kling.create(WORDS, external_id="abc", inputs={})


async def test_a_failed_handshake_means_nothing_was_sent(make_kling: MakeKling) -> None:
    """Where TLS cannot be agreed on, no request has left."""
    async with Stub(says({})) as stub:
        kling = await make_kling(stub.base_url.replace("http://", "https://"))
        with pytest.raises(KlingUnreachable, match="tls"):
            await kling.create(WORDS, external_id="abc", inputs={})
        assert stub.asked == []


HTML = writes(b"<html>busy</html>")
UNREADABLE: list[tuple[str, Answer]] = [
    ("no_answer", hangs_up),
    ("half_an_answer", breaks_off),
    ("html", HTML),
    ("empty", writes(b"")),
    ("cut_json", writes(b'{"code":0,"data":{"task_id":"1')),
    ("not_utf8", writes(b'{"code":0,"data":{"task_id":"\xff"}}')),
    ("nested_deep", writes(b"[" * 100_000)),
    ("long_number", writes(b'{"code":' + b"9" * 10_000 + b"}")),
    ("no_object", says([1, 2])),
    ("null", says(None)),
    ("no_data", says({"code": 0})),
    ("null_data", says({"code": 0, "data": None, "task_id": None, "raw_data": None})),
    ("empty_data", yes()),
    ("list_for_data", says({"code": 0, "data": [], "raw_data": []})),
    ("empty_task_id", yes(task_id="")),
    ("task_id_of_no_type", yes(task_id={"a": 1})),
    ("task_id_that_walks", yes(task_id="..")),
    ("task_id_with_a_line_end", yes(task_id="1\r\n2")),
    ("endless_task_id", yes(task_id="1" * 1000)),
    ("502_html", writes(b"<html>", 502)),
    ("403_html", writes(b"<html>", 403)),
    ("301", says({"code": 0}, 301, {"Location": "/elsewhere"})),
    ("307", says({"code": 0}, 307, {"Location": "/elsewhere"})),
    ("too_large", writes(b" " * (ANSWER_MAX_BYTES + 1))),
]


@pytest.mark.parametrize("answer", [a for _, a in UNREADABLE], ids=[n for n, _ in UNREADABLE])
@pytest.mark.parametrize("dialect", Dialect)
async def test_an_order_without_a_readable_answer_is_unclear_and_never_repeated(
    make_kling: MakeKling, dialect: Dialect, answer: Answer, clock: LeapingClock
) -> None:
    """Whatever is wrong with the answer, the order went out once and may have been carried out."""
    async with Stub(answer) as stub:
        kling = await make_kling(stub.base_url, dialect)
        with pytest.raises(KlingUnclear):
            await kling.create(WORDS, external_id="abc", inputs={})
        assert len(stub.asked) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    "answer",
    [hangs_up, breaks_off, HTML, writes(b"{", 500)],
    ids=["no_answer", "half_an_answer", "html", "500"],
)
async def test_a_question_without_a_readable_answer_is_asked_again(
    make_kling: MakeKling, answer: Answer
) -> None:
    """A query costs nothing, so a second try may give what the first did not."""
    async with Stub(answer, yes(task_id="1", task_status="processing")) as stub:
        kling = await make_kling(stub.base_url)
        assert (await kling.query(Route.TEXT2VIDEO, "1")).status == "processing"
        assert [asked.path for asked in stub.asked[-2:]] == ["/v1/videos/text2video/1"] * 2


async def test_an_answer_that_does_not_come_in_time_is_unclear(make_kling: MakeKling) -> None:
    """The order was read, the answer is held back: after our own timeout it is unclear."""
    released = asyncio.Event()

    async def held(_request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    async with Stub(held) as stub:
        kling = await make_kling(stub.base_url, timeouts=SHORT)
        with pytest.raises(KlingUnclear, match="timeout"):
            await kling.create(WORDS, external_id="abc", inputs={})
        released.set()
        assert len(stub.asked) == 1


async def test_a_body_that_never_ends_is_unclear_in_time(make_kling: MakeKling) -> None:
    """A first byte is no answer: the time of a request is that of its whole answer."""
    released = asyncio.Event()

    async def begun(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"code":0,')
        await released.wait()
        return response

    async with Stub(begun) as stub:
        kling = await make_kling(stub.base_url, timeouts=SHORT)
        with pytest.raises(KlingUnclear, match="timeout"):
            await kling.create(WORDS, external_id="abc", inputs={})
        released.set()
        assert len(stub.asked) == 1


def test_a_large_body_is_given_time_to_be_uploaded() -> None:
    """30 seconds, and 4 more for each megabyte of the body."""
    assert Timeouts().total_s(0) == 30
    assert Timeouts().total_s(10_000_000) == 70


async def test_an_endless_answer_is_not_read_to_its_end(make_kling: MakeKling) -> None:
    """Past the cap reading stops, whatever more there is, readable or not."""
    padded = b'{"code":0,"data":{"task_id":"1"}}' + b" " * ANSWER_MAX_BYTES
    async with Stub(writes(padded)) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(KlingUnclear, match="answer_too_large"):
            await kling.create(WORDS, external_id="abc", inputs={})


async def test_a_large_picture_arrives_whole(make_kling: MakeKling) -> None:
    """Several megabytes of picture go out without a warning and come in byte for byte."""
    picture = bytes(range(256)) * 16_384
    async with Stub(yes(task_id="1")) as stub:
        kling = await make_kling(stub.base_url)
        request = ImageRequest(prompt="a boat", model="kling-v3", images=("image",))
        await kling.create(request, external_id="abc", inputs={"image": picture})
        assert len(stub.asked[0].body["image"]) == (len(picture) + 2) // 3 * 4


async def test_an_order_never_travels_on_a_reused_connection(make_kling: MakeKling) -> None:
    """A connection that the other side is just closing would make a paid request unclear."""
    connections = []

    async def remember(request: web.Request) -> web.StreamResponse:
        connections.append(request.transport)
        return web.json_response({"code": 0, "data": {"task_id": "1"}})

    async with Stub(remember) as stub:
        kling = await make_kling(stub.base_url)
        await kling.query(Route.TEXT2VIDEO, "1")
        await kling.create(WORDS, external_id="abc", inputs={})
        await kling.create(WORDS, external_id="abd", inputs={})
    assert len({id(connection) for connection in connections}) == 3


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "kling.example",
        "ftp://kling.example",
        "http://",
        "http://user:pw@kling.example",
        "http://kling.example/?a=1",
        "http://kling.example/#a",
    ],
)
def test_a_base_url_is_a_plain_address(base_url: str) -> None:
    """Anything but scheme, host, port and path is refused, and not repeated in the message."""
    with pytest.raises(ValueError, match="base URL") as caught:
        Transport(base_url)
    assert "pw" not in str(caught.value)


async def test_a_base_url_may_have_a_path_and_a_slash(make_kling: MakeKling) -> None:
    """Behind a reverse proxy the API may live under a prefix."""
    async with Stub(yes(task_id="1")) as stub:
        kling = await make_kling(f"{stub.base_url}/kling/")
        await kling.query(Route.TEXT2VIDEO, "1")
        assert stub.asked[0].path == "/kling/v1/videos/text2video/1"


async def test_a_hostile_task_id_stays_inside_its_segment(make_kling: MakeKling) -> None:
    """Slashes, dots and question marks of an id cannot lead the query elsewhere."""
    hostile = "../../account/costs?a=b#c"
    async with Stub(yes(task_id=hostile)) as stub:
        kling = await make_kling(stub.base_url)
        await kling.query(Route.TEXT2VIDEO, hostile)
        path = stub.asked[0].path
    assert path == "/v1/videos/text2video/..%2F..%2Faccount%2Fcosts%3Fa%3Db%23c"
    for walking in ("", ".", ".."):
        with pytest.raises(ValueError, match="not an id"):
            await kling.query(Route.TEXT2VIDEO, walking)


async def test_outside_its_context_a_client_says_so() -> None:
    """Using a transport that is not open is told as the mistake that it is."""
    with pytest.raises(RuntimeError, match="async with"):
        await Transport("http://127.0.0.1:1").send("GET", "/", token=None)
