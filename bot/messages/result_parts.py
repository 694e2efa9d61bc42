"""What a message with results says besides its files, as plain values. Pure."""

import enum
from dataclasses import dataclass
from typing import Final

from storage.job import Kind


class Why(enum.StrEnum):
    """Why a result is a link and not a file: a key of the message catalogue."""

    TOO_LARGE = "result.link"
    NOT_FETCHED = "result.link_not_fetched"
    REFUSED = "result.link_refused"
    WHOLE = "result.whole"
    """It is a file too, but smaller than Kling made it."""


@dataclass(frozen=True, slots=True)
class Left:
    """What of a part is not delivered as a file."""

    links: tuple[str, ...] = ()
    why: Why = Why.TOO_LARGE
    missing: int = 0
    """How many results Kling no longer has."""
    unusable: int = 0
    """How many have an address that nobody can open."""


class Alone(enum.StrEnum):
    """Why a part is not joined to the videos before it: a key of the message catalogue."""

    GONE = "result.alone_gone"
    FAILED = "result.alone_failed"
    TOO_LARGE = "result.alone_large"


EVERYTHING_THERE: Final = Left()


@dataclass(frozen=True, slots=True)
class Source:
    """The job that another was made from."""

    kind: Kind
    url: str
    """Opens its result, or its card."""


@dataclass(frozen=True, slots=True)
class Besides:
    """What a result says besides itself."""

    source: Source | None = None
    bells: tuple[int, ...] = ()
    """Members who wanted to hear of it, besides the requester."""
    showcase: bool = False
    """Whether members can have it shown: the server has a showcase."""
    original: str = ""
    """Of a copy in the showcase: a link to the result itself."""
    before: str = ""
    """Opens the video that it goes on from; empty: it does not, or that can't be shown here."""
    parts: int = 0
    """How many videos are joined in it; 0: it is one by itself."""
    alone: Alone | None = None
    """Why it is not joined to those it goes on from."""
    hidden: bool = False
    """Whether nothing of the result is to be seen before a click."""


NOTHING_BESIDES: Final = Besides()
