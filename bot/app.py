"""Builds everything and takes it down again: the one place that knows all the parts."""

import asyncio
import contextlib
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route as DiscordRoute

from bot.card_editor import CardEditor
from bot.cards import Cards
from bot.client import KlingBot, Services
from bot.clock import Clock, SystemClock
from bot.controls import Controls
from bot.courier import Courier
from bot.dispatcher import Dispatcher
from bot.errors import TokenRefused
from bot.inputs import Inputs
from bot.intake import Access, Intake, IntakeLimits
from bot.kling.auth import credentials_for
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.loop import LEASE_S, Loop, Step, Work
from bot.media.download import Downloader
from bot.media.worker import MediaWorkers
from bot.operator import OperatorNotices
from bot.packing import Packing
from bot.parcels import Parcels
from bot.policy import DAY_S, PollLimits
from bot.poller import Poller
from bot.poster import Poster
from bot.preparer import Preparer
from bot.progress import Progress
from bot.requests import Route
from bot.settings import Settings
from bot.text import load_words
from bot.web.gateway import make_gateway
from bot.web.listening import listen
from bot.web.pages import Health, make_pages
from storage.engine import open_database
from storage.job import Job, Pack
from storage.store import JobStore, Lane

AT_ONCE: Final = {
    Lane.SETTLE: 4,
    Lane.PREPARE: 4,
    Lane.CREATE: 4,
    Lane.POLL: 8,
    Lane.TELL: 3,
    Lane.ASK: 2,
    Lane.CARD: 4,
}
"""Rows under way at once in each line of work; uploads are few, so that answers stay instant."""
KEEPS_ID_FACT: Final = "keeps_id:{base_url}:{route}"
PAUSED_FACT: Final = "paused"
PURGE_EVERY_S: Final = 6 * 3_600.0
DRAIN_SHARE: Final = 0.75
"""Of the grace time, what steps under way get; the rest is for closing connections."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """The running bot, for whoever started it."""

    client: KlingBot
    store: JobStore
    loop: Loop
    ended: asyncio.Future[None]
    """Done when the connection to Discord ended by itself."""


async def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or SIGINT and return 0; a second signal cuts the draining short.

    Raises `OperatorMustChange` or `StorageUnavailable` when it cannot run like this.
    """
    stop = _on_signals()
    async with open_app(settings, SystemClock()) as app:
        stopping = asyncio.ensure_future(stop.wait())
        waiting: set[asyncio.Future[Any]] = {stopping, app.ended}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if app.ended.done():
            app.ended.result()
    return 0


async def run_gateway(settings: Settings) -> int:
    """Serve the HTTP API of the gateway until SIGTERM or SIGINT and return 0."""
    settings.require_for_gateway()
    stop = _on_signals()
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
        )
        await stack.enter_async_context(exchange)
        app = make_gateway(exchange, api_token=settings.gateway.api_token.get_secret_value())
        address = await stack.enter_async_context(
            listen(app, settings.gateway.address, key="gateway.listen")
        )
        log.info("gateway.listening", address=str(address))
        await stop.wait()
    return 0


@contextlib.asynccontextmanager
async def open_app(
    settings: Settings, clock: Clock, *, answer_within: IntakeLimits | None = None
) -> AsyncIterator[App]:
    """Give the running bot, built in this order and closed in the reverse one."""
    settings.require_for_bot()
    point_discord_at(settings.discord.api_url, settings.discord.gateway_url)
    owner = secrets.token_hex(8)
    async with contextlib.AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kling-discord-")))
        database = await stack.enter_async_context(
            open_database(settings.storage.url.get_secret_value(), owner=owner)
        )
        store = database.jobs
        kling = await stack.enter_async_context(await make_kling(settings, clock, store))
        downloader = await stack.enter_async_context(
            Downloader(private_hosts=frozenset(settings.media.private_hosts))
        )
        workers = await stack.enter_async_context(MediaWorkers())
        client = KlingBot()
        parts = _Parts(
            settings, clock, store, kling, downloader, workers, client, scratch, answer_within
        )
        client.services, client.store = parts.services(), store
        if settings.web.address is not None:
            pages = make_pages(
                healthy=parts.health,
                on_callback=parts.on_callback,
                api_token=settings.web.api_token.get_secret_value(),
            )
            await stack.enter_async_context(listen(pages, settings.web.address, key="web.listen"))
        await kling.greet()
        ended = await stack.enter_async_context(_connected(client, settings))
        looping = asyncio.create_task(parts.loop.run(), name="loop")
        purging = asyncio.create_task(parts.keep_tidy(), name="purge")
        stack.push_async_callback(_cancelled, purging)
        try:
            yield App(client, store, parts.loop, ended)
        finally:
            log.info("app.stopping")
            await parts.loop.stop(settings.shutdown.grace_s * DRAIN_SHARE)
            await _cancelled(looping)


async def make_kling(settings: Settings, clock: Clock, store: JobStore) -> Kling:
    """Return the client for the configured Kling or gateway, with what was learnt about it."""
    kling = settings.kling
    dialect = Dialect(kling.resolved_dialect)
    official = dialect is Dialect.OFFICIAL
    facts = {
        route: KEEPS_ID_FACT.format(base_url=kling.resolved_base_url, route=route.value)
        for route in Route
    }
    kept = [route for route, fact in facts.items() if await store.fact(fact) is not None]
    learning: set[asyncio.Task[None]] = set()

    def on_learnt(route: Route) -> None:
        task = asyncio.ensure_future(store.set_fact(facts[route], "yes"))
        learning.add(task)
        task.add_done_callback(learning.discard)

    auth = credentials_for(
        dialect,
        clock=clock,
        access_key=kling.access_key.get_secret_value() if official else "",
        secret_key=kling.secret_key.get_secret_value() if official else "",
        api_key=kling.api_key.get_secret_value() if official else "",
        gateway_token="" if official else settings.gateway.api_token.get_secret_value(),
    )
    return Kling(
        kling.resolved_base_url,
        dialect=dialect,
        auth=auth,
        clock=clock,
        kept_routes=kept,
        on_learnt=on_learnt,
    )


