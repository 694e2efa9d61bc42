"""A callback is a hint to poll: it is never believed and never waited for."""

import math
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from sandbox.kling import Script
from storage.job import State
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town

PATIENT_S = "3600"


@dataclass
class Listening:
    town: Town
    url: str

    async def post(self, path: str, body: object) -> int:
        async with aiohttp.ClientSession() as session:
            reply = await session.post(f"{self.url}{path}", json=body)
            return reply.status


def free_port() -> int:
    """Return a port that is free: Kling has to be told one before the bot listens on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
async def listening(tmp_path: Path) -> AsyncIterator[Listening]:
    """A bot that would ask once an hour, and that Kling can call."""
    address = f"127.0.0.1:{free_port()}"
    env = {
        "KLINGBOT_WEB__LISTEN": address,
        "KLINGBOT_WEB__PUBLIC_URL": f"http://{address}",
        "KLINGBOT_POLL__FIRST_S": PATIENT_S,
        "KLINGBOT_POLL__INTERVAL_S": PATIENT_S,
        "KLINGBOT_POLL__LATE_S": "90000",
        "KLINGBOT_POLL__GIVE_UP_S": "100000",
    }
    async with open_town(tmp_path, env=env) as town:
        town.kling.script(Script(takes_s=math.inf, times=None))
        async with town.bot():
            yield Listening(town, f"http://{address}")


def queries(town: Town) -> int:
    return len([r for r in town.kling.requests if r.method == "GET" and r.path.startswith("/v1/")])


async def test_a_callback_has_the_task_asked_for_at_once(listening: Listening) -> None:
    """The result is there long before the next query would have gone out."""
    town = listening.town
    asked = await town.ask("image", prompt="call me")
    await town.job_is(State.RUNNING)
    town.kling.finish(town.kling.creates[0])
    await town.posted()
    await town.card_says(asked, "✅")
    await town.settled()
    assert_posted_once(town.posts(), 1)
    assert_paid_once(town, 1)


async def test_a_forged_callback_changes_nothing(listening: Listening) -> None:
    """Its body says that the task is done, and where: Kling is asked instead."""
    town = listening.town
    await town.ask("image", prompt="do not believe it")
    await town.job_is(State.RUNNING)
    await town.kling.until(lambda: bool(town.kling.callbacks))
    job = await town.only_job()
    before = queries(town)
    forged = {
        "task_id": job.task_id,
        "task_status": "succeed",
        "task_result": {"images": [{"index": 0, "url": f"{listening.url}/healthz"}]},
    }
    assert await listening.post(f"/callback/{job.callback_key}", forged) == 200
    await town.kling.until(lambda: queries(town) == before + 1)
    assert (await town.only_job()).state is State.RUNNING
    assert town.posts() == []


async def test_a_guessed_key_is_answered_like_a_real_one_and_asks_nothing(
    listening: Listening,
) -> None:
    """The answer reveals no key, and no outsider can make the bot send a query."""
    town = listening.town
    await town.ask("image", prompt="guess")
    await town.job_is(State.RUNNING)
    await town.kling.until(lambda: bool(town.kling.callbacks))
    before = queries(town)
    for guess in ("x" * 32, "0123456789abcdef"):
        assert await listening.post(f"/callback/{guess}", {}) == 200
    assert await listening.post("/callback/short", {}) == 404
    assert queries(town) == before
