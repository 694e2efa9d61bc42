"""Callers who drip are cut off, by both servers, and delay no other caller."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from aiohttp import ClientError, ClientSession, web

from bot.kling.auth import ApiKey
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.settings.addresses import Address
from bot.web.access import Pace
from bot.web.gateway import make_gateway
from bot.web.pages import Health, make_pages
from bot.web.server import listen
from tests.harness.kling.stub import Stub, dice, says
from tests.harness.manual_clock import ManualClock

SHORT_S = 0.4
LONG_S = 60.0
KEY = "k" * 32
TEXT = "/api/v1/videos/text2video"
HURRIED = Pace(window_s=SHORT_S, window_bytes=1_000, whole_s=LONG_S)
PATIENT = Pace(window_s=LONG_S, window_bytes=1, whole_s=SHORT_S)


async def healthy() -> Health:
    return Health(discord=True, database=True)


async def ignored(_key: str) -> None:
    pass


def pages() -> web.Application:
    return make_pages(healthy=healthy, on_callback=ignored, api_token="a-token")


@asynccontextmanager
async def gateway(
    pace: Pace = HURRIED, *, api_token: str = "", unread_body_s: float = SHORT_S
) -> AsyncIterator[tuple[Address, Stub]]:
    """A gateway with this pace in front of a Kling that answers at once."""
    async with AsyncExitStack() as stack:
        kling = await stack.enter_async_context(Stub(says({"code": 0, "data": {"task_id": "1"}})))
        upstream = await stack.enter_async_context(
            Exchange(
                kling.base_url,
                dialect=Dialect.OFFICIAL,
                auth=ApiKey("a-key-of-kling"),
                clock=ManualClock(),
                rng=dice(),
            )
        )
        app = make_gateway(upstream, api_token=api_token, pace=pace)
        address = Address("127.0.0.1", 0)
        yield (
            await stack.enter_async_context(
                listen(app, address, key="gateway.listen", unread_body_s=unread_body_s)
            ),
            kling,
        )


async def drip(address: Address, begun: bytes, page: str) -> bytes:
    """Send `begun`, then a byte after each page of another caller, until the connection is closed.

    Returns the response.
    """
    told = bytearray()

    async def hear() -> None:
        with suppress(ConnectionError):  # cut off while we were still speaking
            while chunk := await reader.read(1_000):
                told.extend(chunk)

    async with asyncio.timeout(LONG_S), ClientSession(f"http://{address}") as other:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(begun)
        hearing = asyncio.create_task(hear())
        while not hearing.done():
            async with other.get(page) as answer:
                assert answer.status == 200
            writer.write(b"a")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return bytes(told)


@pytest.mark.parametrize(
    "begun", [b"GET /", b"GET /healthz HTTP/1.1\r\nX: "], ids=["line", "header"]
)
async def test_a_dripped_head_is_cut_off_at_the_pages(begun: bytes) -> None:
    """However lively its bytes come, a request head has only so long."""
    async with listen(pages(), Address("127.0.0.1", 0), key="web.listen", idle_s=SHORT_S) as at:
        assert await drip(at, begun, "/healthz") == b""


async def test_a_dripped_second_head_is_cut_off_too() -> None:
    """A connection that was good once is not trusted for longer."""
    begun = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nX: "
    async with listen(pages(), Address("127.0.0.1", 0), key="web.listen", idle_s=SHORT_S) as at:
        told = await drip(at, begun, "/healthz")
    assert told.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "framing",
    [b"Content-Length: 50000", b"Transfer-Encoding: chunked\r\n\r\n5000"],
    ids=["length", "chunks"],
)
async def test_a_dripped_callback_is_answered_and_cut_off(framing: bytes) -> None:
    """The body of a callback is not read, and delays nothing."""
    begun = b"POST /callback/%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n" % (KEY.encode(), framing)
    async with listen(
        pages(), Address("127.0.0.1", 0), key="web.listen", unread_body_s=SHORT_S
    ) as at:
        assert (await drip(at, begun, "/healthz")).startswith(b"HTTP/1.1 200 ")


def order(framing: bytes, *more: bytes) -> bytes:
    head = (b"POST %s HTTP/1.1" % TEXT.encode(), b"Host: 127.0.0.1", framing, *more)
    return b"\r\n".join([*head, b"Content-Type: application/json", b"", b'{"prompt": "'])


@pytest.mark.parametrize(
    "pace", [pytest.param(HURRIED, marks=pytest.mark.sweep), PATIENT], ids=["window", "whole"]
)
async def test_a_dripped_order_is_cut_off_at_the_gateway(pace: Pace) -> None:
    """Neither a body that hardly moves nor one that never ends is waited for, and none is sent."""
    async with gateway(pace) as (address, kling):
        told = await drip(address, order(b"Content-Length: 50000"), "/")
        assert told.startswith(b"HTTP/1.1 408 ")
        assert b"too slowly" in told
        assert kling.asked == []


async def test_an_order_in_its_own_pace_is_taken() -> None:
    """Only the pace is judged: a body in two pieces, with something between them, is fine."""
    async with gateway(Pace(LONG_S, 1_000, LONG_S)) as (address, kling):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(order(b"Content-Length: 15"))
        async with ClientSession() as other, other.get(f"http://{address}/") as answer:
            assert answer.status == 200
        writer.write(b'a"}')
        assert b" 200 " in await reader.readline()
        assert len(kling.asked) == 1
        writer.close()
        await writer.wait_closed()


async def test_a_stranger_is_not_even_read() -> None:
    """Without the token the answer comes before the body, and the body holds nothing."""
    async with gateway(Pace(LONG_S, 1, LONG_S), api_token="a-token") as (address, kling):
        told = await drip(address, order(b"Content-Length: 50000"), "/")
        assert told.startswith(b"HTTP/1.1 401 ")
        assert kling.asked == []


async def test_callers_who_only_hold_the_line_are_few() -> None:
    """Above this many, further connections are closed at once; when one ends, there is room."""
    here = Address("127.0.0.1", 0)
    async with (
        listen(pages(), here, key="web.listen", idle_s=LONG_S, connections_max=2) as at,
        asyncio.timeout(LONG_S),
    ):
        lines = [await asyncio.open_connection(at.host, at.port) for _ in range(2)]
        for reader, writer in lines:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b" 200 " in await reader.readline()
        reader, writer = await asyncio.open_connection(at.host, at.port)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        first = lines[0][1]
        first.close()
        await first.wait_closed()
        async with ClientSession(f"http://{at}") as session:
            while True:
                with suppress(ClientError):
                    async with session.get("/healthz") as answer:
                        assert answer.status == 200
                        break
        lines[1][1].close()
