"""Watches the tries that discord.py makes inside one call.

It sends a request up to five times and raises the last response. An earlier try that got a 5xx or
lost its connection may have arrived all the same: the refusal is not about it. Between two tries it
waits as long as Discord says, and a repeat may then come too late to be recognised.
"""

import asyncio
import contextlib
import math
import re
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

import aiohttp

from bot.discord.discord_time import DiscordTime
from bot.meter import NO_METER, Meter, Traffic

ACCEPTED: Final = range(200, 300)
SERVER_ERRORS: Final = 500
TOO_MANY: Final = 429
RATE_WAIT_MAX_S: Final = 30.0
"""Longest wait inside a call for a rate limit; the least that discord.py can be told. A longer one
becomes "later", and its place goes to another channel's message."""

_CALLBACK: Final = re.compile(r"/interactions/(\d{1,20})/[^/]+/callback")
"""Where an interaction is answered."""
_UNCOUNTED: Final = re.compile(r"/(interactions|webhooks)/")
"""Answers to interactions, and what follows them by their token, do not count towards the limit of
all calls (Discord's documentation, Rate Limits)."""
COUNTED: Final = ("http", "https")
"""The gateway's connection is no call."""
_REMAINING: Final = "X-RateLimit-Remaining"


class RateHeld(Exception):
    """Discord refused the try because of a rate limit that is too long to wait for here."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"{after_s:.1f} s")
        self.after_s = after_s


class TooLateToRepeat(Exception):
    """Discord might not recognise another try as a repeat, so it was not made."""


def always() -> bool:
    """Every moment is as good as another: for requests that may be repeated at any time."""
    return True


@dataclass(slots=True)
class Attempts:
    """What is known about the requests of one call."""

    in_time: Callable[[], bool] = always
    """Whether a try may be made now."""
    broke_off: bool = False
    """The last try was begun and got no answer: Discord did not take it to its end."""
    unanswered: bool = False
    """A try was made, and Discord did not say what became of it."""
    accepted: bool = False
    """The last response said that Discord did what it was asked, whatever its body is."""


_watched: ContextVar[Attempts | None] = ContextVar("watched", default=None)
"""Per task: aiohttp runs its trace in the task that sends."""


@contextlib.contextmanager
def watched(in_time: Callable[[], bool] = always) -> Iterator[Attempts]:
    """Watch the requests of this block, if their session has the `trace`.

    Raises `TooLateToRepeat` in place of a try for which `in_time` says no, and `RateHeld` in place
    of a long wait for a rate limit.
    """
    attempts = Attempts(in_time)
    token = _watched.set(attempts)
    try:
        yield attempts
    finally:
        _watched.reset(token)


def trace(
    time: DiscordTime, meter: Meter = NO_METER, turn: Callable[[], Awaitable[None]] | None = None
) -> aiohttp.TraceConfig:
    """Return the trace with which discord.py's session must be opened; `time` hears each `Date`.

    Each call waits for its `turn`, except for those that Discord does not count.
    """

    async def _waits(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        starting: aiohttp.TraceRequestStartParams,
    ) -> None:
        url = starting.url
        if turn is not None and url.scheme in COUNTED and not _UNCOUNTED.search(url.path):
            await turn()

    async def _sent_bytes(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        sent: aiohttp.TraceRequestChunkSentParams,
    ) -> None:
        meter.moved(Traffic.TO_DISCORD, len(sent.chunk))

    async def _asks(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _starting: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.asked = time.asked()

    async def _told(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        ended: aiohttp.TraceRequestEndParams,
    ) -> None:
        time.heard(ended.response.headers.get("Date"), context.asked)
        if ended.response.status == TOO_MANY:
            meter.rate_limited()
        answered = _CALLBACK.search(ended.url.path)
        if answered is not None and ended.response.status in ACCEPTED:
            meter.answered(int(answered[1]), asyncio.get_running_loop().time())

    config = aiohttp.TraceConfig()
    config.on_request_chunk_sent.append(_sent_bytes)
    config.on_request_end.append(_told)
    config.on_request_end.append(_goes_on)
    config.on_request_start.append(_waits)
    config.on_request_start.append(_asks)
    config.on_request_start.append(_starts)
    config.on_request_headers_sent.append(_begun)
    config.on_request_end.append(_ended)
    config.on_request_exception.append(_failed)
    return config


async def _starts(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    _starting: aiohttp.TraceRequestStartParams,
) -> None:
    attempts = _watched.get()
    if attempts is not None:
        attempts.broke_off = attempts.accepted = False
        if not attempts.in_time():
            raise TooLateToRepeat


async def _begun(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    _sent: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    attempts = _watched.get()
    if attempts is not None:
        attempts.broke_off = True


async def _ended(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    ended: aiohttp.TraceRequestEndParams,
) -> None:
    attempts = _watched.get()
    if attempts is not None:
        attempts.broke_off = False
        attempts.accepted = ended.response.status in ACCEPTED
    if ended.response.status >= SERVER_ERRORS:
        _note()
    elif ended.response.status == TOO_MANY and attempts is not None:
        after_s = _seconds(ended.response.headers.get("Retry-After"))
        if after_s > RATE_WAIT_MAX_S:
            ended.response.close()
            raise RateHeld(after_s)


async def _goes_on(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    ended: aiohttp.TraceRequestEndParams,
) -> None:
    """Let no webhook call sleep long because its bucket is empty now: only the next one is late.

    discord.py keeps the answer of the last call that a bucket allows until the bucket is full
    again, however long that is. Without the header it returns, and the next call is told to wait.
    """
    headers = ended.response.headers
    if "/webhooks/" not in ended.url.path or headers.get(_REMAINING) != "0":
        return
    if not 0.0 < _seconds(headers.get("X-RateLimit-Reset-After")) <= RATE_WAIT_MAX_S:
        kept = headers.copy()
        del kept[_REMAINING]
        ended.response._cache["headers"] = kept  # noqa: SLF001 - there is no public way


async def _failed(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    failed: aiohttp.TraceRequestExceptionParams,
) -> None:
    if not isinstance(failed.exception, RateHeld | TooLateToRepeat):
        _note()


def _note() -> None:
    attempts = _watched.get()
    if attempts is not None:
        attempts.unanswered = True


def _seconds(header: str | None) -> float:
    """Return the seconds of a Retry-After; 0 for what can't be read."""
    try:
        seconds = float(header or 0.0)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0
