"""`/effect`: one or two images become a short scene that Kling has prepared.

Kling's API documentation of effects (2026-09). Scenes come and go every month, so they are data
(`bot/domain/catalogue/data/effects.toml`): each is a model of its own here.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from bot.domain.every_request import EveryRequest
from bot.domain.operations.operation import Body, Files, Operation, Values
from bot.domain.options import Media, Option, Wire
from bot.domain.routes import Route
from storage.job import Kind

IMAGE: Final = "image"
SECOND: Final = "image_2"


@dataclass(frozen=True, slots=True)
class EffectRequest(EveryRequest):
    """`/effect`: a scene, and who or what is seen in it."""

    model: Annotated[str, Option(names=("effect",), required=True, wire=Wire("effect_scene"))]
    image: Annotated[bool, Option(required=True, file=Media.PICTURE, wire=None)] = True
    second: Annotated[bool, Option(names=(SECOND,), file=Media.PICTURE, wire=None)] = False
    """The one on the right, in a scene for two."""
    prompt: str = ""

    kind = Kind.EFFECT

    @property
    def route(self) -> Route:
        """The only one."""
        return Route.EFFECTS

    @property
    def slots(self) -> int:
        """A video takes one slot."""
        return 1


def _said(request: EffectRequest, files: Files) -> Body:
    if request.second:
        return {"input": {"images": [files[IMAGE], files[SECOND]]}}
    return {"input": {"image": files[IMAGE]}}


def _asked(said: Body) -> EffectRequest:
    return EffectRequest(str(said.get("effect_scene") or ""))


def scene_of(typed: str) -> str:
    """Return the name of a scene that somebody typed: Kling's have small letters and no spaces."""
    return "_".join(typed.lower().split())


def _read(values: Values) -> Values:
    return values | {"model": scene_of(values["model"])} if "model" in values else values


EFFECT: Final = Operation(
    request=EffectRequest, routes=(Route.EFFECTS,), asked=_asked, said=_said, read=_read
)
