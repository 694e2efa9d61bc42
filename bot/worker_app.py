"""`worker`: background steps without a connection to Discord's gateway, beside `run`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from bot.at_work import background_work
from bot.background import cancelled, kept_running
from bot.clock import Clock, SystemClock
from bot.connection import logged_in, point_discord_at
from bot.discord.command_sync import keep_registered, learn_commands
from bot.discord.poster import Poster
from bot.domain.catalogue import Catalogue
from bot.invocation import AS_MODULE, Invocation
from bot.jobs.worker import JobWorker
from bot.network import Proxy
from bot.parts import opened
from bot.rest import RestClient
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.stopping import DRAIN_SHARE, until_stopped
from bot.watching import pages_served
from bot.working import Working
from storage.errors import StorageUnavailable
from storage.store import JobStore

LEARN_EVERY_S: Final = 60.0
"""How often it is looked whether the ids of the commands have changed, which texts mention."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerApp:
    """The running worker, for its caller."""

    store: JobStore
    worker: JobWorker
    pages: Address | None


async def run_worker(
    settings: Settings,
    catalogue: Catalogue,
    invocation: Invocation,
    clock: Clock | None = None,
) -> int:
    """Work until SIGTERM or SIGINT and return 0; a second signal cuts the draining short.

    Raises `OperatorMustChange` or `StorageUnavailable` if it can't run like this.
    """
    return await until_stopped(
        lambda hurry: open_worker(
            settings,
            clock or SystemClock(),
            catalogue=catalogue,
            hurry=hurry,
            invocation=invocation,
        )
    )


@contextlib.asynccontextmanager
async def open_worker(
    settings: Settings,
    clock: Clock,
    *,
    catalogue: Catalogue | None = None,
    hurry: asyncio.Event | None = None,
    invocation: Invocation = AS_MODULE,
) -> AsyncIterator[WorkerApp]:
    """Yield the running worker; closing lets running steps finish for a while."""
    settings.require_for_worker()
    point_discord_at(settings.discord.api_url, settings.discord.gateway_url)
    async with contextlib.AsyncExitStack() as stack:
        parts = await stack.enter_async_context(opened(settings, clock, catalogue, invocation))
        proxy = Proxy.of(settings.discord.proxy.get_secret_value())
        client = RestClient(parts.store, clock, proxy, parts.meter)
        working = Working(
            parts, Poster(client, client.discord_time), partial(keep_registered, client, clock)
        )
        pages = await stack.enter_async_context(
            pages_served(
                settings.web,
                None,
                parts.store,
                clock,
                working.outages,
                parts.catalogue,
                working.on_callback,
                parts.metrics,
            )
        )
        await parts.kling.greet()
        token = settings.discord.token.get_secret_value()
        await stack.enter_async_context(logged_in(client, token, clock))

        async def keep_learning() -> None:
            while True:
                with contextlib.suppress(StorageUnavailable):
                    await learn_commands(client.application_id or 0, working.words, parts.store)
                await clock.sleep(LEARN_EVERY_S)

        learning = asyncio.create_task(
            kept_running("commands", keep_learning, clock, working.background_failed)
        )
        stack.push_async_callback(cancelled, learning)
        log.info("worker.ready")
        grace_s = settings.shutdown.grace_s * DRAIN_SHARE
        async with background_work(working, grace_s, hurry):
            yield WorkerApp(parts.store, working.worker, pages)
