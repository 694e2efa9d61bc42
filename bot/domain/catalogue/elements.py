"""What the catalogue states about characters in the prompts of a model, and what that refuses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field

from bot.domain.characters import Element
from bot.errors import Fact, Problem

Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Elements:
    """How many characters a prompt may cite; None: as many as there may be otherwise."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    most: Count
    with_references: Count | None = None
    """Together with the images that the prompt can cite."""
    with_frame: Count | None = None
    """Beside a first frame."""
    with_ends: Count | None = None
    """Beside a first and a last frame."""
    of_clips: Count | None = None
    """Of those, made from videos."""
    mixed: Count | None = None
    """Where some are made from images and some from videos."""
    clips_with_images: bool = True
    """Whether those made from videos may stand beside images."""
    need_image: bool = False
    """Only the route with a first frame has them."""


class Beside(NamedTuple):
    """What else a request shows."""

    references: int = 0
    frames: int = 0


def element_problems(
    model: str, rule: Elements | None, elements: Sequence[Element], beside: Beside
) -> Iterator[Problem]:
    """Yield what this model does not take of these characters."""
    if not elements:
        return
    if rule is None:
        yield Problem("elements_unsupported", {"model": model})
        return
    if rule.need_image and not beside.frames:
        yield Problem("elements_need_image", {"model": model})
    clips = sum(one.of_clip for one in elements)
    most = _most(rule, beside, mixed=0 < clips < len(elements))
    if len(elements) > most:
        facts: dict[str, Fact] = {"given": len(elements), "max": most}
        code = "elements_with_others" if most < rule.most else "elements_too_many"
        yield Problem(code, {"model": model, **facts})
    if rule.of_clips is not None and clips > rule.of_clips:
        code = "elements_clips_too_many" if rule.of_clips else "elements_of_clips"
        yield Problem(code, {"model": model, "given": clips, "max": rule.of_clips})
    elif clips and beside.references and not rule.clips_with_images:
        yield Problem("elements_clips_with_images", {"model": model})


def _most(rule: Elements, beside: Beside, *, mixed: bool) -> int:
    together = None if rule.with_references is None else rule.with_references - beside.references
    frames = (None, rule.with_frame, rule.with_ends)[min(beside.frames, 2)]
    limits = (rule.most, together, frames, rule.mixed if mixed else None)
    return max(0, min(one for one in limits if one is not None))