def point_discord_at(api_url: str, gateway_url: str) -> None:
    """Set the two class variables that hold discord.py's addresses."""
    DiscordRoute.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class _Parts:
    """The use cases and the loop, put together."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: JobStore,
        kling: Kling,
        downloader: Downloader,
        workers: MediaWorkers,
        client: KlingBot,
        scratch: Path,
        answer_within: IntakeLimits | None,
    ) -> None:
        limits = PollLimits(
            settings.poll.first_s,
            settings.poll.interval_s,
            settings.poll.late_s,
            settings.poll.give_up_s,
        )
        self._settings = settings
        self._clock = clock
        self._store = store
        self._client = client
        self._words = load_words()
        self._cards = Cards(self._words)
        self._slots = {
            Pack.VIDEO: settings.kling.video_slots,
            Pack.IMAGE: settings.kling.image_slots,
        }
        poster = Poster(client)
        progress = Progress(store, clock)
        channel = settings.discord.operator_channel
        tell = OperatorNotices(
            client, poster, self._words, clock, int(channel) if channel else None
        )
        inputs = Inputs(downloader, workers)
        parcels = Parcels(kling, downloader, workers, progress, scratch)
        packing = Packing(parcels, poster, self._cards)
        self._controls = Controls(store, clock, self.wake)
        self._intake = Intake(
            store,
            inputs,
            self._cards,
            self._words,
            poster,
            clock,
            Access(
                frozenset(int(guild) for guild in settings.access.guilds),
                settings.access.jobs_per_member_day,
                self._slots,
            ),
            self.wake,
            answer_within,
        )
        self._dispatcher = Dispatcher(
            store, kling, clock, limits, tell, callback_base=settings.web.public_url
        )
        preparer = Preparer(store, inputs, kling, clock, tell)
        poller = Poller(store, kling, clock, limits, tell)
        courier = Courier(store, poster, parcels, packing, self._cards, progress, clock)
        editor = CardEditor(store, poster, downloader, self._cards, progress, clock)
        self.loop = Loop(
            store,
            clock,
            [
                self._work(Lane.SETTLE, self._intake.settle),
                self._work(Lane.CREATE, self._dispatcher.recover),
                *(self._queue(pack) for pack in Pack),
                self._work(Lane.PREPARE, preparer.prepare),
                self._work(Lane.POLL, poller.poll),
                self._work(Lane.TELL, courier.tell),
                self._work(Lane.ASK, self._controls.time_out),
                self._work(Lane.CARD, editor.edit),
            ],
        )

    def services(self) -> Services:
        """Return what cogs may call."""
        return Services(
            self._intake, self._controls, self._cards, self._words, self._settings.defaults
        )

    def wake(self) -> None:
        """Have the loop look again."""
        self.loop.wake()

    async def health(self) -> Health:
        """Return how the bot is."""
        counts = await self._store.counts()
        connected = self._client.is_ready() and not self._client.is_closed()
        return Health(connected, database=True, jobs={s.value: n for s, n in counts.items()})

    async def on_callback(self, key: str) -> None:
        """Take a callback as a hint to ask Kling now; it says nothing that is believed."""
        job = await self._store.by_callback_key(key)
        if job is not None and await self._store.hint(job.id, now=self._clock.now()):
            self.wake()

    async def keep_tidy(self) -> None:
        """Forget old inputs and old jobs, now and then, for as long as the bot runs."""
        days = self._settings.storage
        while True:
            await self._store.purge(
                now=self._clock.now(),
                inputs_older_s=days.keep_inputs_days * DAY_S,
                jobs_older_s=days.keep_days * DAY_S,
            )
            await self._clock.sleep(PURGE_EVERY_S)

    def _work(self, lane: Lane, step: Step) -> Work:
        async def claim(limit: int) -> list[Job]:
            return await self._store.claim(
                lane, now=self._clock.now(), lease_s=LEASE_S, limit=limit
            )

        return Work(lane, AT_ONCE[lane], claim, step, name=lane.value)

    def _queue(self, pack: Pack) -> Work:
        total = self._slots[pack]

        async def claim(limit: int) -> list[Job]:
            if await self._store.fact(PAUSED_FACT):
                return []
            return await self._store.claim_queued(
                pack,
                total_slots=total,
                now=self._clock.now(),
                lease_s=LEASE_S,
                limit=limit,
            )

        return Work(
            Lane.QUEUE,
            total,
            claim,
            self._dispatcher.dispatch,
            held_until=lambda: self._dispatcher.held_until(pack),
            name=f"queue {pack.value}",
        )


@contextlib.asynccontextmanager
async def _connected(client: KlingBot, settings: Settings) -> AsyncIterator[asyncio.Future[None]]:
    """Log in, connect in the background, and close in the end."""
    try:
        await client.login(settings.discord.token.get_secret_value())
    except discord.LoginFailure as refused:
        await client.close()
        raise TokenRefused("Discord does not accept discord.token") from refused
    connecting = asyncio.create_task(client.connect(reconnect=True), name="discord")
    try:
        yield connecting
    finally:
        await client.close()
        await _cancelled(connecting)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, discord.DiscordException):
        await task


def _on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, stop.set)
    return stop
