"""A silent video gets its sound, by the control `sound` under it.

Kling's API documentation of video-to-audio (2026-09): the result is the video with its sound, and
the sound alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from bot.domain.every_request import EveryRequest
from bot.domain.offered import Offered
from bot.domain.operations.operation import Body, Files, Operation
from bot.domain.options import Option, Wire, text_or_nothing
from bot.domain.routes import Route
from bot.errors import Problem
from storage.job import Kind

PROMPT_CHARACTERS_MAX: Final = 200
SHORTEST_S: Final = 3
LONGEST_S: Final = 20
"""How long the video may be."""
SHORTER_S: Final = 0.1
"""Ours: a file may be so much longer or shorter than it was asked for."""


@dataclass(frozen=True, slots=True)
class SoundtrackRequest(EveryRequest):
    """A video of ours, and what is to be heard in it; without words Kling decides."""

    prompt: Annotated[
        str,
        Option(
            longest=PROMPT_CHARACTERS_MAX,
            on_card=False,
            wire=Wire("sound_effect_prompt", encode=text_or_nothing),
        ),
    ] = ""
    music: Annotated[
        str | None,
        Option(longest=PROMPT_CHARACTERS_MAX, wire=Wire("bgm_prompt", encode=text_or_nothing)),
    ] = None
    video_id: str = ""
    """Kling's id of the video; empty: it no longer has it."""
    video_url: str = field(default="", repr=False)
    """Where it is then. Signed: kept among the job's sources, as of a lip-sync."""
    video_attached: bool = False
    video_s: float | None = None
    """How long the video is, where Kling said so."""
    model: str = "video-to-audio"

    kind = Kind.SOUNDTRACK

    @property
    def route(self) -> Route:
        """The only one."""
        return Route.VIDEO_TO_AUDIO

    @property
    def slots(self) -> int:
        """A sound takes one slot."""
        return 1


def _problems(request: SoundtrackRequest, _offered: Mapping[str, Offered]) -> Iterator[Problem]:
    if not request.video_id and not request.video_url:
        yield Problem("video_gone")
    seconds = request.video_s
    if seconds is not None and not SHORTEST_S - SHORTER_S <= seconds <= LONGEST_S + SHORTER_S:
        facts = {"given": round(seconds, 1), "min": SHORTEST_S, "max": LONGEST_S}
        yield Problem("soundtrack_length", facts)


def _said(request: SoundtrackRequest, _files: Files) -> Body:
    """Kling takes the one or the other."""
    if request.video_id:
        return {"video_id": request.video_id}
    if not request.video_url:
        raise ValueError("the video is missing")
    return {"video_url": request.video_url}


def _asked(_said: Body) -> SoundtrackRequest:
    return SoundtrackRequest()


SOUNDTRACK: Final = Operation(
    request=SoundtrackRequest,
    routes=(Route.VIDEO_TO_AUDIO,),
    asked=_asked,
    problems=_problems,
    said=_said,
    is_command=False,
)
