"""`/motion`: the person in an image moves like the person in a video.

Kling's API documentation of motion-control in both generations (2026-09). Kling fetches the video
itself, by its URL.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from bot.domain import limits
from bot.domain.characters import Element, element_contents, element_list
from bot.domain.every_request import EveryRequest
from bot.domain.given_clip import clip_choice_problems
from bot.domain.offered import Offered
from bot.domain.operations.operation import Body, Charged, Files, Operation
from bot.domain.options import Media, Option, Wire, text_or_nothing, yes_or_no
from bot.domain.routes import Route
from bot.errors import Problem
from storage.job import Kind

IMAGE: Final = "image"
VIDEO: Final = "video"
ORIENTATIONS: Final = (IMAGE, VIDEO)
"""Which of the two the person is turned like."""
LONGEST_S: Final = {IMAGE: 10, VIDEO: 30}
"""How long the video may be; the result is as long, or shorter."""
SHORTEST_S: Final = 3
SHORTER_S: Final = 0.1
"""Ours: a file may be so much longer or shorter than it was asked for."""
STANDARD: Final = "std"


@dataclass(frozen=True, slots=True)
class MotionRequest(EveryRequest):
    """`/motion`: an image, a video, and how the person is turned."""

    model: Annotated[str, Option(wire=Wire("model_name"))]
    image: Annotated[bool, Option(required=True, file=Media.PICTURE, wire=Wire("image_url"))] = True
    video_url: Annotated[str, Option(wire=None, on_card=False)] = field(default="", repr=False)
    """Signed where it is Discord's: kept among the job's sources, as of a lip-sync."""
    video_attached: Annotated[bool, Option(names=(VIDEO,), file=Media.CLIP, wire=None)] = False
    prompt: Annotated[
        str,
        Option(
            longest=limits.PROMPT_CHARACTERS_MAX, on_card=False, wire=Wire(encode=text_or_nothing)
        ),
    ] = ""
    orientation: Annotated[
        str | None, Option(choices=ORIENTATIONS, wire=Wire("character_orientation"))
    ] = None
    mode: Annotated[str | None, Option(choices=limits.MODES[:2])] = None
    keep_sound: Annotated[
        bool | None, Option(wire=Wire("keep_original_sound", encode=yes_or_no))
    ] = None
    newer: bool = False
    """Goes to the newer generation, because the model belongs to it."""
    video_s: float | None = None
    """How long the video is, where its header says so: then its price is known, too."""
    of_task: str = ""
    """Where Kling has the video, if it is one of ours: then it needs no URL from the member."""
    elements: tuple[Element, ...] = ()
    """The characters that the prompt cites, in order."""

    kind = Kind.MOTION

    @property
    def turned(self) -> str:
        """What the person is turned like; without a choice, like the one in the video."""
        return self.orientation or VIDEO

    @property
    def route(self) -> Route:
        """One route in each generation."""
        return Route.NEWER_MOTION if self.newer else Route.MOTION

    @property
    def slots(self) -> int:
        """A video takes one slot."""
        return 1


def _problems(request: MotionRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    if not request.of_task:
        yield from clip_choice_problems(request, offered)
    longest_s = LONGEST_S.get(request.turned, LONGEST_S[VIDEO])
    length_s = request.video_s
    if length_s is not None and not SHORTEST_S - SHORTER_S <= length_s <= longest_s + SHORTER_S:
        allowed = f"{SHORTEST_S}-{longest_s}"
        given = round(length_s, 1)
        yield Problem("motion_length", {"option": VIDEO, "given": given, "allowed": allowed})
    if not request.image:
        yield Problem("image_missing", {"option": IMAGE})
    if request.elements and request.orientation == IMAGE:
        yield Problem("elements_orientation", {"option": "orientation", "needed": VIDEO})


def _said(request: MotionRequest, _files: Files) -> Body:
    """Kling requires all of it, so it is said where the member left it out."""
    said: Body = {
        "video_url": request.video_url,
        "character_orientation": request.turned,
        "mode": request.mode or STANDARD,
    }
    return said | element_list(request.elements)


def _newer(request: MotionRequest, files: Files) -> Body:
    mode = request.mode or STANDARD
    contents: list[Body] = [{"type": "prompt", "text": request.prompt}] if request.prompt else []
    contents += [
        {"type": "image", "url": files[IMAGE]},
        {"type": "video", "url": request.video_url},
        *element_contents(request.elements),
    ]
    settings: Body = {
        "character_orientation": request.turned,
        "resolution": limits.NEWER_RESOLUTIONS.get(mode, mode),
    }
    if request.keep_sound is not None:
        settings["audio"] = "original" if request.keep_sound else "off"
    return {"contents": contents, "settings": settings}


def _charged(request: MotionRequest) -> Charged:
    """The seconds of the result, which is as long as the video, or shorter."""
    longest_s = LONGEST_S.get(request.turned, LONGEST_S[VIDEO])
    if request.video_s is None:
        return Charged(longest_s, at_most=True)
    return Charged(min(longest_s, max(1, math.ceil(request.video_s - SHORTER_S))), at_most=True)


def _asked(said: Body) -> MotionRequest:
    settings = said.get("settings")
    newer = isinstance(settings, dict)
    if isinstance(settings, dict):
        said = settings | {"model_name": said.get("model_name")}
    modes = {resolution: mode for mode, resolution in limits.NEWER_RESOLUTIONS.items()}
    mode = str(said.get("resolution") or limits.NEWER_RESOLUTIONS[STANDARD]) if newer else ""
    return MotionRequest(
        model=str(said.get("model_name") or "kling-v2-6"),
        orientation=str(said.get("character_orientation") or VIDEO),
        mode=modes.get(mode, mode) if newer else str(said.get("mode") or STANDARD),
        newer=newer,
    )


MOTION: Final = Operation(
    request=MotionRequest,
    routes=(Route.MOTION, Route.NEWER_MOTION),
    asked=_asked,
    problems=_problems,
    said=_said,
    newer=_newer,
    charged=_charged,
)
