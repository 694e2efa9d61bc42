"""How long a task is expected to take, said honestly."""

import math
from typing import Final

from bot.domain.catalogue import Catalogue, expected_s
from bot.jobs.claim import Claim
from storage.store import JobStore

EXPECTATION_MIN_JOBS: Final = 5
EXPECTATION_QUANTILE: Final = 0.8
"""An honest waiting time is one that four of five jobs keep."""


async def expected_wait_s(store: JobStore, catalogue: Catalogue, claim: Claim) -> float:
    """Return how long such a task took lately, in seconds, or what the catalogue expects."""
    seen = await store.durations(claim.job.route, claim.job.model)
    if len(seen) >= EXPECTATION_MIN_JOBS:
        return sorted(seen)[math.ceil(len(seen) * EXPECTATION_QUANTILE) - 1]
    request = claim.request
    mode, duration_s = getattr(request, "mode", None), getattr(request, "duration_s", None)
    return expected_s(catalogue, request.route, request.model, mode, duration_s)
