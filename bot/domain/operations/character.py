"""`/character create`: who or what is to look the same in many videos and images.

Kling's API documentation of elements (2026-09): one to four images, or a video of 3 to 8 s. One
image alone is sent as its own reference, because Kling requires one beside the frontal image.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from bot.domain.characters import SIGN, is_name
from bot.domain.every_request import EveryRequest
from bot.domain.given_clip import clip_choice_problems
from bot.domain.offered import Offered
from bot.domain.operations.operation import Body, Files, Operation, Values
from bot.domain.options import Media, Option, Wire
from bot.domain.routes import Route
from bot.errors import Problem
from storage.character import NAME_CHARACTERS_MAX
from storage.job import Kind

VIDEO: Final = "video"
IMAGES: Final = ("image", "image_2", "image_3", "image_4")
SHORTEST_S: Final = 3
LONGEST_S: Final = 8
SHORTER_S: Final = 0.1
"""Ours: a file may be so much longer or shorter than it was asked for."""
DESCRIPTION_CHARACTERS_MAX: Final = 100
WIDE: Final = 16 / 9
RATIO_SLACK: Final = 0.02
"""Ours: a file may be some pixels off."""
OF_IMAGES: Final = "image_refer"
OF_A_VIDEO: Final = "video_refer"


@dataclass(frozen=True, slots=True)
class CharacterRequest(EveryRequest):
    """`/character create`: a name, and how it looks."""

    name: Annotated[
        str, Option(longest=NAME_CHARACTERS_MAX, required=True, wire=Wire("element_name"))
    ]
    images: Annotated[tuple[str, ...], Option(names=IMAGES, file=Media.PICTURE, wire=None)] = ()
    """The options that hold an image, in order; the first is the frontal one."""
    video_attached: Annotated[bool, Option(names=(VIDEO,), file=Media.CLIP, wire=None)] = False
    video_url: Annotated[str, Option(wire=None, on_card=False)] = field(default="", repr=False)
    """Signed where it is Discord's: kept among the job's sources, as of a lip-sync."""
    prompt: Annotated[
        str,
        Option(
            names=("description",), longest=DESCRIPTION_CHARACTERS_MAX, wire=None, on_card=False
        ),
    ] = ""
    """What cards quote."""
    share: Annotated[bool | None, Option(wire=None)] = None
    """Whether the members of the server may use it, too."""
    model: str = "character"
    video_s: float | None = None
    """How long the video is, where its header says so."""
    of_task: str = ""
    """Where Kling has the video, if it is one of ours: then it needs no URL from the member."""

    kind = Kind.CHARACTER

    @property
    def of_clip(self) -> bool:
        """Whether it is made from a video."""
        return not self.images

    @property
    def route(self) -> Route:
        """The only one."""
        return Route.ELEMENTS

    @property
    def slots(self) -> int:
        """A task takes one slot."""
        return 1


def of_images(request: object) -> bool:
    """Tell whether a request could be made from a video, and is made from images."""
    return isinstance(request, CharacterRequest) and not request.of_clip


def _problems(request: CharacterRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    if request.name.strip() and not is_name(request.name):
        yield Problem("character_name", {"max": NAME_CHARACTERS_MAX})
    has_video = bool(request.video_url.strip() or request.video_attached or request.of_task)
    if has_video and request.images:
        yield Problem("character_both")
    elif not has_video and not request.images:
        yield Problem("character_looks")
    expected = IMAGES[: len(request.images)]
    missing = next((name for name in expected if name not in request.images), None)
    if missing is not None:
        yield Problem("image_gap", {"missing": missing, "given": ", ".join(request.images)})
    if has_video and not request.of_task:
        yield from clip_choice_problems(request, offered)
    length_s = request.video_s
    if length_s is not None and not SHORTEST_S - SHORTER_S <= length_s <= LONGEST_S + SHORTER_S:
        allowed, given = f"{SHORTEST_S}-{LONGEST_S}", round(length_s, 1)
        yield Problem("character_length", {"option": VIDEO, "given": given, "allowed": allowed})


def shape_problems(offered: Offered) -> Iterator[Problem]:
    """Yield that a video is neither 16:9 nor 9:16, where its size is known."""
    width, height = offered.width, offered.height
    if not width or not height:
        return
    ratio = max(width, height) / min(width, height)
    if abs(ratio - WIDE) > RATIO_SLACK:
        facts: dict[str, str | int | float] = {"option": offered.name}
        yield Problem("character_ratio", {**facts, "width": width, "height": height})


def _said(request: CharacterRequest, files: Files) -> Body:
    """Kling requires a description: without one it is the name."""
    said: Body = {"element_description": request.prompt or request.name}
    if request.of_clip:
        videos = [{"video_url": request.video_url}]
        return said | {
            "reference_type": OF_A_VIDEO,
            "element_video_list": {"refer_videos": videos},
        }
    front, *others = (files[name] for name in request.images)
    images = [{"image_url": image} for image in others or [front]]
    return said | {
        "reference_type": OF_IMAGES,
        "element_image_list": {"frontal_image": front, "refer_images": images},
    }


def _asked(_said: Body) -> CharacterRequest:
    return CharacterRequest("")


def _read(values: Values) -> Values:
    """A name may be typed as it is cited."""
    name = str(values.get("name", "")).strip().removeprefix(SIGN)
    return values | {"name": name} if "name" in values else values


CHARACTER: Final = Operation(
    request=CharacterRequest,
    routes=(Route.ELEMENTS,),
    asked=_asked,
    problems=_problems,
    said=_said,
    read=_read,
    is_command=False,  # one of a group: `cogs/character.py`
)
