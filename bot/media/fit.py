"""Makes videos small enough to post. By path: a video is never whole in memory.

Runs in a media worker. Its output plays inside Discord on every client: MP4 with its index in
front, H.264 High in yuv420p, AAC, upright and in square pixels.
"""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from bot.media.mp4 import AUDIO_FRAME_SAMPLES, AUDIO_RATE_HZ, Packet, even, open_mp4, time_s
from bot.media.screen import Screen
from bot.media.timeline import Form, sounding
from bot.media.video import CODEC_THREADS, Clip, frames_of, opened, opened_sound, probe, sound_of

REMUXABLE_CODECS = frozenset({"h264", "hevc", "av1"})
SHORT_SIDES_PX = (1080, 720, 480, 360, 240)
TABLE_SIDE_MAX_PX = 1080  # colours through a table take 16 bytes a pixel more of a worker's memory
BITS_PER_PIXEL_MIN = 0.04  # below it, fewer pixels look better than coarser ones
VIDEO_BITS_PER_S_MIN = 24_000
AUDIO_BITS_PER_S_MAX = 96_000
AUDIO_BITS_PER_S_MIN = 24_000
AUDIO_SHARE = 0.15
BUDGET_SHARE = 0.96  # the rest is for the container and an inexact rate control
CORRECTION = 0.93
ENCODES_MAX = 4
FRAMES_PER_S_DEFAULT = 30
BITS_PER_BYTE = 8


@dataclass(frozen=True, slots=True)
class _Rung:
    """One way to encode a video: its size in pixels and its bit budget."""

    width: int
    height: int
    video_bits_per_s: int
    audio_bits_per_s: int


class _TooLargeError(Exception):
    """The output has exceeded the limit."""


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
    sound = sound_of(path)
    with opened(path) as (container, video):
        if video.codec_context.name not in REMUXABLE_CODECS:
            return False
        kept = _kept(container, video, sound)
        if sum(packet.size for packet in container.demux(*kept)) >= limit_bytes:
            return False
    try:
        with opened(path) as (container, video), open_mp4(out_path) as out:
            kept = _kept(container, video, sound)
            targets = {stream.index: out.add_stream_from_template(stream) for stream in kept}
            for packet in _ordered(container.demux(*kept)):
                packet.stream = targets[packet.stream.index]
                out.mux(packet)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, MemoryError):
            raise
        return False  # a codec that MP4 does not support, or timestamps that do not rise
    return out_path.stat().st_size <= limit_bytes


def _ordered(packets: Iterable[Any]) -> Iterator[Any]:
    """The packets with a time to decode each: Matroska has none for the first few.

    Those wait for the first time that their track has, and count back from it.
    """
    waiting: dict[int, list[Any]] = {}
    for packet in packets:
        if not packet.size:  # the flush at the end of a track
            continue
        early = waiting.setdefault(packet.stream.index, [])
        if packet.dts is None:
            early.append(packet)
            continue
        for place, late in enumerate(early):
            late.dts = packet.dts - (len(early) - place) * (late.duration or 1)
        yield from early
        early.clear()
        yield packet


def _kept(
    container: InputContainer, video: VideoStream, sound: int | None
) -> list[VideoStream | AudioStream]:
    return [video, *(track for track in container.streams.audio if track.index == sound)]


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
    widest = shorter if clip.is_plain else min(shorter, TABLE_SIDE_MAX_PX)
    width = height = 0
    for side in (widest, *(side for side in SHORT_SIDES_PX if side < widest)):
        width, height = (even(length * side / shorter) for length in (clip.width, clip.height))
        if video >= width * height * FRAMES_PER_S_DEFAULT * BITS_PER_PIXEL_MIN:
            break
    return _Rung(width, height, video, audio)


def _encode_once(path: Path, out_path: Path, rung: _Rung, limit_bytes: int) -> None:
    """Write the video as `rung` says; stops with `_TooLargeError` once it can no longer fit."""
    with ExitStack() as stack:
        container, video = stack.enter_context(opened(path))
        out = stack.enter_context(open_mp4(out_path))
        zero_s = (container.start_time or 0) / av.time_base
        picture = _picture(out, video, rung)
        tracks = [_pictures(container, video, picture, rung, zero_s)]
        if rung.audio_bits_per_s:
            tracks.append(_sounds(stack, path, out, rung, zero_s))
        written = 0
        for packet in heapq.merge(*tracks, key=time_s):
            written += packet.size
            if written > limit_bytes:
                raise _TooLargeError
            out.mux(packet)


def _picture(out: OutputContainer, video: VideoStream, rung: _Rung) -> VideoStream:
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
    return picture


def _pictures(
    container: InputContainer, video: VideoStream, picture: VideoStream, rung: _Rung, zero_s: float
) -> Iterator[Packet]:
    """Packets of the new video track. Its first frame says what its colours mean."""
    screen, encoder = Screen(video), picture.codec_context
    zero = round(Fraction(zero_s) / encoder.time_base) if encoder.time_base else 0
    for frame in frames_of(container, video):
        shown = screen.show(frame, rung.width, rung.height, "yuv420p")
        if not encoder.is_open:
            colours = screen.colours(frame)
            encoder.color_primaries = colours.primaries
            encoder.color_trc = colours.transfer
            encoder.colorspace = colours.matrix
            encoder.color_range = ColorRange.MPEG
        if shown.pts is not None:
            shown.pts -= zero
        yield from picture.encode(shown)
    yield from picture.encode(None)


def _sounds(
    stack: ExitStack, path: Path, out: OutputContainer, rung: _Rung, zero_s: float
) -> Iterator[Packet]:
    """Announce the new audio track at once; its packets come later."""
    container, track = stack.enter_context(opened_sound(path))
    layout = "mono" if track.codec_context.channels == 1 else "stereo"
    sound = out.add_stream("aac", rate=AUDIO_RATE_HZ, layout=layout)
    sound.bit_rate = rung.audio_bits_per_s
    form = Form("fltp", layout, AUDIO_RATE_HZ, AUDIO_FRAME_SAMPLES)

    def packets() -> Iterator[Packet]:
        samples = 0
        for frame in sounding(container, track, form, zero_s):
            frame.pts, frame.time_base = samples, Fraction(1, AUDIO_RATE_HZ)
            samples += frame.samples
            yield from sound.encode(frame)
        yield from sound.encode(None)

    return packets()
