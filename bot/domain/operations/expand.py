"""`/expand`: an image is continued beyond its edges.

Kling's API documentation of outpainting (2026-09): each side grows by a part of the image's height
or width, and the whole becomes at most three times as large.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from bot.domain import limits
from bot.domain.every_request import EveryRequest
from bot.domain.operations.operation import Body, Files, Operation
from bot.domain.options import Media, Option, Wire, text_or_nothing
from bot.domain.routes import Route
from storage.job import Kind

WIDER: Final = "wider"
SQUARE: Final = "square"
SIDES: Final = ("up", "down", "left", "right")
GROWN: Final[Mapping[str, tuple[float, float, float, float]]] = {
    WIDER: (0.0, 0.0, 0.5, 0.5),
    "taller": (0.5, 0.5, 0.0, 0.0),
    "all": (0.25, 0.25, 0.25, 0.25),
}
"""By how much each of `SIDES` grows, as a part of the height or the width."""
DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class ExpandRequest(EveryRequest):
    """`/expand`: an image, and the shape that it is to have."""

    image: Annotated[bool, Option(required=True, file=Media.PICTURE)] = True
    shape: Annotated[str | None, Option(choices=(*GROWN, SQUARE), wire=None)] = None
    prompt: Annotated[
        str,
        Option(
            longest=limits.PROMPT_CHARACTERS_MAX, on_card=False, wire=Wire(encode=text_or_nothing)
        ),
    ] = ""
    width: int = 0
    height: int = 0
    """Of the image as it is sent, in pixels; 0 until that is known."""
    count: int = 1
    """How many images are made; a command makes one."""
    model: str = "expand"

    kind = Kind.EXPAND

    @property
    def route(self) -> Route:
        """The only one."""
        return Route.EXPAND

    @property
    def slots(self) -> int:
        """Each image takes a slot."""
        return self.count

    @property
    def grown(self) -> tuple[float, float, float, float]:
        """By how much each of `SIDES` grows."""
        shape = self.shape or WIDER
        return GROWN[shape] if shape != SQUARE else _to_square(self.width, self.height)


def _to_square(width: int, height: int) -> tuple[float, float, float, float]:
    """Make the shorter side as long as the longer, evenly on both ends; never longer."""
    if not width or not height:
        raise ValueError("the size of the image is not known")
    most = 10**DECIMALS
    part = (max(width, height) - min(width, height)) * most // (2 * min(width, height)) / most
    return (part, part, 0.0, 0.0) if width > height else (0.0, 0.0, part, part)


def _said(request: ExpandRequest, _files: Files) -> Body:
    """Kling requires all four sides."""
    return {
        f"{side}_expansion_ratio": part for side, part in zip(SIDES, request.grown, strict=True)
    }


def _asked(said: Body) -> ExpandRequest:
    count = said.get("n")
    return ExpandRequest(count=count if isinstance(count, int) else 1)


EXPAND: Final = Operation(request=ExpandRequest, routes=(Route.EXPAND,), asked=_asked, said=_said)
