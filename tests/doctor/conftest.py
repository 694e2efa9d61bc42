"""A local Discord and a local Kling, and settings that lead to them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.settings.load import Settings, load_settings
from sandbox.discord import LocalDiscord
from sandbox.kling import LocalKling

Make = Callable[..., Settings]


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    """A private application in one server with one channel."""
    async with LocalDiscord(SystemClock(), application_public=False) as world:
        guild = world.add_guild("Den")
        world.add_channel(guild, "general")
        yield world
        assert world.unknown_routes == []


@pytest.fixture
async def kling() -> AsyncIterator[LocalKling]:
    async with LocalKling() as world:
        yield world


@pytest.fixture
def env(discord: LocalDiscord, kling: LocalKling, tmp_path: Path) -> dict[str, str]:
    """With these all is well."""
    return {
        "KLINGBOT_DISCORD__TOKEN": discord.token,
        "KLINGBOT_DISCORD__API_URL": discord.api_url,
        "KLINGBOT_DISCORD__GATEWAY_URL": discord.gateway_url,
        "KLINGBOT_KLING__BASE_URL": kling.base_url,
        "KLINGBOT_KLING__API_KEY": kling.keys.api_key,
        "KLINGBOT_STORAGE__URL": f"sqlite:///{tmp_path}/data/kling.db",
    }


@pytest.fixture
def settings(env: dict[str, str]) -> Make:
    """Make settings with some keys changed, as `section__key=value`."""

    def make(**changed: str) -> Settings:
        changes = {f"KLINGBOT_{name.upper()}": value for name, value in changed.items()}
        return load_settings(None, env | changes)

    return make
