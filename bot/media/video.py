"""Reads videos and makes them small enough to post. By path: a video is never whole in memory.

Runs in a media worker. Its output plays inside Discord on every client: MP4 with its index in
front, H.264 High in yuv420p, AAC.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from bot.errors import MediaRefused
from bot.media.container import decoded, in_order, open_container

POSTER_SEARCH_S = 3.0
POSTER_SIDE_MAX_PX = 1280
POSTER_QUALITY = 85
TELLING_DEVIATION = 12.0  # of the luma, 0-127; below it a frame is black, white or a fade
SAMPLE_PX = 64

MP4_OPTIONS = {"movflags": "+faststart"}
REMUXABLE_CODECS = frozenset({"h264", "hevc", "av1"})
SHORT_SIDES_PX = (1080, 720, 480, 360, 240)
BITS_PER_PIXEL_MIN = 0.04  # below it, fewer pixels look better than coarser ones
VIDEO_BITS_PER_S_MIN = 24_000
AUDIO_BITS_PER_S_MAX = 96_000
AUDIO_BITS_PER_S_MIN = 24_000
AUDIO_SHARE = 0.15
AUDIO_RATE_HZ = 48_000
BUDGET_SHARE = 0.96  # the rest is for the container and an inexact rate control
CORRECTION = 0.93
ENCODES_MAX = 4
CODEC_THREADS = 2
FRAMES_PER_S_DEFAULT = 30
BITS_PER_BYTE = 8


@dataclass(frozen=True, slots=True)
class Clip:
    """Properties of a video: sides in pixels, length in seconds, `codec` as FFmpeg names it."""

    width: int
    height: int
    duration_s: float
    codec: str
    size_bytes: int
    has_sound: bool


@dataclass(frozen=True, slots=True)
class _Rung:
    """One way to encode a video: its size in pixels and its bit budget."""

    width: int
    height: int
    video_bits_per_s: int
    audio_bits_per_s: int


class _TooLargeError(Exception):
    """The output has exceeded the limit."""


def probe(path: Path) -> Clip:
    """The properties of the video at `path`; decoding its first frame proves that it is one.

    Raises MediaRefused(`clip_unreadable`).
    """
    with _opened(path) as (container, stream):
        frame = next(_frames(container, stream), None)
        duration_s = _duration_s(container, stream)
        if frame is None or duration_s <= 0:
            raise MediaRefused("clip_unreadable")
        return Clip(
            width=frame.width,
            height=frame.height,
            duration_s=duration_s,
            codec=stream.codec_context.name,
            size_bytes=path.stat().st_size,
            has_sound=next(iter(in_order(container.streams.audio)), None) is not None,
        )


def poster(path: Path) -> bytes:
    """A JPEG of the first frame that shows something, at most `POSTER_SIDE_MAX_PX` wide or high.

    Raises MediaRefused(`clip_unreadable`).
    """
    with _opened(path) as (container, stream):
        best, best_deviation = None, -1.0
        for frame in _frames(container, stream):
            sample = _image(frame.reformat(SAMPLE_PX, SAMPLE_PX, "gray"))
            deviation = ImageStat.Stat(sample).stddev[0]
            if deviation > best_deviation:
                best, best_deviation = frame, deviation
            if deviation >= TELLING_DEVIATION or (frame.time or 0.0) > POSTER_SEARCH_S:
                break
        if best is None:
            raise MediaRefused("clip_unreadable")
        image = _image(best)
        image.thumbnail((POSTER_SIDE_MAX_PX, POSTER_SIDE_MAX_PX))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=POSTER_QUALITY)
        return out.getvalue()


def fit(path: Path, out_dir: Path, limit_bytes: int) -> Path | None:
    """A playable file of the video at `path`, at most `limit_bytes`; None if that is impossible.

    The first that fits of: the file as it is (`path` itself), its audio and video without other
    tracks, an encode within the bit budget, encodes with fewer pixels. Writes into `out_dir`.
    Raises MediaRefused(`clip_unreadable`).
    """
    if path.stat().st_size <= limit_bytes:
        return path
    out_path = out_dir / f"{path.stem}.fit.mp4"
    clip = probe(path)
    try:
        fitted = _remux(path, out_path, limit_bytes) or _encode(clip, path, out_path, limit_bytes)
    except BaseException:
        out_path.unlink(missing_ok=True)
        raise
    if not fitted:
        out_path.unlink(missing_ok=True)
    return out_path if fitted else None


def _remux(path: Path, out_path: Path, limit_bytes: int) -> bool:
    """Copy audio and video; counted first, so that nothing is written that cannot fit."""
    with _opened(path) as (container, video):
        if video.codec_context.name not in REMUXABLE_CODECS:
            return False
        kept = (video, *container.streams.audio[:1])
        if sum(packet.size for packet in container.demux(*kept)) >= limit_bytes:
            return False
    try:
        with _opened(path) as (container, video), _mp4(out_path) as out:
            kept = (video, *container.streams.audio[:1])
            targets = {stream.index: out.add_stream_from_template(stream) for stream in kept}
            for packet in container.demux(*kept):
                if packet.dts is not None:  # the flush at the end of a stream has none
                    packet.stream = targets[packet.stream.index]
                    out.mux(packet)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, MemoryError):
            raise
        return False  # a codec that MP4 does not support, or timestamps that do not rise
    return out_path.stat().st_size <= limit_bytes


def _encode(clip: Clip, path: Path, out_path: Path, limit_bytes: int) -> bool:
    """Try the rungs from the top; a rung that comes out too large is retried with fewer bits."""
    share, encodes = BUDGET_SHARE, 0
    while encodes < ENCODES_MAX:
        rung = _rung(clip, int(limit_bytes * share))
        if rung is None:
            return False
        encodes += 1
        try:
            _encode_once(path, out_path, rung, limit_bytes)
        except _TooLargeError:
            share *= CORRECTION * CORRECTION
            continue
        size_bytes = out_path.stat().st_size
        if size_bytes <= limit_bytes:
            return True
        share *= CORRECTION * limit_bytes / size_bytes
    return False


def _rung(clip: Clip, budget_bytes: int) -> _Rung | None:
    """The most pixels that the budget can encode decently, or None if there are none."""
    bits_per_s = budget_bytes * BITS_PER_BYTE / clip.duration_s
    audio = 0
    if clip.has_sound:
        audio = int(min(AUDIO_BITS_PER_S_MAX, max(AUDIO_BITS_PER_S_MIN, bits_per_s * AUDIO_SHARE)))
    video = int(bits_per_s) - audio
    if video < VIDEO_BITS_PER_S_MIN:
        return None
    shorter = min(clip.width, clip.height)
    width = height = 0
    for side in (shorter, *(side for side in SHORT_SIDES_PX if side < shorter)):
        width, height = (_even(length * side / shorter) for length in (clip.width, clip.height))
        if video >= width * height * FRAMES_PER_S_DEFAULT * BITS_PER_PIXEL_MIN:
            break
    return _Rung(width, height, video, audio)


def _encode_once(path: Path, out_path: Path, rung: _Rung, limit_bytes: int) -> None:
    """Write the video as `rung` says; stops with `_TooLargeError` once it can no longer fit."""
    with _opened(path) as (container, video), _mp4(out_path) as out:
        audio = (
            next(iter(in_order(container.streams.audio)), None) if rung.audio_bits_per_s else None
        )
        picture = out.add_stream("libx264", rate=video.average_rate or FRAMES_PER_S_DEFAULT)
        picture.width, picture.height, picture.pix_fmt = rung.width, rung.height, "yuv420p"
        picture.bit_rate = rung.video_bits_per_s
        picture.codec_context.time_base = video.time_base or Fraction(1, FRAMES_PER_S_DEFAULT)
        picture.codec_context.thread_count = CODEC_THREADS
        picture.options = {
            "preset": "veryfast",
            "profile": "high",
            "maxrate": str(rung.video_bits_per_s * 3 // 2),
            "bufsize": str(rung.video_bits_per_s),  # one second, so that short videos keep to it
        }
        sound = None
        if audio is not None:
            sound = out.add_stream("aac", rate=AUDIO_RATE_HZ)
            sound.layout = "mono" if audio.codec_context.channels == 1 else "stereo"
            sound.bit_rate = rung.audio_bits_per_s
        written = 0
        for packet in _encoded(container, (video, picture), (audio, sound), rung):
            written += packet.size
            if written > limit_bytes:
                raise _TooLargeError
            out.mux(packet)


def _encoded(
    container: InputContainer,
    pictures: tuple[VideoStream, VideoStream],
    sounds: tuple[AudioStream | None, AudioStream | None],
    rung: _Rung,
) -> Iterator["av.Packet[VideoStream] | av.Packet[AudioStream]"]:
    """Packets of both new streams, decoded and encoded as they arrive."""
    (video, picture), (audio, sound) = pictures, sounds
    for packet in container.demux(*(stream for stream in (video, audio) if stream is not None)):
        for frame in decoded(packet):
            if isinstance(frame, VideoFrame):
                yield from picture.encode(frame.reformat(rung.width, rung.height, "yuv420p"))
            elif isinstance(frame, AudioFrame) and sound is not None:
                yield from sound.encode(frame)
    yield from picture.encode(None)
    if sound is not None:
        yield from sound.encode(None)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its first video stream; codec exceptions become one refusal."""
    try:
        with open_container(path, "clip_unreadable") as container:
            stream = next(iter(in_order(container.streams.video)), None)
            if stream is None:
                raise MediaRefused("clip_unreadable")
            stream.codec_context.thread_count = CODEC_THREADS
            yield container, stream
    except (av.FFmpegError, ValueError, ArithmeticError) as error:
        if isinstance(error, MemoryError | OSError):
            raise
        raise MediaRefused("clip_unreadable") from error


def _mp4(path: Path) -> OutputContainer:
    return av.open(str(path.absolute()), "w", format="mp4", options=MP4_OPTIONS)


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
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


def _even(length: float) -> int:
    """H.264 in yuv420p needs even sides."""
    return max(2, round(length / 2) * 2)
