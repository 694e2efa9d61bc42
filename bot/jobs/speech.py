"""Text to speech: words become a voice at Kling, before the task that lets a face speak them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.limits import RESULTS_KEPT_DAYS
from bot.domain.outcomes import FACE_UNITS, add_units
from bot.domain.policy.backoff import DAY_S
from bot.domain.requests import AvatarRequest, LipSyncRequest, Request
from bot.domain.units import deducted_hundredths, hundredths
from bot.errors import Problem
from bot.jobs.claim import Claim
from bot.jobs.paid_calls import PaidCalls, paid
from bot.jobs.setbacks import Setbacks
from bot.kling.client import Kling
from bot.kling.tasks import Speech
from storage.money import CallCost

SPEECH: Final = "speech"
"""Under which name a job keeps what was spoken, in its question."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A voice at Kling, which keeps it as long as any result."""

    audio_id: str
    ms: int
    until: float
    """Unix seconds."""


def spoken(question: Mapping[str, Any]) -> Spoken | None:
    """Return what was spoken for a job, once it was."""
    kept = question.get(SPEECH)
    return Spoken(**kept) if isinstance(kept, dict) else None


def text_of(request: Request) -> str:
    """Return the words that are to be spoken; empty: there are none."""
    return request.text if isinstance(request, LipSyncRequest | AvatarRequest) else ""


def with_speech(request: Request, question: Mapping[str, Any]) -> Request:
    """Return an avatar's request with the voice that was made for it."""
    made = spoken(question)
    if not isinstance(request, AvatarRequest) or made is None:
        return request
    return replace(request, audio_id=made.audio_id)


class Speaker:
    """Has words spoken, once for each job."""

    def __init__(
        self,
        catalogue: Catalogue,
        kling: Kling,
        clock: Clock,
        calls: PaidCalls,
        setbacks: Setbacks,
    ) -> None:
        self._catalogue = catalogue
        self._kling = kling
        self._clock = clock
        self._calls = calls
        self._setbacks = setbacks

    async def speak(self, claim: Claim) -> bool:
        """Have the job's words spoken and stored; False: the step has been ended."""
        request, made = claim.request, spoken(claim.job.question)
        words = text_of(request)
        if not words or (made is not None and made.until > self._clock.now()):
            return True
        if not isinstance(request, LipSyncRequest | AvatarRequest):
            return True
        voice = self._catalogue.voice_for(words, request.voice)
        units = self._catalogue.calls.tts

        async def say() -> Speech:
            return await paid(
                claim,
                units,
                lambda: self._kling.speak(
                    words,
                    voice_id=voice.name,
                    language=voice.language_for(words),
                    speed=request.speed,
                ),
            )

        answer = await self._calls.ask(claim, units, say)
        if answer is None:
            return False
        await self._keep(claim, answer)
        seconds, longest_s = answer.duration_s, request.longest_s
        if not request.shortest_s <= seconds <= longest_s:
            facts = {"seconds": round(seconds, 1), "min": request.shortest_s, "max": longest_s}
            await self._setbacks.refuse(claim, (Problem("speech_length", facts),))
            return False
        return True

    async def _keep(self, claim: Claim, answer: Speech) -> None:
        """Store the answer before anything else, and what it cost."""
        job = claim.job
        until = self._clock.now() + RESULTS_KEPT_DAYS * DAY_S
        price = self._catalogue.calls.tts
        question = {
            **job.question,
            SPEECH: {
                "audio_id": answer.audio_id,
                "ms": round(answer.duration_s * 1_000),
                "until": until,
            },
            FACE_UNITS: add_units(job.question.get(FACE_UNITS, 0), answer.units or price),
        }
        said = deducted_hundredths(answer.units)
        more = 0 if said is None else said - hundredths(price)
        await claim.save(keep=True, question=question, money=CallCost(more))
