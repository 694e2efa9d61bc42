"""Serves the bot's own pages, and looks for them: its health, whether it is ready, its metrics."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.background import cancelled
from bot.client import KlingBot
from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.jobs.outages import Outages
from bot.loop_lag import LoopLag
from bot.settings.addresses import Address
from bot.settings.sections import WebSettings
from storage.errors import StorageError
from storage.facts import PAUSED_FACT
from storage.store import JobStore

if TYPE_CHECKING:
    from bot.web.metrics import Metrics
    from bot.web.pages import Health

LATE_S: Final = 1.0
"""A loop that is later than this is not ready: Discord gives up on an answer after 3 s."""
LOOK_S: Final = 2.0
"""How long the database may take; a watchdog waits no longer either."""
WRITTEN_KEPT_S: Final = 5.0
"""How long one write proves that the database can be written to, however often someone asks."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    works: bool
    until: float


class Watch:
    """Looks at the running bot, for whoever watches it; changes nothing.

    Without a `client` it is a worker's, which has no connection to Discord's gateway.
    """

    def __init__(
        self,
        client: KlingBot | None,
        store: JobStore,
        clock: Clock,
        outages: Outages,
        lag: LoopLag,
        known_model: Callable[[str], bool],
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._outages = outages
        self._lag = lag
        self._known_model = known_model
        self._looking = asyncio.Lock()
        self._written = _Look(works=False, until=0.0)

    async def health(self) -> "Health":
        """Return the bot's health; raises `StorageUnavailable`."""
        from bot.web.pages import Health  # noqa: PLC0415 - loaded only where it is switched on

        counts = await self._store.counts()
        jobs = {state.value: count for state, count in counts.items()}
        return Health(self._connected(), database=True, jobs=jobs)

    async def ready(self) -> dict[str, bool]:
        """Tell of each part whether it works, and of each shard if there are several."""
        several = self._client is not None and self._client.connections.shards.count > 1
        each = {f"shard {id_}": works for id_, works in self._shards().items() if several}
        return {**await self._parts(), **each}

    async def _parts(self) -> dict[str, bool]:
        connected = self._connected()
        return {
            **({} if connected is None else {"gateway": connected}),
            "database": await self._can_write(),
            "loop": self._lag.worst_s(_now()) <= LATE_S,
            "kling": not self._outages.holds_everything_of(),
        }

    async def metrics(self, metrics: "Metrics") -> bytes:
        """Return the text for Prometheus; what the database does not tell in time is left out."""
        from bot.web.metrics import Readings  # noqa: PLC0415 - as above

        ready = await self._parts()
        shards = self._shards()
        stored, paused = None, False
        try:
            async with asyncio.timeout(LOOK_S):
                stored = await self._store.gauges(now=self._clock.now())
                paused = bool(await self._store.fact(PAUSED_FACT))
        except (StorageError, TimeoutError):
            log.debug("metrics.database_silent")
        lag_s = self._lag.worst_s(_now())
        return metrics.text(Readings(ready, lag_s, paused, stored, self._known_model, shards))

    def _shards(self) -> Mapping[int, bool]:
        return {} if self._client is None else self._client.connections.connected

    def _connected(self) -> bool | None:
        """Tell whether the gateway is connected; None: this process has no part in it."""
        return None if self._client is None else self._client.gateway_connected

    async def _can_write(self) -> bool:
        async with self._looking:
            if _now() >= self._written.until:
                self._written = _Look(await self._write(), _now() + WRITTEN_KEPT_S)
            return self._written.works

    async def _write(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_S):
                await self._store.check_written(now=self._clock.now())
        except (StorageError, TimeoutError):
            return False
        return True


def make_metrics(web: WebSettings) -> "Metrics | None":
    """Return what counts for Prometheus, if it is to be shown; its library is loaded only then."""
    if web.address is None or not web.metrics:
        return None
    from bot.web.metrics import Metrics  # noqa: PLC0415 - as above

    return Metrics()


@contextlib.asynccontextmanager
async def pages_served(
    web: WebSettings,
    client: KlingBot | None,
    store: JobStore,
    clock: Clock,
    outages: Outages,
    catalogue: Catalogue,
    on_callback: Callable[[str], Awaitable[None]],
    metrics: "Metrics | None",
) -> AsyncIterator[Address | None]:
    """Serve the pages while the block runs, and yield where; None if they are switched off.

    Raises `SettingsInvalid` if the address can't be used.
    """
    if web.address is None:
        yield None
        return
    from bot.web.pages import make_pages  # noqa: PLC0415 - as above: aiohttp's server takes 2 MB
    from bot.web.server import listen  # noqa: PLC0415 - as above
    from bot.web.watch_pages import add_watch_pages  # noqa: PLC0415 - as above

    lag = LoopLag()
    watch = Watch(client, store, clock, outages, lag, catalogue.is_known)
    pages = make_pages(
        healthy=watch.health,
        on_callback=on_callback,
        api_token=web.api_token.get_secret_value(),
    )
    text = None if metrics is None else partial(watch.metrics, metrics)
    add_watch_pages(pages, watch.ready, text)
    watching = asyncio.create_task(lag.watch(), name="lag")
    try:
        async with listen(pages, web.address, key="web.listen") as address:
            yield address
    finally:
        await cancelled(watching)


def _now() -> float:
    return asyncio.get_running_loop().time()
