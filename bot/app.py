"""Builds everything and takes it down again: the one place that knows all the parts."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterator, Callable
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
from bot.errors import MediaWorkerFailed
from bot.invocation import AS_MODULE, Invocation
from bot.jobs.adoption import price_earlier_jobs
from bot.jobs.intake import IntakeLimits
from bot.jobs.worker import JobWorker
from bot.kling.auth import credentials_for
from bot.kling.catalogue_files import load_catalogue
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from bot.messages.translations import FALLBACK, load_translations
from bot.meter import NO_METER, Traffic
from bot.money.limits import usd_per_unit
from bot.network import Proxy
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.watching import make_metrics, pages_served
from bot.web.gateway import make_gateway
from bot.web.server import listen
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


@dataclass(frozen=True, slots=True)
class _Signals:
    """The operating system's signals to this process: to stop, and then to hurry."""

    once: asyncio.Event
    again: asyncio.Event


async def run(settings: Settings, catalogue: Catalogue, invocation: Invocation) -> int:
    """Run the bot until SIGTERM or SIGINT and return 0; a second signal cuts the draining short.

    Raises `OperatorMustChange` or `StorageUnavailable` if it can't run like this.
    """
    signals = _on_signals()
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
            warming = asyncio.create_task(_warm(app.pool))
            stopping = asyncio.ensure_future(signals.once.wait())
            waiting: set[asyncio.Future[Any]] = {stopping, app.ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            await cancelled(warming)
            if app.ended.done():
                app.ended.result()
    except asyncio.CancelledError:
        if not signals.once.is_set():
            raise
        log.info("app.stopped_while_starting")
    finally:
        starting.cancel()
    return 0


async def _warm(pool: MediaPool) -> None:
    """Start a worker before the first image needs it: its libraries take a while to load."""
    with contextlib.suppress(MediaWorkerFailed):  # it is logged, and tried again when needed
        await pool.warm(1)


async def _cancel_on(event: asyncio.Event, task: "asyncio.Task[Any] | None") -> None:
    await event.wait()
    if task is not None:
        task.cancel()


async def run_gateway(
    settings: Settings,
    announce: Callable[[Address], None],
    catalogue: Catalogue | None = None,
) -> int:
    """Serve the gateway's HTTP API until SIGTERM or SIGINT and return 0.

    `announce` is called with the address once it listens.
    """
    settings.require_for_gateway()
    signals = _on_signals()
    clock = SystemClock()
    kling = settings.kling
    auth = credentials_for(
        Dialect.OFFICIAL,
        clock=clock,
        access_key=kling.access_key.get_secret_value(),
        secret_key=kling.secret_key.get_secret_value(),
        api_key=kling.api_key.get_secret_value(),
    )
    async with contextlib.AsyncExitStack() as stack:
        exchange = Exchange(
            settings.gateway.upstream,
            dialect=Dialect.OFFICIAL,
            auth=auth,
            clock=clock,
            rng=secrets.SystemRandom(),
            question_tries=1,  # the gateway's callers decide about retries
            proxy=Proxy.of(kling.proxy.get_secret_value()),
        )
        await stack.enter_async_context(exchange)
        usd = {pack.value: price for pack, price in usd_per_unit(settings).items()}
        app = make_gateway(
            exchange,
            api_token=settings.gateway.api_token.get_secret_value(),
            catalogue=catalogue,
            usd_per_unit=usd,
        )
        address = await stack.enter_async_context(
            listen(app, settings.gateway.address, key="gateway.listen")
        )
        announce(address)
        await signals.once.wait()
    return 0


def log_listening(address: Address) -> None:
    """Announce the gateway in the log."""
    log.info("gateway.listening", address=str(address))


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
        input_pool = await stack.enter_async_context(MediaPool())
        result_pool = await stack.enter_async_context(MediaPool())
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


def _on_signals() -> _Signals:
    signals = _Signals(asyncio.Event(), asyncio.Event())

    def asked() -> None:
        (signals.again if signals.once.is_set() else signals.once).set()

    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, asked)
    return signals
