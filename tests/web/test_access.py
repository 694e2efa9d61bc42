"""Who may ask a page that has no token."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from bot.settings.addresses import Address
from bot.web.access import names_this_machine
from bot.web.server import listen

OURS = ["http://localhost:8080", "http://127.0.0.1:1", "https://[::1]"]
FOREIGN = ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://10.0.0.1"]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="yes" if names_this_machine(request) else "no")

    app = web.Application()
    app.router.add_post("/", page)
    async with listen(app, Address("127.0.0.1", 0), key="web.listen") as address:
        yield f"http://{address}/"


@pytest.mark.parametrize("origin", [*OURS, *FOREIGN])
async def test_a_page_of_another_site_is_told_apart(url: str, origin: str) -> None:
    """A page in somebody's browser that asks this address itself says where it comes from."""
    async with (
        ClientSession() as session,
        session.post(url, headers={"Origin": origin}) as answer,
    ):
        assert await answer.text() == ("yes" if origin in OURS else "no")


async def test_a_program_says_no_origin(url: str) -> None:
    """Programs are not browsers: without an origin the name of the host decides."""
    async with ClientSession() as session, session.post(url) as answer:
        assert await answer.text() == "yes"
