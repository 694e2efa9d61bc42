"""Reads videos: their properties and a picture of them. By path: a video is never whole in memory.

Runs in a media worker.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from bot.errors import MediaRefused
from bot.media.container import decoded, open_track
from bot.media.screen import Screen

POSTER_SEARCH_S = 3.0
POSTER_SIDE_MAX_PX = 1280
POSTER_QUALITY = 85
TELLING_DEVIATION = 12.0  # of the luma, 0-127; below it a frame is black, white or a fade
SAMPLE_PX = 64

CODEC_THREADS = 2
UNREADABLE = "clip_unreadable"


@dataclass(frozen=True, slots=True)
class Clip:
    """Properties of a video: sides in pixels as shown, length in seconds, FFmpeg's `codec`."""

    width: int
    height: int
    duration_s: float
    codec: str
    size_bytes: int
    has_sound: bool
    is_plain: bool = True
    """Whether a plain screen shows it as it is: no HDR, no wide colours."""


def probe(path: Path) -> Clip:
    """The properties of the video at `path`; decoding its first frame proves that it is one.

    Raises MediaRefused(`clip_unreadable`).
    """
    has_sound = sound_of(path) is not None
    with opened(path) as (container, stream):
        frame = next(frames_of(container, stream), None)
        duration_s = _duration_s(container, stream)
        if frame is None or duration_s <= 0:
            raise MediaRefused("clip_unreadable")
        screen = Screen(stream)
        width, height = screen.size(frame)
        return Clip(
            width=width,
            height=height,
            duration_s=duration_s,
            codec=stream.codec_context.name,
            size_bytes=path.stat().st_size,
            has_sound=has_sound,
            is_plain=screen.is_plain(frame),
        )


def poster(path: Path) -> bytes:
    """A JPEG of the first frame that shows something, at most `POSTER_SIDE_MAX_PX` wide or high.

    Raises MediaRefused(`clip_unreadable`).
    """
    with opened(path) as (container, stream):
        best, best_deviation = None, -1.0
        for frame in frames_of(container, stream):
            sample = _image(frame.reformat(SAMPLE_PX, SAMPLE_PX, "gray"))
            deviation = ImageStat.Stat(sample).stddev[0]
            if deviation > best_deviation:
                best, best_deviation = frame, deviation
            if deviation >= TELLING_DEVIATION or (frame.time or 0.0) > POSTER_SEARCH_S:
                break
        if best is None:
            raise MediaRefused("clip_unreadable")
        screen = Screen(stream)
        sides = screen.size(best)
        scale = min(1.0, POSTER_SIDE_MAX_PX / max(sides))
        width, height = (max(1, round(side * scale)) for side in sides)
        out = io.BytesIO()
        _image(screen.show(best, width, height, "rgb24")).save(out, "JPEG", quality=POSTER_QUALITY)
        return out.getvalue()


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and the video track that is shown; codec exceptions become one refusal."""
    with open_track(path, UNREADABLE, lambda file: file.streams.video) as (container, stream):
        stream.codec_context.thread_count = CODEC_THREADS
        yield container, stream


def sound_of(path: Path) -> int | None:
    """The index of the audio track that is heard, or None."""
    try:
        with opened_sound(path) as (_, track):
            return track.index
    except MediaRefused:
        return None


@contextmanager
def opened_sound(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    """The container and the audio track that is heard; raises as `opened` does."""
    with open_track(path, UNREADABLE, lambda file: file.streams.audio) as opened_track:
        yield opened_track


def frames_of(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The frames of the track; damaged parts are left out."""
    for packet in container.demux(stream):
        for frame in decoded(packet):
            if isinstance(frame, VideoFrame):
                yield frame


def _duration_s(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _image(frame: VideoFrame) -> Image.Image:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call] # PyAV leaves it untyped
    return image
