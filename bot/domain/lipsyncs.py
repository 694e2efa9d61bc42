"""`/lipsync`: a video, audio or words, and where they go on the video.

The fields are the options of the command (`bot/domain/options.py`). Kling fetches the video itself,
by its URL, or knows it by its id.
"""

from dataclasses import dataclass, field
from typing import Annotated, Final

from bot.domain import limits
from bot.domain.every_request import EveryRequest
from bot.domain.options import Media, Option, Wire
from bot.domain.routes import Route
from bot.domain.spoken_words import Speed, Voice
from storage.job import Kind

SHORTER_S: Final = 0.1
"""Ours: Kling's own videos are a frame longer than they were asked for, which is not counted."""


@dataclass(frozen=True, slots=True)
class LipSyncRequest(EveryRequest):
    """`/lipsync`. Times are seconds."""

    video_url: Annotated[str, Option(wire=None, on_card=False)] = field(default="", repr=False)
    """The video's URL: Kling fetches it. It is signed, so `to_json` leaves it out: the job keeps it
    among its sources, which are cleared when it ends."""
    video_attached: Annotated[bool, Option(names=("video",), file=Media.CLIP, wire=None)] = False
    audio: Annotated[bool, Option(file=Media.SOUND, wire=None)] = False
    text: Annotated[str, Option(longest=limits.TEXT_CHARACTERS_MAX, wire=None, on_card=False)] = ""
    """Words that are spoken instead of a sound; the card quotes them."""
    voice: Voice = None
    speed: Speed = None
    start_s: Annotated[float | None, Option(least=0.0, wire=None)] = None
    end_s: Annotated[float | None, Option(least=0.0, wire=None)] = None
    insert_s: Annotated[float | None, Option(least=0.0, wire=None)] = None
    volume: Annotated[
        float | None, Option(least=0.0, most=limits.VOLUME_MAX, wire=Wire("sound_volume"))
    ] = None
    original_volume: Annotated[
        float | None,
        Option(least=0.0, most=limits.VOLUME_MAX, wire=Wire("original_audio_volume")),
    ] = None
    video_id: str = ""
    """Kling's id of the clip, where an earlier job knows it: then no address is needed."""
    video_s: float | None = None
    """How long the video is, where Kling or its header says so: its price goes by that. The audio
    must end inside it, so no part of the audio that is used is longer."""
    model: str = "advanced-lip-sync"

    kind = Kind.LIPSYNC
    shortest_s = limits.SOUND_MIN_S
    longest_s = limits.CLIP_MAX_S

    @property
    def prompt(self) -> str:
        """What the card quotes."""
        return self.text

    @property
    def route(self) -> Route:
        """The current lip-sync route (since 2025-09-15)."""
        return Route.LIP_SYNC

    @property
    def charged_s(self) -> float:
        """How many seconds Kling charges for at most; of an unknown video, the longest it takes."""
        known_s = self.longest_s if self.video_s is None else self.video_s - SHORTER_S
        return min(self.longest_s, max(0.0, known_s))

    @property
    def slots(self) -> int:
        """A video takes one slot."""
        return 1
