"""Builds everything and takes it down again: the one place that knows all the parts."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from bot.account import catalogue_for, make_kling, make_questions
from bot.background import Background, cancelled, kept_running
from bot.client import KlingBot
from bot.clock import Clock, SystemClock
from bot.connection import connected, make_client, point_discord_at
from bot.domain.catalogue import Catalogue
from bot.invocation import AS_MODULE, Invocation
from bot.jobs.adoption import price_earlier_jobs
from bot.jobs.intake import IntakeLimits
from bot.jobs.worker import JobWorker
from bot.kling.catalogue_files import load_catalogue
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from bot.messages.translations import FALLBACK, load_translations
from bot.meter import NO_METER, Traffic
from bot.network import Proxy
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.stop_signals import on_signals
from bot.watching import make_metrics, pages_served
from bot.wiring import Wiring
from storage.engine import open_database
from storage.scratch import open_scratch
from storage.store import JobStore

DRAIN_SHARE: Final = 0.75
"""The share of the grace time for running steps; the rest is for closing connections."""

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


async def run(settings: Settings, catalogue: Catalogue, invocation: Invocation) -> int:
    """Run the bot until SIGTERM or SIGINT and return 0; a second signal cuts the draining short.

    Raises `OperatorMustChange` or `StorageUnavailable` if it can't run like this.
    """
    signals = on_signals()
    starting = asyncio.create_task(_cancel_on(signals.once, asyncio.current_task()))
    try:
        async with open_app(
            settings,
            SystemClock(),
            catalogue=catalogue,
            hurry=signals.again,
            invocation=invocation,
        ) as app:
            starting.cancel()  # from here on, stopping is orderly
            stopping = asyncio.ensure_future(signals.once.wait())
            waiting: set[asyncio.Future[Any]] = {stopping, app.ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if app.ended.done():
                app.ended.result()
    except asyncio.CancelledError:
        if not signals.once.is_set():
            raise
        log.info("app.stopped_while_starting")
    finally:
        starting.cancel()
    return 0


async def _cancel_on(event: asyncio.Event, task: "asyncio.Task[Any] | None") -> None:
    await event.wait()
    if task is not None:
        task.cancel()


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
    catalogue = catalogue_for(settings, catalogue or load_catalogue())
    point_discord_at(settings.discord.api_url, settings.discord.gateway_url)
    owner = secrets.token_hex(8)
    async with contextlib.AsyncExitStack() as stack:
        url = settings.storage.url.get_secret_value()
        database = await stack.enter_async_context(open_database(url, owner=owner))
        scratch = await stack.enter_async_context(open_scratch(url))
        store = database.jobs
        background = Background()
        stack.push_async_callback(background.close)
        metrics = make_metrics(settings.web)
        meter = metrics or NO_METER
        kling = await stack.enter_async_context(
            await make_kling(settings, catalogue, clock, store, background, meter)
        )
        hosts = frozenset(settings.media.private_hosts)
        to_discord = Proxy.of(settings.discord.proxy.get_secret_value())
        to_kling = Proxy.of(settings.kling.proxy.get_secret_value())
        input_downloader = await stack.enter_async_context(
            Downloader(
                hosts, proxy=to_discord, on_bytes=partial(meter.moved, Traffic.MEMBERS_FILES)
            )
        )
        result_downloader = await stack.enter_async_context(
            Downloader(hosts, proxy=to_kling, on_bytes=partial(meter.moved, Traffic.RESULTS))
        )
        # One for what members send and one for results: neither waits for the other's files.
        input_pool = await stack.enter_async_context(MediaPool(clock=clock))
        result_pool = await stack.enter_async_context(MediaPool(clock=clock))
        client = make_client(settings.discord, clock, store, meter)
        wiring = Wiring(
            settings,
            catalogue,
            clock,
            store,
            kling,
            await make_questions(settings, clock, store, background, kling),
            input_downloader,
            result_downloader,
            input_pool,
            result_pool,
            client,
            scratch,
            background,
            answer_within or IntakeLimits(),
            invocation,
            meter,
            restored_at=await store.restored_at(),
        )
        client.services, client.store = wiring.services(), store
        pages = await stack.enter_async_context(
            pages_served(
                settings.web,
                client,
                store,
                clock,
                wiring.outages,
                wiring.catalogue,
                wiring.on_callback,
                metrics,
            )
        )
        await price_earlier_jobs(store, wiring.catalogue, clock)
        await kling.greet()
        token = settings.discord.token.get_secret_value()
        ended = await stack.enter_async_context(connected(client, token, clock))
        _warn_of_strangers(client, settings)
        working = asyncio.create_task(wiring.worker.run(), name="worker")
        purging = asyncio.create_task(
            kept_running("purge", wiring.retention.keep_tidy, clock, wiring.background_failed),
            name="purge",
        )
        stack.push_async_callback(cancelled, purging)
        following = asyncio.create_task(
            kept_running("servers", wiring.retention.follow, clock, wiring.background_failed),
            name="servers",
        )
        stack.push_async_callback(cancelled, following)
        try:
            yield App(client, store, wiring.worker, input_pool, ended, pages)
        finally:
            log.info("app.stopping")
            await wiring.worker.stop(settings.shutdown.grace_s * DRAIN_SHARE, hurry)
            await cancelled(working)
            await background.close()  # a notice needs the connection, which is closed next


def _warn_of_strangers(client: KlingBot, settings: Settings) -> None:
    application = client.application
    if application is not None and application.bot_public and not settings.access.guilds:
        log.warning(
            "application.public",
            fix=load_translations().say("operator.public_application", FALLBACK),
        )
