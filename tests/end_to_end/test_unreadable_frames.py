"""A connection to Discord that says what can't be read: it begins anew, and the bot goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bot.background import cancelled
from bot.discord.shards import STEADY_S
from tests.harness.opening import open_town
from tests.harness.recovery.waiting import noticed, notices
from tests.harness.town import Town

GARBLED = (
    "<html>no JSON</html>",
    "[]",
    "null",
    '{"op": 10, "d": {}}',
    '{"op": 0, "t": "READY", "s": 1, "d": {"v": 10}}',
    '{"op": 0, "t": "READY", "s": 1, "d": {"session_id": "a", "resume_gateway_url": "wss://a"}}',
    '{"op": 0, "t": "RESUMED", "s": 9, "d": null}',
)
LONGEST_WAIT_S = 480.0
"""Between two tries to connect."""


@contextlib.asynccontextmanager
async def hurried(town: Town) -> AsyncIterator[None]:
    """Set the clock forward whenever anybody waits, for as long as the block runs."""

    async def hurry() -> None:
        while True:
            town.clock.asleep.clear()
            await town.clock.asleep.wait()
            town.clock.jump(LONGEST_WAIT_S)

    hurrying = asyncio.create_task(hurry())
    try:
        yield
    finally:
        await cancelled(hurrying)


async def _first_of(*futures: "asyncio.Future[Any]") -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


async def test_a_frame_that_cannot_be_read_costs_the_connection_only(tmp_path: Path) -> None:
    """No JSON, a list, an event or a greeting without its fields: the bot connects anew.

    The session is not resumed, because it might replay the frame; commands are answered again. The
    operator hears only of several in a row.
    """
    async with open_town(tmp_path) as town, town.bot() as app:
        gateway = town.discord.gateway
        for frame in GARBLED:
            town.clock.jump(STEADY_S)
            anew = asyncio.ensure_future(app.client.wait_for("shard_connect"))
            gateway.garble(frame)
            async with hurried(town):
                await _first_of(anew, app.ended)
            assert not app.ended.done(), app.ended
        assert gateway.resumes == 0
        assert not notices(town)
        await town.ask("image", prompt="a fox")
        await town.settled()


async def test_a_greeting_that_stays_unreadable_is_told_to_the_operator(tmp_path: Path) -> None:
    """After several tries in a row the operator is notified, once; then it connects as ever."""
    async with open_town(tmp_path) as town, town.bot() as app:
        gateway, interval_ms = town.discord.gateway, town.discord.gateway.heartbeat_interval_ms
        gateway.heartbeat_interval_ms = None  # type: ignore[assignment] # what no client can read
        gateway.drop()
        anew = asyncio.ensure_future(app.client.wait_for("shard_connect"))
        async with hurried(town):
            told = asyncio.ensure_future(noticed(town, 1))
            await _first_of(told, app.ended)
            assert not app.ended.done(), app.ended
            assert "discord.gateway_url" in await told
            gateway.heartbeat_interval_ms = interval_ms
            await anew
