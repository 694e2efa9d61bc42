"""What every process that works on jobs has open: database, Kling, downloads, media workers."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.account import catalogue_for, make_kling, make_questions
from bot.background import Background
from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.invocation import Invocation
from bot.kling.catalogue_files import load_catalogue
from bot.kling.client import Kling
from bot.kling.questions import Questions
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from bot.meter import NO_METER, Meter, Traffic
from bot.network import Proxy
from bot.settings.load import Settings
from bot.watching import make_metrics
from storage.engine import open_database
from storage.scratch import Scratch, open_scratch
from storage.store import JobStore

if TYPE_CHECKING:
    from bot.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Parts:
    """Open until the block ends that opened them."""

    settings: Settings
    catalogue: Catalogue
    clock: Clock
    invocation: Invocation
    store: JobStore
    scratch: Scratch
    kling: Kling
    questions: Questions
    input_downloader: Downloader
    result_downloader: Downloader
    input_pool: MediaPool
    result_pool: MediaPool
    join_pool: MediaPool
    background: Background
    metrics: "Metrics | None"
    meter: Meter
    restored_at: float


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, clock: Clock, catalogue: Catalogue | None, invocation: Invocation
) -> AsyncIterator[Parts]:
    """Open everything in this order for the block, and close it in the reverse one.

    Without a `catalogue` it is the shipped one. Raises `StorageUnavailable`.
    """
    catalogue = catalogue_for(settings, catalogue or load_catalogue())
    owner = secrets.token_hex(8)
    async with contextlib.AsyncExitStack() as stack:
        url = settings.storage.url.get_secret_value()
        database = await stack.enter_async_context(open_database(url, owner=owner, now=clock.now()))
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
        # Joining videos, and making those smaller, takes minutes: no other result waits for that.
        input_pool = await stack.enter_async_context(MediaPool(clock=clock))
        result_pool = await stack.enter_async_context(MediaPool(clock=clock))
        join_pool = await stack.enter_async_context(MediaPool(clock=clock))
        yield Parts(
            settings,
            catalogue,
            clock,
            invocation,
            store,
            scratch,
            kling,
            await make_questions(settings, clock, store, background, kling),
            input_downloader,
            result_downloader,
            input_pool,
            result_pool,
            join_pool,
            background,
            metrics,
            meter,
            await store.restored_at(),
        )
