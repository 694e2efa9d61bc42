"""What is no request: answered or dropped, and never written down."""

import asyncio
import logging

import pytest
from aiohttp import ClientSession, web

from bot.web.server import listen
from tests.web.test_pages import ANY_PORT, KEY
from tests.web.test_slow import pages

GARBAGE = (
    b"GET / HTTP/9.9\r\nAuthorization: Bearer a-token\r\n\r\n",
    b"GET /\x1b[31m HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /callback/%s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" % KEY.encode(),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    b"\r\n\r\n\x00" * 50,
)
"""Wrong versions, escapes, lengths, chunks; a TLS client, and nothing at all."""


async def test_a_request_that_is_no_http_writes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """No caller of the port can fill the log, or put text into it."""
    caplog.set_level(logging.INFO)
    async with listen(pages(), ANY_PORT, key="web.listen", idle_s=0.5) as address:
        for garbage in GARBAGE:
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(garbage)
            told = await reader.read()
            assert b" 200 " not in told or KEY.encode() in garbage
            writer.close()
            await writer.wait_closed()
        async with ClientSession() as session, session.get(f"http://{address}/healthz") as answer:
            assert answer.status == 200
    assert caplog.records == []


async def test_a_fault_of_ours_is_written(caplog: pytest.LogCaptureFixture) -> None:
    """What breaks on our side is in the log, with where it broke."""

    async def broken(_request: web.Request) -> web.Response:
        raise LookupError("ours")

    app = web.Application()
    app.router.add_get("/", broken)
    async with (
        listen(app, ANY_PORT, key="web.listen") as address,
        ClientSession() as session,
        session.get(f"http://{address}/") as answer,
    ):
        assert answer.status == 500
    [record] = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)
