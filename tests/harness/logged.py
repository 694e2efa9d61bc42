"""The bot's own log in a buffer."""

import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from bot.log import ROOMS, set_up_logging


@contextmanager
def logged(fmt: str, secrets: Iterable[str]) -> Iterator[io.StringIO]:
    """Log everything at its noisiest, as the bot does in this format; afterwards as before.

    As before, not by structlog's defaults: those take two seconds for a traceback.
    """
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    set_up_logging("debug", fmt, stream, tty=False, secrets=secrets)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for room in ROOMS:
            logging.getLogger(room).setLevel(logging.NOTSET)
        structlog.configure(**before)
