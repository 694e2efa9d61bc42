"""Turns any audio that a member attached into an MP3 that Kling accepts. Runs in a worker."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from bot.domain.limits import SOUND_MIN_S
from bot.errors import MediaRefused
from bot.media import kinds
from bot.media.container import decoded, first_playable, open_container
from bot.media.sound_kinds import find_sound

# Kling's API documentation, 2026: lip-sync audio is mp3, wav or m4a of 2-60 s and at most 5 MB. In
# practice valid m4a and aac were refused, MP3 never.
SOUND_MAX_S = 60.0
SOUND_MAX_BYTES = 5_000_000

RATE_HZ = 44_100
FRAME_SAMPLES = 1152  # one MP3 frame
PADDING_FRAMES = 4  # the encoder's delay counts too if a reader adds up frames
BITS_PER_S = {"mono": 128_000, "stereo": 192_000}  # 60 s are at most 1.5 MB

Change = Literal["converted", "trimmed"]


@dataclass(frozen=True, slots=True)
class Sound:
    """An MP3 within Kling's limits, without metadata.

    `changed` says what the member should know: `converted` from another format, `trimmed` to the
    first `SOUND_MAX_S` seconds.
    """

    data: bytes
    duration_s: float
    changed: tuple[Change, ...]


def prepare_sound(data: bytes) -> Sound:
    """The first audio track in `data`, from any common audio or video format, as Kling accepts it.

    Raises MediaRefused: `sound_unreadable`, `sound_too_short` (seconds, min).
    """
    try:
        with open_container(data, "sound_unreadable") as container:
            mp3, samples, trimmed = _encode(container)
    except (av.FFmpegError, ValueError, ArithmeticError) as error:
        if isinstance(error, MemoryError):
            raise
        raise MediaRefused("sound_unreadable") from error
    duration_s = samples / RATE_HZ
    if samples == 0 or len(mp3) > SOUND_MAX_BYTES:
        raise MediaRefused("sound_unreadable")
    if duration_s < SOUND_MIN_S:
        raise MediaRefused("sound_too_short", seconds=round(duration_s, 2), min=SOUND_MIN_S)
    changes: dict[Change, bool] = {
        "converted": find_sound(data)[0] is not kinds.MP3,
        "trimmed": trimmed,
    }
    return Sound(mp3, duration_s, tuple(name for name, happened in changes.items() if happened))


def _encode(container: InputContainer) -> tuple[bytes, int, bool]:
    """The MP3, how many samples it has, and whether the source continued after them."""
    source = first_playable(container.streams.audio)
    if source is None:
        raise MediaRefused("sound_unreadable")
    layout = "mono" if source.codec_context.channels == 1 else "stereo"
    frames_max = int(SOUND_MAX_S * RATE_HZ) // FRAME_SAMPLES - PADDING_FRAMES
    frames = samples = 0
    trimmed = False
    out = io.BytesIO()
    with av.open(out, "w", format="mp3", options={"write_xing": "1"}) as mp3:
        target = mp3.add_stream("libmp3lame", rate=RATE_HZ)
        target.layout = layout
        target.format = "s16p"
        target.bit_rate = BITS_PER_S[layout]
        for frame in _resampled(container, source, layout):
            if frames == frames_max:
                trimmed = True
                break
            frame.pts, frame.time_base = samples, Fraction(1, RATE_HZ)
            mp3.mux(target.encode(frame))
            frames += 1
            samples += frame.samples
        if samples:
            mp3.mux(target.encode(None))
    return out.getvalue(), samples, trimmed


def _resampled(container: InputContainer, source: AudioStream, layout: str) -> Iterator[AudioFrame]:
    """The audio as MP3 frames; damaged parts are left out."""
    resampler = AudioResampler("s16p", layout, RATE_HZ, frame_size=FRAME_SAMPLES)
    for frame in _decoded(container, source):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _decoded(container: InputContainer, source: AudioStream) -> Iterator[AudioFrame]:
    for packet in container.demux(source):
        for frame in decoded(packet):
            if isinstance(frame, AudioFrame):
                frame.pts = None  # gaps between packets are closed
                yield frame
