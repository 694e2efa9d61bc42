"""Logging: one pipeline for our own records and those of the libraries, with one redaction.

`structlog.get_logger()` anywhere, `about_job` around the work on a job; `set_up_logging` once.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED: Final = "[redacted]"
SECRET_CHARACTERS_MIN: Final = 4
"""A shorter "secret" would redact ordinary words and protect nothing."""
ROOMS: Final = ("bot", "cogs", "storage")
"""Only our own loggers go to DEBUG: at that level discord.py logs whole bodies with interaction
tokens, and aiosqlite whole statements with their parameters."""

NO_NEWS: Final = frozenset(
    {
        "PyNaCl is not installed, voice will NOT be supported",
        "davey is not installed, voice will NOT be supported",
    }
)
"""discord.py 2.7 warns at each start about libraries for voice calls, which are not used here."""


def _without_password(found: re.Match[str]) -> str:
    _password, at, place = found[2].rpartition("@")
    return f"{found[1]}{REDACTED}{at}{place}" if at else found[0]


def _without_query(found: re.Match[str]) -> str:
    place, mark, query = found[2].partition("?")
    return f"{found[1]}{place}?{REDACTED}" if mark and query else found[0]


_B64: Final = r"[\w-]"
# Each reads a text once, whatever the text: a pattern may begin at the start of a word only, or has
# to consume what it looked at. Others hold the loop for seconds over one long word.
_SHAPES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    # The value after the scheme of an Authorization header.
    (re.compile(r"(?i)\b(bearer\s+)[^\s\"',;]+"), rf"\1{REDACTED}"),
    # A JWT, and a bot token: three parts of base64url with dots between.
    (re.compile(rf"(?<!{_B64})eyJ{_B64}+\.{_B64}+(?:\.{_B64}*)?"), REDACTED),
    (re.compile(rf"(?<!{_B64}){_B64}{{18,40}}\.{_B64}{{5,8}}\.{_B64}{{20,}}"), REDACTED),
    # Interaction tokens: base64 of "interaction:…", and in any URL that contains one.
    (re.compile(r"aW50ZXJhY3Rpb24[\w+/=-]*"), REDACTED),
    (re.compile(r"(/(?:webhooks|interactions)/\d+/)[^\s/?#\"'<>]+"), rf"\1{REDACTED}"),
    (re.compile(r"(/callback/)[^\s/?#\"'<>]+"), rf"\1{REDACTED}"),
    # User and password of a URL, and every query string: signatures are there. In a database's URL,
    # as in `storage.address`, a password may contain any character and ends at the last @.
    (re.compile(r"(?i)(postgres(?:ql)?(?:\+\w+)?://)([^\s\"'<>]*)"), _without_password),
    (re.compile(r"(?i)((?<![a-z0-9+.-])[a-z0-9+.-]+://)[^\s/?#\"'<>]*@"), rf"\1{REDACTED}@"),
    (re.compile(r"(?i)(https?://)([^\s\"'<>]+)"), _without_query),
    # Signed parameters of a URL whose beginning is missing.
    (
        re.compile(
            r"(?i)([?&](?:ex|is|hm|expires|signature|sign|sig|token|(?:auth|key|policy|x-)[\w-]*)=)"
            r"[^&\s\"'<>]+"
        ),
        rf"\1{REDACTED}",
    ),
)
_PLAIN: Final = re.compile(r"[\w.:+-]{0,44}")
"""Names, moments and ids, shorter than a bot token and without what the other shapes begin with."""
_IN_PLAIN: Final = ("eyJ", "aW50")
"""How those shapes begin that plain text may have, too."""


class Redactor:
    """Removes secrets from text: the known ones, and everything that has the form of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        told = {secret for secret in secrets if len(secret) >= SECRET_CHARACTERS_MIN}
        spellings = {spelling for secret in told for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._told = re.compile("|".join(map(re.escape, longest_first))) if told else None

    def text(self, text: str) -> str:
        """Return the text with `[redacted]` where a secret was."""
        if self._told is not None:
            text = self._told.sub(REDACTED, text)
        if _PLAIN.fullmatch(text) and not any(one in text for one in _IN_PLAIN):
            return text
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text

    def value(self, value: Any) -> Any:
        """Return the value with every text in it redacted; other objects become text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return self.text(str(value))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Redact a whole record: a processor of structlog."""
        return {key: self.value(item) for key, item in event.items()}


def _spellings(secret: str) -> set[str]:
    """Return the secret as it is, in a URL, and inside quotes of Python and JSON."""
    return {secret, quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}


def printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape unprintable characters, so that no outside text can move or forge a line.

    A processor of structlog, for records whose values are plain data. Line ends of tracebacks stay.
    """
    return {key: _escaped(item, keep="\n" * (key == "exception")) for key, item in event.items()}


def _escaped(value: Any, keep: str = "") -> Any:
    if isinstance(value, str):
        if value.isprintable():
            return value
        return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return value


def set_up_logging(
    level: str, fmt: str, stream: TextIO, *, tty: bool, secrets: Iterable[str] = ()
) -> None:
    """Send every record of this process to `stream`, redacted; replaces an earlier set-up.

    `level` and `fmt` are the values of `log.level` and `log.format`; `tty` tells whether a person
    is watching: it decides `auto`, and whether there are colours.
    """
    shared: tuple[Processor, ...] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        # Before the redaction, and as plain text: a traceback must not bring locals along.
        structlog.processors.format_exc_info,
    )
    pretty = fmt == "pretty" or (fmt == "auto" and tty)
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=tty, exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(_is_news)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Redactor(secrets),
                printable,
                renderer,
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)
    for room in ROOMS:
        logging.getLogger(room).setLevel(number)


def _is_news(record: logging.LogRecord) -> bool:
    return not (isinstance(record.msg, str) and record.msg in NO_NEWS)


def about_job(job_id: str) -> AbstractContextManager[None]:
    """Put `job_id` on every record that this task logs inside the block."""
    return structlog.contextvars.bound_contextvars(job_id=job_id)
