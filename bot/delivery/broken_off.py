"""Uploads that Discord does not take to their end: when another form is tried, who is told."""

from dataclasses import replace
from typing import Final

from bot.delivery.upload_limits import NEXT_FORM
from bot.domain.policy.delivery import untried
from bot.jobs.notices import Notify
from storage.job import Delivery, Form, Job, Venue
from storage.store import JobStore

TRIES_PER_FORM: Final = 5
TOLD_AT: Final = 10
"""Tries after which the operator is told, once."""
_TRIES_BEFORE: Final = {Form.AS_IS: 0, Form.FITTED: TRIES_PER_FORM, Form.LINK: 2 * TRIES_PER_FORM}


def needs_another_form(delivery: Delivery) -> bool:
    """Tell whether this form was tried often enough; a message of text alone has no other."""
    tries = delivery.broke_off - _TRIES_BEFORE[delivery.form]
    return bool(delivery.items) and tries >= TRIES_PER_FORM


def in_another_form(delivery: Delivery) -> Delivery:
    """Return the part in its next smaller form, or for pick-up after the smallest.

    None of its tries may have arrived: call it once that is known.
    """
    following = NEXT_FORM.get(delivery.form)
    if following is None:
        return replace(delivery, venue=Venue.PICKUP)
    return replace(untried(delivery), form=following)


class BrokenOff:
    """Counts such tries."""

    def __init__(self, store: JobStore, notify: Notify) -> None:
        self._store = store
        self._notify = notify

    async def count(self, job: Job, delivery: Delivery) -> None:
        """Count the try that the row records as begun since `delivery` was read.

        At the tenth the operator is told.
        """
        rows = await self._store.deliveries(job.id)
        tried = next(row for row in rows if row.tag == delivery.tag)
        if not tried.items or tried.tries <= delivery.tries:
            return
        more = replace(tried, broke_off=tried.broke_off + 1)
        await self._store.save_delivery(job, more)
        if more.broke_off == TOLD_AT:
            self._notify("operator.upload_broke_off", job=job.id)
