"""`/storyboard`: up to six shots, each with its words and its length, in one video.

The fields are the options of the command (`bot/domain/options.py`), so each number has its own;
everything else reads `shots`.
"""

from dataclasses import dataclass, field
from typing import Annotated, Final

from bot.domain import limits
from bot.domain.characters import Element
from bot.domain.every_request import EveryRequest
from bot.domain.options import Media, Option, Wire, on_or_off
from bot.domain.routes import FROM_PICTURE, WITH_RATIO, Route, video_route
from storage.job import Kind

SHOT_S: Final = 2
"""Ours: how long a shot is if the member does not say so."""

Words = Annotated[
    str | None, Option(longest=limits.PROMPT_CHARACTERS_MAX, wire=None, on_card=False)
]
Seconds = Annotated[int | None, Option(least=1, wire=None, on_card=False)]


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot as it was asked for."""

    number: int
    """From 1."""
    words: str
    seconds: int


@dataclass(frozen=True, slots=True)
class StoryboardRequest(EveryRequest):
    """`/storyboard`. The card quotes the shots, a line each; so they are no settings on it."""

    shot_1: Annotated[
        str,
        Option(longest=limits.PROMPT_CHARACTERS_MAX, required=True, wire=None, on_card=False),
    ]
    image: Annotated[bool, Option(file=Media.PICTURE, wire=Wire(routes=FROM_PICTURE))] = False
    seconds_1: Seconds = None
    shot_2: Words = None
    seconds_2: Seconds = None
    shot_3: Words = None
    seconds_3: Seconds = None
    shot_4: Words = None
    seconds_4: Seconds = None
    shot_5: Words = None
    seconds_5: Seconds = None
    shot_6: Words = None
    seconds_6: Seconds = None
    model: Annotated[str, Option(wire=Wire("model_name"))] = field(kw_only=True)
    mode: Annotated[str | None, Option(choices=limits.MODES)] = None
    aspect_ratio: Annotated[
        str | None, Option(choices=limits.VIDEO_RATIO_CHOICES, wire=Wire(routes=WITH_RATIO))
    ] = None
    sound: Annotated[bool | None, Option(wire=Wire(encode=on_or_off))] = None
    newer: bool = False
    """Goes to the newer generation, because the model belongs to it."""
    omni: bool = False
    """Goes to omni-video, because the model is there only."""
    elements: tuple[Element, ...] = ()
    """The characters that its words cite, in order."""

    kind = Kind.STORYBOARD

    @property
    def words(self) -> tuple[str | None, ...]:
        """The words of each numbered option; None where there is no such shot."""
        return (self.shot_1, self.shot_2, self.shot_3, self.shot_4, self.shot_5, self.shot_6)

    @property
    def seconds(self) -> tuple[int | None, ...]:
        """The length of each numbered option, in seconds; None where it was left out."""
        return (
            self.seconds_1,
            self.seconds_2,
            self.seconds_3,
            self.seconds_4,
            self.seconds_5,
            self.seconds_6,
        )

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The shots in order; one without a length has the usual one."""
        return tuple(
            Shot(number, words, SHOT_S if seconds is None else seconds)
            for number, (words, seconds) in enumerate(
                zip(self.words, self.seconds, strict=True), start=1
            )
            if words is not None
        )

    @property
    def duration_s(self) -> int:
        """The length of the video: the sum of its shots."""
        return sum(shot.seconds for shot in self.shots)

    @property
    def prompt(self) -> str:
        """The shots as people read them: a line each, the length before the words."""
        return "\n".join(f"{shot.seconds}s: {shot.words}" for shot in self.shots)

    @property
    def route(self) -> Route:
        """As of any video: with an image it is another route, and the image decides the ratio."""
        return video_route(image=self.image, newer=self.newer, omni=self.omni)

    @property
    def slots(self) -> int:
        """One video takes one slot, whatever the number of its shots."""
        return 1
