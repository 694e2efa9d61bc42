"""The workbench's levers: tasks that end on command, and faults that come and go."""

import asyncio
import json

import aiohttp
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import Message
from sandbox.kling import RISK_CONTROL, Task
from sandbox.playground.ground import Ground
from sandbox.playground.trouble import SLOWER_S
from sandbox.playground.workbench import DELAY_S
from tests.harness.playground.drawer import PROMPT, asked, create, open_drawer
from tests.harness.playground.page import OpenPage, RefusedByGroundError

SOON_S = 0.05


async def posted(ground: Ground, has: str) -> Message:
    """The first message in the channel that contains some words."""
    posts = ground.scene.channels[0].messages

    def found() -> Message | None:
        return next((p for p in posts if has in json.dumps(ground.bot.discord.payload(p))), None)

    message = await ground.bot.discord.until(found, PATIENCE_S)
    assert message is not None
    return message


async def a_task(ground: Ground, http: aiohttp.ClientSession) -> Task:
    """A new task of Kling's."""
    assert await create(ground, http) == 200
    return ground.bot.kling.creates[-1]


@pytest.mark.parametrize(
    ("order", "state", "problem"),
    [
        ("finish", "succeed", None),
        ("fail", "failed", "Internal error"),
        ("moderate", "failed", RISK_CONTROL),
    ],
)
async def test_a_task_ends_as_the_button_says(
    ground: Ground,
    open_page: OpenPage,
    http: aiohttp.ClientSession,
    order: str,
    state: str,
    problem: str | None,
) -> None:
    """A task that would take an hour ends at once, which is told, and cannot be ended twice."""
    page, _ = await open_drawer(open_page)
    await page.ask("fault", fault="slow", on=True)
    task = await a_task(ground, http)
    assert await page.ask("task", task=task.id, order=order) == {}
    seen = (await page.ask("workbench", open=True, text=""))["tasks"]
    assert [(t["id"], t["state"], t["problem"]) for t in seen] == [(task.id, state, problem)]
    assert (seen[0]["product"], seen[0]["prompt"]) == ("images/generations", PROMPT)
    assert seen[0] in [t for f in page.told if f["type"] == "tasks" for t in f["tasks"]]
    with pytest.raises(RefusedByGroundError, match="has ended"):
        await page.ask("task", task=task.id, order=order)


async def test_a_slow_kling_is_slow_until_it_is_not(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """Running tasks are moved there and back by the same hour; a delay on top of it stays."""
    page, _ = await open_drawer(open_page)
    await page.ask("fault", fault="slow", on=True)
    task = await a_task(ground, http)
    slow_s = task.ends_s
    assert slow_s > ground.bot.kling.clock.now() + SLOWER_S / 2
    await page.ask("task", task=task.id, order="delay")
    assert task.ends_s == slow_s + DELAY_S
    await page.ask("fault", fault="slow", on=False)
    assert task.ends_s == pytest.approx(slow_s + DELAY_S - SLOWER_S)
    await page.ask("fault", fault="slow", on=True)
    assert task.ends_s == pytest.approx(slow_s + DELAY_S)


async def test_a_task_that_moves_on_by_itself_is_told(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """Without a query nothing happens at Kling, but the page is notified of the end."""
    page, _ = await open_drawer(open_page)
    task, kling = await a_task(ground, http), ground.bot.kling
    kling.delay(task, kling.clock.now() + SOON_S - task.ends_s)
    while (frame := await page.heard("tasks"))["tasks"][0]["state"] != "succeed":
        page.told.remove(frame)
    assert frame["tasks"][0]["result"]["pictures"] == 1


async def test_a_full_kling_takes_nothing_new(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """While there is no slot every create is refused; running tasks and queries continue."""
    page, _ = await open_drawer(open_page)
    task = await a_task(ground, http)
    await page.ask("fault", fault="full", on=True)
    await page.ask("fault", fault="full", on=True)
    assert await create(ground, http) == 429
    assert ground.bot.kling.creates == [task]
    assert (await page.heard("faults"))["faults"]["full"]
    await page.ask("task", task=task.id, order="finish")
    await page.ask("fault", fault="full", on=False)
    assert await create(ground, http) == 200


@pytest.mark.sweep
async def test_a_result_survives_the_rate_limit(ground: Ground, open_page: OpenPage) -> None:
    """While Discord answers 429 nothing appears; after that the picture is posted, once."""
    page, _ = await open_drawer(open_page)
    await page.ask("fault", fault="throttled", on=True)
    await ground.bot.start_bot()
    await asked(ground)
    discord = ground.bot.discord
    post = ("POST", "/channels/{channel_id}/messages")
    await discord.until(lambda: discord.sent(*post), PATIENCE_S)
    await page.ask("fault", fault="throttled", on=False)
    assert (await posted(ground, "is ready")).attachments
    statuses = [request.status for request in discord.sent(*post)]
    assert statuses[0] == 429
    assert statuses.count(200) == 1


@pytest.mark.sweep
async def test_a_dropped_gateway_stays_away_until_it_is_let_in(
    ground: Ground, open_page: OpenPage
) -> None:
    """The bot is cut off, and reconnects and resumes when the fault ends."""
    page, _ = await open_drawer(open_page)
    await ground.bot.start_bot()
    gateway = ground.bot.discord.gateway
    await page.ask("fault", fault="outage", on=True)
    await page.heard("presence", presence={"connected": False})
    assert (await page.ask("workbench", open=True, text=""))["faults"]["outage"]
    await page.ask("fault", fault="outage", on=False)
    await ground.bot.discord.until(lambda: gateway.connected, PATIENCE_S)
    assert gateway.resumes == 1


async def test_a_bot_can_be_started_while_nobody_is_let_in(
    ground: Ground, open_page: OpenPage
) -> None:
    """A start during the outage is answered once there is a process: there is no connection."""
    page, _ = await open_drawer(open_page)
    await page.ask("fault", fault="outage", on=True)
    assert await page.ask("bot", order="start") == {"running": True}
    assert not ground.bot.discord.gateway.connected


@pytest.mark.sweep
async def test_a_bot_that_dies_is_shown_as_dead(ground: Ground, open_page: OpenPage) -> None:
    """Killed by the page or by anybody else, it is told; and it is started only once."""
    page, seen = await open_drawer(open_page)
    assert seen["faults"]["killed"]
    await asyncio.gather(
        ground.bot.start_bot(), ground.bot.start_bot(), page.ask("bot", order="start")
    )
    assert ground.bot.discord.gateway.identifies == 1
    assert (await page.ask("workbench", open=True, text=""))["faults"]["killed"] is False
    page.told.clear()
    assert ground.bot.process is not None
    ground.bot.process.kill()
    while not (await page.heard("faults"))["faults"]["killed"]:
        page.told.clear()
    assert "application.public" in (await page.ask("log"))["text"]
