"""A town of several shards: a server with a channel on each, and what the bot does there."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from bot.app import App, open_app
from bot.settings.load import load_settings
from sandbox.clock import PATIENCE_S
from sandbox.discord import Channel, Guild
from tests.harness.opening import open_town
from tests.harness.town import PATIENT, Town


def place_on(town: Town, shard: int, count: int) -> tuple[Guild, Channel]:
    """Add a server that belongs to this shard, with a channel."""
    guild = town.discord.add_guild(f"on shard {shard}", shard=(shard, count))
    return guild, town.discord.add_channel(guild, "general")


@contextlib.asynccontextmanager
async def open_places(
    tmp_path: Path, count: int, *, env: dict[str, str] | None = None
) -> AsyncIterator[tuple[Town, list[Channel]]]:
    """Open a town with a channel on each of so many shards; any of them may identify at once."""
    async with open_town(tmp_path, env=env) as town:
        town.discord.remove_bot(town.guild)
        town.discord.gateway.starts.recommended_shards = count
        town.discord.gateway.starts.max_concurrency = count
        yield town, [place_on(town, shard, count)[1] for shard in range(count)]


@contextlib.asynccontextmanager
async def process(town: Town, **env: str) -> AsyncIterator[App]:
    """Run the bot with other settings, beside others over the same database."""
    given = {f"KLINGBOT_{name.upper()}": value for name, value in env.items()}
    settings = load_settings(None, town.env | given)
    async with open_app(settings, town.clock, answer_within=PATIENT) as app:
        town.app = app
        town.commits.listen_to(app.store._connections)
        yield app


async def connected(town: Town, *shards: tuple[int, int]) -> None:
    """Return once exactly these shards, each with the number of all, are connected."""
    gateway = town.discord.gateway
    await town.discord.until(lambda: gateway.connected_shards == set(shards), PATIENCE_S)


async def identified(town: Town, count: int) -> None:
    """Return once Discord has got so many IDENTIFYs."""
    starts = town.discord.gateway.starts
    await town.discord.until(lambda: len(starts.identifies) >= count, PATIENCE_S)
