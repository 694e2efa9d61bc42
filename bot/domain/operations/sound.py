"""`/sound`: a sound effect from a prompt. Kling's API documentation of text-to-audio (2026-09)."""

from dataclasses import dataclass
from typing import Annotated, Final

from bot.domain.every_request import EveryRequest
from bot.domain.operations.operation import Body, Files, Operation
from bot.domain.options import Option, Wire
from bot.domain.routes import Route
from storage.job import Kind

PROMPT_CHARACTERS_MAX: Final = 200
SHORTEST_S: Final = 3
LONGEST_S: Final = 10
USUAL_S: Final = 5
"""Ours: Kling has no default."""


@dataclass(frozen=True, slots=True)
class SoundRequest(EveryRequest):
    """`/sound`: what is heard, and for how long."""

    prompt: Annotated[str, Option(longest=PROMPT_CHARACTERS_MAX, required=True, on_card=False)]
    seconds: Annotated[
        int | None, Option(least=SHORTEST_S, most=LONGEST_S, wire=Wire("duration", encode=float))
    ] = None
    model: str = "text-to-audio"

    kind = Kind.SOUND

    @property
    def route(self) -> Route:
        """The only one."""
        return Route.TEXT_TO_AUDIO

    @property
    def slots(self) -> int:
        """A sound takes one slot."""
        return 1


def _said(_request: SoundRequest, _files: Files) -> Body:
    return {"duration": float(USUAL_S)}


def _asked(_said: Body) -> SoundRequest:
    return SoundRequest("")


SOUND: Final = Operation(
    request=SoundRequest, routes=(Route.TEXT_TO_AUDIO,), asked=_asked, said=_said
)
