"""One of several videos that become one: when each of its frames is shown, and how it looks.

Runs in a media worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from bot.errors import MediaRefused
from bot.media.screen import Colours, Screen
from bot.media.video import UNREADABLE, frames_of, opened, opened_sound

FRAMES_PER_S_DEFAULT = 30
LAST_FRAME_MAX_S = 5  # what is said to be longer is damage


@dataclass(frozen=True, slots=True)
class Piece:
    """What has to be known of a video before it is joined to others. Times are seconds."""

    path: Path
    times: tuple[Fraction, ...]
    """When each of its frames is shown, from the first that counts on, in the file's own count."""
    ends: Fraction
    """When the last of them is over."""
    zero: Fraction
    """Where in that count a player begins: what is heard is counted from there."""
    width: int
    height: int
    """Sides as shown, in pixels."""
    colours: Colours
    is_plain: bool
    frames_per_s: Fraction
    channels: int
    """Of its sound; 0: it has none."""

    @property
    def begins(self) -> Fraction:
        """When the first of its frames is shown that counts."""
        return self.times[0]

    @property
    def lasts(self) -> Fraction:
        """How long those are shown."""
        return self.ends - self.begins


def read_piece(path: Path, *, follows: bool) -> Piece:
    """Return the video at `path`; if it `follows` another, its first frame does not count.

    That frame is the other's last: it was made from it, and would be seen twice. Raises
    MediaRefused(`clip_unreadable`), also for a follower of a single frame.
    """
    channels = _channels(path)
    with opened(path) as (container, stream):
        times, ends = _times(container, stream)
    times = times[1:] if follows else times
    with opened(path) as (container, stream):
        frame = next(frames_of(container, stream), None)
        if frame is None or not times:
            raise MediaRefused(UNREADABLE)
        screen = Screen(stream)
        width, height = screen.size(frame)
        return Piece(
            path=path,
            times=times,
            ends=ends,
            zero=Fraction(container.start_time or 0, av.time_base),
            width=width,
            height=height,
            colours=screen.colours(frame),
            is_plain=screen.is_plain(frame),
            frames_per_s=stream.average_rate or Fraction(FRAMES_PER_S_DEFAULT),
            channels=channels,
        )


def _times(container: InputContainer, stream: VideoStream) -> tuple[tuple[Fraction, ...], Fraction]:
    """Return when the frames are shown, and when the last is over, without decoding them.

    What an edit list cuts away is marked as discarded, and no decoder shows it.
    """
    unit = stream.time_base or Fraction(1)
    ticks = {
        packet.pts: packet.duration or 0
        for packet in container.demux(stream)
        if packet.pts is not None and packet.size and not packet.is_discard
    }
    shown = sorted(ticks)
    if not shown:
        return (), Fraction(0)
    times = tuple(tick * unit for tick in shown)
    return times, times[-1] + _last_s(stream, times, ticks[shown[-1]] * unit)


def _last_s(stream: VideoStream, times: Sequence[Fraction], said: Fraction) -> Fraction:
    """Return how long the last frame is shown: as long as its track lasts, else as it says.

    A frame's own statement is right only in a track without B-frames: MP4 states how far frames are
    apart in the order in which they are decoded.
    """
    if stream.duration and stream.time_base:
        begins = stream.start_time or 0
        left = (begins + stream.duration) * stream.time_base - times[-1]
        if 0 < left <= LAST_FRAME_MAX_S:
            return left
    usual = 1 / (stream.average_rate or Fraction(FRAMES_PER_S_DEFAULT))
    return said if 0 < said <= LAST_FRAME_MAX_S else usual


def _channels(path: Path) -> int:
    try:
        with opened_sound(path) as (_, track):
            return track.codec_context.channels
    except MediaRefused:
        return 0
