"""`run`: builds everything and takes it down again; the one place that knows all the parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import structlog

from bot.at_work import background_work
from bot.background import cancelled, kept_running
from bot.client import KlingBot
from bot.clock import Clock, SystemClock
from bot.connection import connected, make_client, point_discord_at
from bot.discord.command_sync import keep_registered
from bot.discord.poster import Poster
from bot.domain.catalogue import Catalogue
from bot.invocation import AS_MODULE, Invocation
from bot.jobs.adoption import price_earlier_jobs
from bot.jobs.intake import IntakeLimits
from bot.jobs.worker import JobWorker
from bot.media.pool import MediaPool
from bot.messages.translations import FALLBACK, load_translations
from bot.parts import opened
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.stopping import DRAIN_SHARE, until_stopped
from bot.watching import pages_served
from bot.wiring import Wiring
from bot.working import Working
from storage.store import JobStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """The running bot, for its caller."""

    client: KlingBot
    store: JobStore
    worker: JobWorker
    pool: MediaPool
    ended: asyncio.Future[None]
    """Done if the connection to Discord ended by itself."""
    pages: Address | None
    """Where its own pages are; None if they are switched off."""


async def run(
    settings: Settings,
    catalogue: Catalogue,
    invocation: Invocation,
    clock: Clock | None = None,
) -> int:
    """Run the bot until SIGTERM or SIGINT and return 0; a second signal cuts the draining short.

    Raises `OperatorMustChange` or `StorageUnavailable` if it can't run like this.
    """
    return await until_stopped(
        lambda hurry: open_app(
            settings,
            clock or SystemClock(),
            catalogue=catalogue,
            hurry=hurry,
            invocation=invocation,
        ),
        lambda app: app.ended,
    )


@contextlib.asynccontextmanager
async def open_app(
    settings: Settings,
    clock: Clock,
    *,
    catalogue: Catalogue | None = None,
    answer_within: IntakeLimits | None = None,
    hurry: asyncio.Event | None = None,
    invocation: Invocation = AS_MODULE,
) -> AsyncIterator[App]:
    """Yield the running bot, built in this order and closed in the reverse one.

    Without a `catalogue` it is the shipped one. Closing lets running steps finish for a while;
    `hurry` cuts that short.
    """
    settings.require_for_bot()
    point_discord_at(settings.discord.api_url, settings.discord.gateway_url)
    async with contextlib.AsyncExitStack() as stack:
        parts = await stack.enter_async_context(opened(settings, clock, catalogue, invocation))
        store = parts.store
        client = make_client(settings.discord, clock, store, parts.meter)
        working = Working(
            parts, Poster(client, client.discord_time), partial(keep_registered, client, clock)
        )
        wiring = Wiring(parts, working, client, answer_within or IntakeLimits())
        client.services, client.store = wiring.services(), store
        client.connections.on_odd_ends = partial(working.notify, "operator.gateway_breaks")
        client.registers = await working.housekeeper.take() is not None
        pages = await stack.enter_async_context(
            pages_served(
                settings.web,
                client,
                store,
                clock,
                working.outages,
                parts.catalogue,
                working.on_callback,
                parts.metrics,
            )
        )
        await price_earlier_jobs(store, parts.catalogue, clock)
        await parts.kling.greet()
        token = settings.discord.token.get_secret_value()
        ended = await stack.enter_async_context(
            connected(client, token, clock, settings.shutdown.grace_s)
        )
        _warn_of_strangers(client, settings)
        following = asyncio.create_task(
            kept_running("servers", wiring.retention.follow, clock, working.background_failed),
            name="servers",
        )
        stack.push_async_callback(cancelled, following)
        grace_s = settings.shutdown.grace_s * DRAIN_SHARE
        async with background_work(working, grace_s, hurry):
            yield App(client, store, working.worker, parts.input_pool, ended, pages)


def _warn_of_strangers(client: KlingBot, settings: Settings) -> None:
    application = client.application
    if application is not None and application.bot_public and not settings.access.guilds:
        log.warning(
            "application.public",
            fix=load_translations().say("operator.public_application", FALLBACK),
        )
