"""Videos whose frames are numbered, so that it can be counted which of them a joined one shows.

A number is written into a frame as twelve squares, black or white, so every encoder keeps it.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from tests.harness.media.deep_pictures import as_scheduled_before
from tests.harness.media.samples import RATE_HZ, RATES_HZ, sound_frame

BITS = 12
PER_ROW = 4
HALF = 128
MS = Fraction(1, 1000)


@dataclass(frozen=True)
class Made:
    """How a video is encoded. `steps` are the milliseconds from each frame to the next, in turn."""

    codec: str = "libx264"
    container: str = "mp4"
    rate: Fraction = Fraction(24)
    steps: tuple[int, ...] = ()
    size: tuple[int, int] = (320, 240)
    sound: str = ""
    """FFmpeg's encoder; empty: it is silent."""
    sounds_for: Fraction = Fraction(1)
    """How much of it has sound, from the beginning."""
    layout: str = "mono"
    options: tuple[tuple[str, str], ...] = ()

    def times(self, frames: int) -> list[Fraction]:
        """When each frame is shown, and when the last is over."""
        if not self.steps:
            return [number / self.rate for number in range(frames + 1)]
        times = [Fraction(0)]
        for number in range(frames):
            times.append(times[-1] + self.steps[number % len(self.steps)] * MS)
        return times


def numbered(number: int, size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, "gray")
    draw = ImageDraw.Draw(image)
    across, down = size[0] / PER_ROW, size[1] / (BITS / PER_ROW)
    for bit in range(BITS):
        left, top = bit % PER_ROW * across, bit // PER_ROW * down
        fill = "white" if number >> bit & 1 else "black"
        draw.rectangle((left + 2, top + 2, left + across - 3, top + down - 3), fill=fill)
    return image


def number_in(image: Image.Image) -> int:
    """The number that is written into a picture; raises AssertionError if none can be read."""
    grey, found = image.convert("L"), 0
    across, down = image.width / PER_ROW, image.height / (BITS / PER_ROW)
    for bit in range(BITS):
        at = (bit % PER_ROW + 0.5) * across, (bit // PER_ROW + 0.5) * down
        left, top = int(at[0]), int(at[1])
        value = grey.crop((left, top, left + 1, top + 1)).tobytes()[0]
        assert not HALF - 60 < value < HALF + 60, f"bit {bit} is {value}"
        found |= (value >= HALF) << bit
    return found


def video(path: Path, made: Made, numbers: Sequence[int]) -> Path:
    """A video of these frames; its sound, if any, is 440 Hz and as long."""
    times = made.times(len(numbers))
    unit = MS if made.steps else 1 / made.rate
    with as_scheduled_before(), av.open(str(path), "w", format=made.container) as file:
        stream = file.add_stream(made.codec, rate=made.rate, options=dict(made.options))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *made.size, "yuv420p"
        stream.codec_context.time_base = unit
        tone = _tone(file, made) if made.sound else None
        for number, at in zip(numbers, times, strict=False):
            frame = av.VideoFrame.from_image(numbered(number, made.size))  # type: ignore[no-untyped-call] # PyAV
            frame.pts, frame.time_base = round(at / unit), unit
            for packet in stream.encode(frame):
                packet.duration = _lasts(times, packet.pts, unit)
                file.mux(packet)
        for packet in stream.encode(None):
            packet.duration = _lasts(times, packet.pts, unit)
            file.mux(packet)
        if tone is not None:
            for at_sample in range(0, round(times[-1] * made.sounds_for * RATE_HZ), 1024):
                file.mux(tone.encode(sound_frame(1024, at_sample, layout=made.layout)))
            file.mux(tone.encode(None))
    return path


def _tone(file: OutputContainer, made: Made) -> AudioStream:
    stream = file.add_stream(made.sound, rate=RATES_HZ.get(made.sound, RATE_HZ))
    assert isinstance(stream, AudioStream)
    stream.layout = made.layout
    return stream


def _lasts(times: Sequence[Fraction], pts: int | None, unit: Fraction) -> int:
    at = times.index((pts or 0) * unit)
    return round((times[at + 1] - times[at]) / unit)


@dataclass(frozen=True)
class Seen:
    """What a player makes of a file."""

    numbers: list[int]
    times: list[float]
    size: tuple[int, int]
    ends: float
    """When the last frame is over, in seconds."""
    sound_s: float
    """How long its sound is; 0: it has none."""


def seen(path: Path, read: Callable[[Image.Image], int] = number_in) -> Seen:
    """Decode all of a file."""
    numbers, times, size = [], [], (0, 0)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        for frame in file.decode(stream):
            image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call] # PyAV
            numbers.append(read(image))
            times.append(frame.time or 0.0)
            size = image.size
        assert stream.time_base is not None
        ends = float((stream.duration or 0) * stream.time_base)
    return Seen(numbers, times, size, ends, len(loudness(path)) / 100)


def heard_in(path: Path) -> "array[int]":
    """Every sample of a file's sound, of the first channel; none if it has none."""
    samples = array("h")
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return samples
        resampler = av.AudioResampler("s16", "mono", RATE_HZ)
        for frame in file.decode(audio=0):
            for mono in resampler.resample(frame):
                samples.frombytes(bytes(mono.planes[0])[: mono.samples * 2])
    return samples


def largest_jump(samples: Sequence[int]) -> int:
    """The largest step from one sample to the next: a click is one that stands out."""
    return max(abs(after - before) for before, after in pairwise(samples))


def loudness(path: Path) -> list[int]:
    """The loudest sample of each hundredth of a second, of the first channel."""
    samples = heard_in(path)
    step = RATE_HZ // 100
    return [
        max(abs(sample) for sample in samples[at : at + step])
        for at in range(0, len(samples) - step + 1, step)
    ]
