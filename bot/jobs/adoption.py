"""Jobs that were accepted before there was a ledger: what they cost is reserved at the start."""

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue, price_or_guess
from bot.domain.requests import from_json
from bot.domain.units import hundredths
from storage.store import JobStore

log = structlog.get_logger(__name__)


async def price_earlier_jobs(store: JobStore, catalogue: Catalogue, clock: Clock) -> None:
    """Reserve the price of each of them that is under way, once; no limit is asked.

    Calls that were made for it already were paid before the ledger began.
    """
    earlier = await store.unpriced()
    for job in earlier:
        try:
            price = price_or_guess(catalogue, from_json(job.kind, job.request))
        except (ValueError, TypeError, KeyError):
            log.warning("ledger.not_priced", job_id=job.id)  # its step reports the row
            continue
        calls = hundredths(price.calls)
        await store.price_earlier(
            job,
            price=hundredths(price.units) - calls,
            calls=0 if job.cost_begun else calls,
            now=clock.now(),
        )
    if earlier:
        log.info("ledger.earlier_jobs", jobs=len(earlier))
