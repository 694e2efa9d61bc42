"""Detects that an earlier try of the same request may have reached Discord.

discord.py sends a request up to five times and raises the last response. An earlier try that got a
5xx or lost its connection may have arrived all the same: the refusal is not about it.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

import aiohttp

SERVER_ERRORS: Final = 500


@dataclass(slots=True)
class Attempts:
    """What is known about the requests of one call."""

    unanswered: bool = False


_watched: ContextVar[Attempts | None] = ContextVar("watched", default=None)
"""Per task: aiohttp runs its trace in the task that sends."""


@contextlib.contextmanager
def watched() -> Iterator[Attempts]:
    """Watch the requests of this block, if their session has the `trace`."""
    attempts = Attempts()
    token = _watched.set(attempts)
    try:
        yield attempts
    finally:
        _watched.reset(token)


def trace() -> aiohttp.TraceConfig:
    """Return the trace with which discord.py's session must be opened."""
    config = aiohttp.TraceConfig()
    config.on_request_end.append(_ended)
    config.on_request_exception.append(_failed)
    return config


async def _ended(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    ended: aiohttp.TraceRequestEndParams,
) -> None:
    if ended.response.status >= SERVER_ERRORS:
        _note()


async def _failed(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    _exception: aiohttp.TraceRequestExceptionParams,
) -> None:
    _note()


def _note() -> None:
    attempts = _watched.get()
    if attempts is not None:
        attempts.unanswered = True
