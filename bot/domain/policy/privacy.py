"""Who sees what comes of a job. Pure.

A private job has no channel: its card is a private answer, and what it owes goes there while the
interaction's token lives, then into a direct message, then it waits in `/jobs`.
"""

from typing import Final

from storage.job import Delivery, Job, Venue

PRIVATE: Final = "private"
"""The field of a request that says so (`bot.domain.every_request`)."""


def is_private(job: Job) -> bool:
    """Tell whether only the requester may see anything of this job."""
    return job.request.get(PRIVATE) is True


def seen_by_others(job: Job, delivery: Delivery) -> bool:
    """Tell whether a message is there for all in a server: a post, or the card of a public job.

    An answer with a token of its own is a private one, to a later press.
    """
    card = delivery.venue is Venue.ANSWER and delivery.token is None
    public = job.origin.guild_id is not None and not is_private(job)
    return public and (delivery.venue is Venue.CHANNEL or card)
