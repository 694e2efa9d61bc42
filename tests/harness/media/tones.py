"""Sound made of tones, one for each channel, and what is heard of it, measured by hand."""

import functools
import io
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

AMPLITUDE = 0.3
RMS = AMPLITUDE / math.sqrt(2)
SILENT_RMS = 0.02
STEP_S = 0.02
LAYOUTS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class Tones:
    """A recording: hertz for each channel (0: silent), and what its times leave out."""

    hertz: Sequence[int] = (440,)
    seconds: float = 3.0
    rate_hz: int = 48_000
    layout: str = ""
    starts_s: float = 0.0
    hole_s: tuple[float, float] = (0.0, 0.0)


@functools.cache
def _second(hertz: int, rate_hz: int) -> "array[float]":
    turn = 2 * math.pi * hertz / rate_hz
    return array("f", (math.sin(turn * n) for n in range(rate_hz)))


def tone_frame(tones: Tones, samples: int, at: int, amplitude: float = AMPLITUDE) -> av.AudioFrame:
    layout = tones.layout or LAYOUTS[len(tones.hertz)]
    frame = av.AudioFrame(format="flt", layout=layout, samples=samples)
    frame.sample_rate = tones.rate_hz
    frame.time_base = Fraction(1, tones.rate_hz)
    channels = len(tones.hertz)
    wave = array("f", bytes(4 * samples * channels))
    for place, hertz in enumerate(tones.hertz):
        second = _second(hertz, tones.rate_hz)  # after one, a tone of whole hertz begins again
        began = at % tones.rate_hz
        wave[place::channels] = (second + second)[began : began + samples]
    if amplitude != 1:
        wave = array("f", [amplitude * sample for sample in wave])
    frame.planes[0].update(wave.tobytes())
    frame.pts = at + round(tones.starts_s * tones.rate_hz)
    return frame


def add_tones(file: OutputContainer, codec: str, tones: Tones) -> AudioStream:
    """Announce a track; `play` fills it."""
    layout = tones.layout or LAYOUTS[len(tones.hertz)]
    stream = file.add_stream(codec, rate=tones.rate_hz, layout=layout)
    assert isinstance(stream, AudioStream)
    stream.bit_rate = 64_000 * len(tones.hertz)
    stream.codec_context.time_base = Fraction(1, tones.rate_hz)
    return stream


def play(file: OutputContainer, stream: AudioStream, tones: Tones) -> None:
    hole, step = tones.hole_s, 1024
    for at in range(0, round(tones.seconds * tones.rate_hz), step):
        if not hole[0] <= at / tones.rate_hz < hole[1]:
            frame = tone_frame(tones, step, at)
            file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def recorded(container: str, codec: str, tones: Tones, *, beside_a_video: bool = False) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        film = file.add_stream("libx264", rate=25) if beside_a_video else None
        stream = add_tones(file, codec, tones)
        if isinstance(film, VideoStream):
            film.width, film.height, film.pix_fmt = 64, 64, "yuv420p"
            for at in range(50):
                frame = av.VideoFrame(64, 64, "yuv420p")
                frame.pts = at
                file.mux(film.encode(frame))
            file.mux(film.encode(None))
        play(file, stream, tones)
    return out.getvalue()


@dataclass(frozen=True)
class Heard:
    """What a decoder hears: samples from -1 to 1 for each channel."""

    rate_hz: int
    channels: list[list[float]]

    @property
    def seconds(self) -> float:
        return len(self.channels[0]) / self.rate_hz

    def part(self, channel: int, start_s: float, end_s: float) -> list[float]:
        return self.channels[channel][int(start_s * self.rate_hz) : int(end_s * self.rate_hz)]

    def level(self, channel: int, start_s: float = 0.5, end_s: float = 1.5) -> float:
        """The loudness of a part, 1.0 for the tone as it was made."""
        return rms(self.part(channel, start_s, end_s)) / RMS

    def level_of(self, channel: int, hertz: int) -> float:
        """How much of one tone is in a channel's second from 0.5 on (a single Fourier term)."""
        turn = 2 * math.pi * hertz / self.rate_hz
        part = self.part(channel, 0.5, 1.5)
        real = sum(sample * math.cos(turn * n) for n, sample in enumerate(part))
        imaginary = sum(sample * math.sin(turn * n) for n, sample in enumerate(part))
        return 2 * math.hypot(real, imaginary) / len(part) / AMPLITUDE

    def pitch_hz(self, channel: int, start_s: float, end_s: float) -> float:
        part = self.part(channel, start_s, end_s)
        return sum(a < 0 <= b for a, b in pairwise(part)) / (end_s - start_s)

    def sounding(self, channel: int = 0) -> list[tuple[float, float]]:
        """From when to when it is not silent, in steps of 20 ms."""
        step = round(STEP_S * self.rate_hz)
        wave = [*self.channels[channel], *[0.0] * 2 * step]
        parts, began = [], -1
        for place, at in enumerate(range(0, len(wave) - step + 1, step)):
            loud = rms(wave[at : at + step]) > SILENT_RMS
            if loud and began < 0:
                began = place
            elif not loud and began >= 0:
                parts.append((began * STEP_S, place * STEP_S))
                began = -1
        return parts


def rms(wave: Sequence[float]) -> float:
    return math.sqrt(sum(sample * sample for sample in wave) / len(wave))


def listen(data: bytes, container: str = "mp3") -> Heard:
    channels: list[list[float]] = []
    with av.open(io.BytesIO(data), "r", format=container) as file:
        track = file.streams.audio[0]
        for frame in file.decode(track):
            planes = [bytes(plane) for plane in frame.planes]
            assert frame.format.name == "fltp"
            channels = channels or [[] for _ in planes]
            for wave, plane in zip(channels, planes, strict=True):
                wave.extend(memoryview(plane).cast("f")[: frame.samples])
        return Heard(track.rate, channels)
