"""Opens the local Discord and the local Kling, and says to the bot where they are."""

import contextlib
import math
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.kling.auth import credentials_for
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.settings.addresses import Address
from bot.web.gateway import make_gateway
from bot.web.server import listen
from sandbox.discord import LocalDiscord
from sandbox.kling import Latencies, LocalKling, Switches
from tests.harness import shelf
from tests.harness.discord_conformance import Violations, attach, spec_path, watch_descriptions
from tests.harness.jump_clock import JumpClock
from tests.harness.plain_results import PlainResults
from tests.harness.town import Town

QUICK = Latencies(queue_s=0.0, video_s=0.05, image_s=0.05, lip_sync_s=0.05)
TOKEN = "the-bot-token"
NEVER_S = math.inf
ANSWER_WITHIN_S = 150.0
"""In place of Discord's three seconds, which a busy machine does not keep."""
UNLIMITED = {
    "KLINGBOT_ACCESS__JOBS_PER_MEMBER_DAY": "0",
    "KLINGBOT_LIMITS__OPEN_JOBS_PER_MEMBER": "0",
    "KLINGBOT_LIMITS__DELIVERIES_AGAIN_PER_HOUR": "0",
    "KLINGBOT_LIMITS__INPUT_MIB_PER_MEMBER_DAY": "0",
    "KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "0",
    "KLINGBOT_LIMITS__MEMBER_IMAGE_UNITS_PER_DAY": "0",
}
"""Settings without any limit of a member, for one who asks for very much."""


@contextlib.asynccontextmanager
async def open_town(
    tmp_path: Path,
    *,
    dialect: str = "official",
    switches: Switches | None = None,
    latencies: Latencies = QUICK,
    kling_options: dict[str, Any] | None = None,
    discord_options: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    clock: JumpClock | None = None,
    check: Callable[[Violations], None] = Violations.assert_none,
) -> AsyncIterator[Town]:
    """Open the two worlds; the bot itself is started by `Town.bot`."""
    clock = clock or JumpClock()
    discord = LocalDiscord(clock, token=TOKEN, **(discord_options or {}))
    discord.interactions.answer_within_s = ANSWER_WITHIN_S
    results = PlainResults()
    options = {"media_for": results, "draw": shelf.result, **(kling_options or {})}
    kling = LocalKling(clock, switches=switches, latencies=latencies, **options)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(discord)
        await stack.enter_async_context(kling)
        base_url = kling.base_url
        if dialect == "gateway":
            base_url = await stack.enter_async_context(_gateway(kling, clock))
        guild = discord.add_guild("Test server")
        channel = discord.add_channel(guild, "general")
        member = discord.add_user("mia")
        hosts = [urlsplit(discord.cdn_url).netloc, urlsplit(kling.base_url).netloc]
        given = {
            "KLINGBOT_DISCORD__TOKEN": TOKEN,
            "KLINGBOT_DISCORD__API_URL": discord.api_url,
            "KLINGBOT_DISCORD__GATEWAY_URL": discord.gateway_url,
            "KLINGBOT_KLING__BASE_URL": base_url,
            "KLINGBOT_KLING__DIALECT": dialect,
            "KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{hosts[0]}", "{hosts[1]}"]',
            "KLINGBOT_STORAGE__URL": f"sqlite:///{tmp_path}/kling.db",
            "KLINGBOT_WEB__LISTEN": "",
            # One member stands for many.
            "KLINGBOT_LIMITS__OPEN_JOBS_PER_MEMBER": "0",
            # No question about prices, except where a test is about it.
            "KLINGBOT_MONEY__CONFIRM_USD": "-1",
            "KLINGBOT_POLL__FIRST_S": "0.05",
            "KLINGBOT_POLL__INTERVAL_S": "0.05",
        }
        if dialect == "official":
            given |= {
                "KLINGBOT_KLING__ACCESS_KEY": kling.keys.access_key,
                "KLINGBOT_KLING__SECRET_KEY": kling.keys.secret_key,
            }
        town = Town(clock, discord, kling, results, given | (env or {}), guild, channel, member)
        if spec_path() is not None:
            town.violations = attach(discord)
        watch_descriptions(discord, town.violations)
        yield town
        assert discord.unknown_routes == []
        check(town.violations)


@contextlib.asynccontextmanager
async def _gateway(kling: LocalKling, clock: JumpClock) -> AsyncIterator[str]:
    auth = credentials_for(
        Dialect.OFFICIAL,
        clock=clock,
        access_key=kling.keys.access_key,
        secret_key=kling.keys.secret_key,
        api_key=kling.keys.api_key,
    )
    exchange = Exchange(
        kling.base_url,
        dialect=Dialect.OFFICIAL,
        auth=auth,
        clock=clock,
        rng=random.SystemRandom(),
    )
    async with (
        exchange,
        listen(make_gateway(exchange), Address("127.0.0.1", 0), key="gateway.listen") as address,
    ):
        yield f"http://{address}"
