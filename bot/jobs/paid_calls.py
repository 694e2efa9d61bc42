"""Calls that cost something without making a task: identify-face and text to speech.

They carry no id and may be repeated after a crash; what a call costs is spent before it is made,
and its answer is stored before anything else.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

from bot.domain.outcomes import problem_of
from bot.domain.policy.in_vain import Vain, waits_of
from bot.domain.units import hundredths
from bot.errors import (
    KlingBusy,
    KlingError,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingToldNo,
    KlingUnreachable,
)
from bot.jobs.claim import Claim
from bot.jobs.outages import ACCOUNT_REFUSED, Outages
from bot.jobs.setbacks import Setbacks
from storage.money import Call, CallCost

Answer = TypeVar("Answer")


class PaidCalls:
    """Makes such calls for a job in `preparing`."""

    def __init__(self, outages: Outages, setbacks: Setbacks) -> None:
        self._outages = outages
        self._setbacks = setbacks

    async def ask(
        self, claim: Claim, units: Decimal, call: Callable[[], Awaitable[Answer]]
    ) -> Answer | None:
        """Return what `call` returns, or None: then the step has been ended, as it had to be.

        `call` uses `paid` for each request that costs.
        """
        job, price = claim.job, hundredths(units)
        held_until = self._outages.held_until(job.pack, job.model, price)
        if held_until is not None:  # nothing is asked, so nothing is counted
            await claim.save(due_at=held_until)
            return None
        self._outages.asks(job, price)
        try:
            answer = await call()
        except KlingRefusedAccount as refusal:
            if self._outages.refused(job, refusal, price):
                await self._setbacks.wait_for_kling(claim, Vain.REFUSED)
            else:
                await self._setbacks.fail(claim, (ACCOUNT_REFUSED,))
        except KlingRefusedRequest as refusal:
            self._outages.answered(job)
            await self._setbacks.refuse(claim, (problem_of(refusal),))
        except KlingBusy:
            self._outages.busy(job)
            await self._setbacks.later(claim, waits_of(job).once_more(Vain.LATER))
        except KlingError as error:
            # Safe to repeat: it costs 0.05 units and leaves nothing but its answer behind.
            await self.no_answer(claim, error)
        else:
            self._outages.answered(job)
            return answer
        return None

    async def no_answer(self, claim: Claim, error: KlingError) -> None:
        """Ask again later; in an outage for as long as a create would wait."""
        self._outages.no_answer(claim.job, error)
        if isinstance(error, KlingUnreachable) or self._outages.held_until() is not None:
            await self._setbacks.wait_for_kling(claim, Vain.UNREACHABLE)
        else:
            await self._setbacks.again(claim, error, Vain.UNCLEAR)


async def paid(claim: Claim, units: Decimal, request: Callable[[], Awaitable[Answer]]) -> Answer:
    """Make one request; it is spent before it is made, whatever comes of it.

    Unless it is certain that Kling did nothing.
    """
    cost = hundredths(units)
    await claim.save(keep=True, cost_begun=True, money=Call(cost))
    try:
        return await request()
    except (KlingToldNo, KlingUnreachable):
        await claim.save(keep=True, money=CallCost(-cost))
        raise
