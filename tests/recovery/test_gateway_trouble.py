"""The connection over which commands come: lost, refused, away for minutes, and back."""

import math

import pytest

from sandbox.kling import Script
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town

OUTAGE_S = 13 * 60.0
BACK_WITHIN_S = 60.0


async def back(town: Town) -> None:
    """Return once the bot is connected and answers commands again."""
    gateway = town.discord.gateway
    await town.discord.until(lambda: gateway.connected, BACK_WITHIN_S)
    asked = await town.ask("image", prompt="and another")
    await town.card_says(asked, "✅")


@pytest.mark.parametrize(
    "how", sampled(["reconnect", "cut", "session to resume", "session gone"], "cut", "session gone")
)
async def test_a_lost_connection_costs_no_job(town: Town, how: str) -> None:
    """What is under way ends, and commands are answered again, whether or not it may resume."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="under way")
    await town.card_says(asked, "🎬")
    gateway = town.discord.gateway
    match how:
        case "reconnect":
            gateway.reconnect()
        case "cut":
            gateway.drop()
        case _:
            gateway.invalidate(resumable=how == "session to resume")
    town.kling.finish(town.kling.creates[0])
    await town.posted()
    expected = (2, 0) if how == "session gone" else (1, 1)
    await town.discord.until(
        lambda: (gateway.identifies, gateway.resumes) == expected, BACK_WITHIN_S
    )
    await back(town)
    await town.settled()
    assert_paid_once(town, 2)
    assert_posted_once(town.posts(), 2)


async def test_results_arrive_through_minutes_without_a_gateway(town: Town) -> None:
    """Thirteen minutes, and the session is forgotten: posts need no gateway, commands return."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="in the dark")
    await town.card_says(asked, "🎬")
    gateway = town.discord.gateway
    gateway.begin_outage()
    town.clock.jump(OUTAGE_S)
    town.kling.finish(town.kling.creates[0])
    await town.posted()
    await town.card_says(asked, "✅")
    assert not gateway.connected
    gateway.end_outage(forget_sessions=True)
    await back(town)
    await town.settled()
    assert_paid_once(town, 2)
    assert_posted_once(town.posts(), 2)
