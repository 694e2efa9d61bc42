"""`/avatar`: a person in an image speaks a sound, or typed words.

Kling's API documentation of avatar (2026-09): the result is as long as the sound.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from bot.domain import limits
from bot.domain.every_request import EveryRequest
from bot.domain.offered import Offered
from bot.domain.operations.operation import Body, Charged, Files, Operation
from bot.domain.options import Media, Option, Wire, text_or_nothing
from bot.domain.routes import Route
from bot.domain.spoken_words import Speed, Voice, about_seconds, words_or_sound
from bot.errors import Problem
from storage.job import Kind

AUDIO: Final = "audio"
LONGEST_S: Final = 300
ONLY_MODEL: Final = "avatar"
"""Kling names no models; any other name is sent."""


@dataclass(frozen=True, slots=True)
class AvatarRequest(EveryRequest):
    """`/avatar`: an image, and a sound or words."""

    model: str
    image: Annotated[bool, Option(required=True, file=Media.PICTURE)] = True
    audio: Annotated[bool, Option(file=Media.SOUND, wire=None)] = False
    text: Annotated[str, Option(longest=limits.TEXT_CHARACTERS_MAX, wire=None)] = ""
    voice: Voice = None
    speed: Speed = None
    prompt: Annotated[
        str,
        Option(
            longest=limits.PROMPT_CHARACTERS_MAX, on_card=False, wire=Wire(encode=text_or_nothing)
        ),
    ] = ""
    mode: Annotated[str | None, Option(choices=limits.MODES[:2])] = None
    sound_s: int | None = None
    """How long the sound is, rounded up; None until that is known."""
    audio_id: str = ""
    """Kling's id of the words as they were spoken, once they were."""

    kind = Kind.AVATAR
    shortest_s = limits.SOUND_MIN_S
    longest_s = LONGEST_S

    @property
    def route(self) -> Route:
        """The only one."""
        return Route.AVATAR

    @property
    def slots(self) -> int:
        """A video takes one slot."""
        return 1


def _problems(request: AvatarRequest, _offered: Mapping[str, Offered]) -> Iterator[Problem]:
    yield from words_or_sound(request)


def _said(request: AvatarRequest, files: Files) -> Body:
    said: Body = {} if request.model == ONLY_MODEL else {"model_name": request.model}
    if request.text:
        if not request.audio_id:
            raise ValueError("the words were not spoken")
        return said | {"audio_id": request.audio_id}
    return said | {"sound_file": files[AUDIO]}


def _charged(request: AvatarRequest) -> Charged:
    """The seconds of the sound; of words, or before the file was read, at most."""
    if request.sound_s is not None:
        return Charged(request.sound_s)
    if request.text:
        most_s = math.ceil(about_seconds(request.text, request.speed))
        return Charged(min(LONGEST_S, max(limits.SOUND_MIN_S, most_s)), at_most=True)
    return Charged(LONGEST_S, at_most=True)


def _asked(said: Body) -> AvatarRequest:
    return AvatarRequest(ONLY_MODEL, mode=str(said.get("mode") or "std"))


AVATAR: Final = Operation(
    request=AvatarRequest,
    routes=(Route.AVATAR,),
    asked=_asked,
    problems=_problems,
    said=_said,
    charged=_charged,
)
