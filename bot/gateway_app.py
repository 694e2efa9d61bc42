"""Runs `bot gateway`: the HTTP API in front of Kling. The bot itself does not load this."""

import contextlib
import secrets
from collections.abc import Callable

import structlog

from bot.clock import SystemClock
from bot.domain.catalogue import Catalogue
from bot.kling.auth import credentials_for
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.money.limits import usd_per_unit
from bot.network import Proxy
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.stop_signals import on_signals
from bot.web.gateway import make_gateway
from bot.web.server import listen

log = structlog.get_logger(__name__)


async def run_gateway(
    settings: Settings,
    announce: Callable[[Address], None],
    catalogue: Catalogue | None = None,
) -> int:
    """Serve the gateway's HTTP API until SIGTERM or SIGINT and return 0.

    `announce` is called with the address once it listens.
    """
    settings.require_for_gateway()
    signals = on_signals()
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
