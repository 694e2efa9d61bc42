"""When a task is looked for that a create may have made."""

from bot.clock import Clock
from bot.domain.policy.backoff import backoff_s
from bot.domain.policy.in_vain import Vain, Waits, waits_of
from bot.domain.policy.recovery import UNCLEAR_LOOK_S
from bot.jobs.claim import Claim
from bot.jobs.outages import Outages


class LookUps:
    """Their moments."""

    def __init__(self, outages: Outages, clock: Clock) -> None:
        self._outages = outages
        self._clock = clock

    async def later(
        self,
        claim: Claim,
        kind: Vain = Vain.UNCLEAR,
        waits: Waits | None = None,
        *,
        soon: bool = False,
    ) -> None:
        """Look for the task in some seconds, or `soon`; each later look-up waits longer.

        `kind` is what this try came to, `waits` what it came to before; None: what the row says. If
        all look-ups are held back, none waits longer: each is the probe in its turn, and when the
        outage is over they all go before the queue does.
        """
        waits = waits_of(claim.job) if waits is None else waits
        longer = waits.failures if self._outages.held_until() is None else 0
        wait_s = backoff_s(longer, first_s=UNCLEAR_LOOK_S)
        if soon and not waits.failures:
            wait_s = 0.0
        await claim.save(due_at=self._clock.now() + wait_s, **waits.once_more(kind).changes())
