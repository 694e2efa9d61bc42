"""`/edit`: a video changed by a prompt, or taken as the reference of a new one.

The fields are the options of the command (`bot/domain/options.py`). Kling fetches the video itself,
by its URL; of a video that is ours it is asked for one that it has itself.
"""

import re
from dataclasses import dataclass, field
from typing import Annotated, Final

from bot.domain import limits
from bot.domain.characters import Element
from bot.domain.every_request import EveryRequest
from bot.domain.options import Media, Option
from bot.domain.routes import Route
from storage.job import Kind

EDIT: Final = "edit"
REFERENCE: Final = "reference"
USES: Final = (EDIT, REFERENCE)
"""The video itself is changed; or a new one is made after it."""
EDIT_IMAGES: Final = ("image", "image_2", "image_3", "image_4")
VIDEO_CITATION: Final = re.compile(r"<<<video_(\d{1,3})>>>")
"""How a prompt cites the video (Kling's omni-video documentation)."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a server and the header of its file say about a video; None: nothing."""

    is_clip: bool
    """False: it is no MP4 or MOV."""
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class EditRequest(EveryRequest):
    """`/edit`: a video, what to do with it, and images that the prompt may cite."""

    prompt: Annotated[
        str, Option(longest=limits.PROMPT_CHARACTERS_MAX, required=True, wire=None, on_card=False)
    ]
    model: Annotated[str, Option(wire=None)]
    video_url: Annotated[str, Option(wire=None, on_card=False)] = field(default="", repr=False)
    """Signed where it is Discord's: kept among the job's sources, as of a lip-sync."""
    video_attached: Annotated[bool, Option(names=("video",), file=Media.CLIP, wire=None)] = False
    images: Annotated[
        tuple[str, ...], Option(names=EDIT_IMAGES, file=Media.PICTURE, wire=None)
    ] = ()
    """The options that hold an image, in order."""
    use: Annotated[str | None, Option(choices=USES, wire=None)] = None
    mode: Annotated[str | None, Option(choices=limits.MODES, wire=None)] = None
    keep_sound: Annotated[bool | None, Option(wire=None)] = None
    duration_s: Annotated[int | None, Option(least=1, wire=None)] = None
    aspect_ratio: Annotated[str | None, Option(choices=limits.VIDEO_RATIO_CHOICES, wire=None)] = (
        None
    )
    newer: bool = False
    """Goes to the newer generation, because the model belongs to it."""
    video_s: float | None = None
    """How long the video is, where its header says so: then its price is known, too."""
    of_task: str = ""
    """Where Kling has the video, if it is one of ours: then it needs no URL from the member."""
    elements: tuple[Element, ...] = ()
    """The characters that the prompt cites, in order."""

    kind = Kind.EDIT

    @property
    def used(self) -> str:
        """What the video is used for; without a choice it is edited."""
        return self.use or EDIT

    @property
    def keeps(self) -> bool:
        """Whether the sound of the video is wanted; without a choice an edit keeps it."""
        return not self.is_reference if self.keep_sound is None else self.keep_sound

    @property
    def is_reference(self) -> bool:
        """Whether a new video is made; otherwise the result is as long as the video."""
        return self.use == REFERENCE

    @property
    def route(self) -> Route:
        """The one route that takes videos, in each generation."""
        return Route.OMNI_VIDEO if self.newer else Route.LEGACY_OMNI_VIDEO

    @property
    def slots(self) -> int:
        """A video takes one slot."""
        return 1


def cited_videos(prompt: str) -> tuple[int, ...]:
    """Return the numbers of the videos that the prompt cites, ascending, each once."""
    return tuple(sorted({int(number) for number in VIDEO_CITATION.findall(prompt)}))
