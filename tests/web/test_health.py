"""The health page under many callers."""

import asyncio

import pytest

from bot.web.pages import Health
from tests.web.test_pages import Bot, serving


async def test_one_look_serves_everyone_who_asks_at_once() -> None:
    """A hundred callers cost the database one look."""
    looks, go_on = 0, asyncio.Event()

    async def healthy() -> Health:
        nonlocal looks
        looks += 1
        await go_on.wait()
        return Health(discord=True, database=True)

    async with serving(healthy, Bot().on_callback) as (session, _):
        asked = [asyncio.ensure_future(session.get("/healthz")) for _ in range(100)]
        while not looks:  # noqa: ASYNC110 - the server tells nobody that it began
            await asyncio.sleep(0)
        go_on.set()
        answers = await asyncio.gather(*asked)
        assert {answer.status for answer in answers} == {200}
        for answer in answers:
            answer.release()
    assert looks == 1


async def test_a_health_that_stays_unknown_is_logged_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers can't fill the log with tracebacks."""
    monkeypatch.setattr("bot.web.pages.HEALTH_KEPT_S", 0.0)
    looks = 0

    async def broken() -> Health:
        nonlocal looks
        looks += 1
        raise OSError

    async with serving(broken, Bot().on_callback) as (session, _):
        for _ in range(5):
            async with session.get("/healthz") as answer:
                assert answer.status == 503
    assert looks == 5
    assert caplog.text.count("health could not be told") <= 1
