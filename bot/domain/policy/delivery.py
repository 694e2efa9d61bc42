"""Which venue comes next, how large a message may be, and when its nonce has expired. Pure."""

from typing import Final

from bot.domain.policy.backoff import DAY_S
from storage.job import Delivery, Venue

NONCE_WINDOW_S: Final = 60.0
"""Discord deduplicates a nonce for "the past few minutes" (its API documentation). We search for
the message well before that, because the request itself may take a while."""


SEARCH_MESSAGES_MAX: Final = 1_000


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

    A whisper starts at the answer, so its next venue is the channel.
    """
    if delivery.kind == WHISPER and delivery.venue is Venue.ANSWER and can_post:
        return Venue.CHANNEL
    if delivery.kind == WHISPER and delivery.venue is Venue.CHANNEL:
        return Venue.DM
    return _NEXT_VENUE[delivery.venue]


def past_nonce(delivery: Delivery, now: float) -> bool:
    """Tell whether the part may have been sent too long ago for its nonce to stop a duplicate.

    If the clock was set back since, it does not tell how long ago that was.
    """
    first = delivery.first_tried_at
    return first is not None and not 0.0 <= now - first <= NONCE_WINDOW_S
