"""Which venue comes next, how large a message may be, and when its nonce has expired. Pure."""

from dataclasses import replace
from typing import Final

from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.questions import QUESTION
from storage.delivery import SHOWCASE
from storage.job import Delivery, Venue

NONCE_WINDOW_S: Final = 60.0
"""Discord deduplicates a nonce for "the past few minutes" (its API documentation). We search for
the message well before that, because the request itself may take a while."""


SEARCH_MESSAGES_MAX: Final = 1_000
SEARCH_AFTER_S: Final = 900.0
"""A request that was begun is stored within this time or never: discord.py and the nonce's window
end it after minutes."""
TIMES_APART_S: Final = 60.0
"""How far the `Date` of Discord's answers and the time in its ids may be apart."""


PICKUP_S: Final = 30 * DAY_S  # a server that the bot rejoins within it finds everything too


WHISPER: Final = "w"
"""The kind of a delivery that only the member may see."""


_NEXT_VENUE: Final = {
    Venue.CHANNEL: Venue.ANSWER,
    Venue.ANSWER: Venue.DM,
    Venue.DM: Venue.PICKUP,
}


SAFE_LIMIT_BYTES: Final = 10 * 2**20
"""What every server has always accepted: Discord's default until September 2026."""


BESIDE: Final = frozenset({QUESTION, SHOWCASE})
"""Kinds of messages that deliver no outcome: they never stand for one, and move no state."""


LONG_AGO: Final = 0.0
"""Unix seconds; before any nonce that still counts."""


JOINED_S_PER_S: Final = 60.0
"""With 25 processes waiting for two cores, a second of 4k took 45 s to encode."""
JOINED_LEAST_S: Final = 600.0


def joined_timeout_s(length_s: float) -> float:
    """Return how long a step may take that encodes a joined video of this length, 4k or not."""
    return max(JOINED_LEAST_S, JOINED_S_PER_S * length_s)


def post_limit_bytes(seen: int | None, refused: int | None, believed: int) -> int:
    """Return how large a message by the bot may be in a server.

    `seen` is the smallest limit that interactions named there, `refused` the smallest that proved
    too large, and `believed` discord.py's value.
    """
    for limit in (seen, believed):
        if limit is not None and (refused is None or limit < refused):
            return limit
    return SAFE_LIMIT_BYTES


def next_venue(delivery: Delivery, *, can_post: bool) -> Venue:
    """Return the next venue of a part after this one refused it for good.

    A whisper starts at the answer, so its next venue is the channel; a copy for the showcase has
    no other venue.
    """
    if delivery.kind == SHOWCASE:
        return Venue.PICKUP
    if delivery.kind == WHISPER and delivery.venue is Venue.ANSWER and can_post:
        return Venue.CHANNEL
    if delivery.kind == WHISPER and delivery.venue is Venue.CHANNEL:
        return Venue.DM
    return _NEXT_VENUE[delivery.venue]


def past_nonce(delivery: Delivery, now: float, discord_now: float | None = None) -> bool:
    """Tell whether the part may have been sent too long ago for its nonce to stop a duplicate.

    If the clock was set back since, it does not tell how long ago that was; Discord's time may.
    """
    first, there = delivery.first_tried_at, delivery.first_tried_there
    if first is None:
        return False
    if there is not None and discord_now is not None and discord_now - there > NONCE_WINDOW_S:
        return True
    return not 0.0 <= now - first <= NONCE_WINDOW_S


def untried(delivery: Delivery) -> Delivery:
    """Return a part of which no try is there: its next one is the first."""
    return replace(delivery, first_tried_at=None, first_tried_there=None, last_tried_there=None)


def perhaps_sent(delivery: Delivery, channel_id: int) -> Delivery:
    """Return a part that may have been sent at any time: it is searched for before it is sent.

    `channel_id` is that of the command, where a search begins.
    """
    in_channel = delivery.venue is Venue.CHANNEL
    return replace(
        untried(delivery),
        tries=max(1, delivery.tries),
        first_tried_at=LONG_AGO,
        channel_id=channel_id if in_channel else delivery.channel_id,
    )


def search_window(delivery: Delivery) -> tuple[float | None, float | None]:
    """Return when a part may have been stored, in Discord's time (Unix seconds).

    None where that is not known: then the card is the beginning, or the channel's last message the
    end.
    """
    first, last = delivery.first_tried_there, delivery.last_tried_there
    return (
        None if first is None else first - TIMES_APART_S,
        None if last is None else last + SEARCH_AFTER_S,
    )
