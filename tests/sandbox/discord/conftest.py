"""Fixtures: a clock, a scene on it, and discord.py pointed at the scene's addresses."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import discord
import pytest
import yarl

from sandbox.discord import LocalDiscord
from tests.harness.discord_conformance import Violations, attach, spec_path
from tests.harness.discord_scene import TOKEN, Api, Scene, make_scene
from tests.harness.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def point_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[LocalDiscord], None]:
    """Set discord.py's two addresses for the length of a test."""

    def point(world: LocalDiscord) -> None:
        monkeypatch.setattr(discord.http.Route, "BASE", world.api_url)
        gateway = yarl.URL(world.gateway_url)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)

    return point


@pytest.fixture
async def scene(
    clock: ManualClock,
    point_at: Callable[[LocalDiscord], None],
    request: pytest.FixtureRequest,
) -> AsyncIterator[Scene]:
    """What discord.py sends is checked against Discord's description where that is present."""
    async with make_scene(LocalDiscord(clock, token=TOKEN)) as made:
        bad_on_purpose = "api" in request.fixturenames
        checked = spec_path() is not None and not bad_on_purpose
        violations = attach(made.world) if checked else Violations()
        point_at(made.world)
        yield made
    violations.assert_none()


@pytest.fixture
def conformance(scene: Scene) -> Violations:
    """What discord.py violates; skips where Discord's description is absent."""
    return attach(scene.world)


@pytest.fixture
async def api(scene: Scene) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(session, scene.world.api_url)
