"""A track's sound as a player would let it be heard: each moment where its times put it.

Runs in a media worker. What is missing, in front or between, is silence, so that second 5 of the
result is second 5 in a player.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from bot.media.container import decoded
from bot.media.mixing import Mixer

HOLE_MIN_S = 0.05  # less is rounding: some containers count milliseconds, or guess
HOLE_MAX_S = 60.0  # more is another clock, as in recordings cut out of a broadcast
BACK_MAX_S = 1.0  # times may overlap a little; further back, they have begun anew
TIMED = frozenset({"mov", "matroska", "ogg", "asf"})
"""Formats that write down times. For others FFmpeg counts on from what the first frame says."""
SILENT_FRAME_SAMPLES = 4096


@dataclass(frozen=True, slots=True)
class Form:
    """What an encoder takes: FFmpeg's names of a sample format and a layout, hertz, samples."""

    sample_format: str
    layout: str
    rate_hz: int
    frame_samples: int


def sounding(
    container: InputContainer, track: AudioStream, form: Form, zero_s: float = 0.0
) -> Iterator[AudioFrame]:
    """The sound of `track` in frames of that form; only the last is shorter.

    It begins at `zero_s` in the file's own count. Zero is where Chromium, and so Discord's clients,
    begin to count, also if no track begins there. Frames have no times: they follow each other.
    Damaged parts are silent if the times that follow say how long they were; where times are only
    counted, such parts are left out.
    """
    queue = AudioFifo()
    for frame in _filled(container, track, form, zero_s):
        queue.write(frame)
        yield from queue.read_many(form.frame_samples)
    rest = queue.read(partial=True)
    if rest is not None:
        yield rest


def _filled(
    container: InputContainer, track: AudioStream, form: Form, zero_s: float
) -> Iterator[AudioFrame]:
    mixer = Mixer(form.sample_format, form.layout, form.rate_hz)
    heard_s, given = 0.0, 0
    timed = container.format.name.partition(",")[0] in TIMED  # it may give several names
    for frame in _frames(container, track):
        if timed and frame.pts is not None and frame.time_base is not None:
            hole_s = float(frame.pts * frame.time_base) - zero_s - heard_s
            if not -BACK_MAX_S <= hole_s < HOLE_MAX_S:
                zero_s += hole_s
            elif hole_s >= HOLE_MIN_S:
                heard_s += hole_s
                for mixed in mixer.flush():
                    given += mixed.samples
                    yield mixed
                for silent in silence(round(heard_s * form.rate_hz) - given, form):
                    given += silent.samples
                    yield silent
        heard_s += frame.samples / frame.sample_rate
        for mixed in mixer.mix(frame):
            given += mixed.samples
            yield mixed
    yield from mixer.flush()


def silence(samples: int, form: Form) -> Iterator[AudioFrame]:
    """So many silent samples, in frames without times."""
    while samples > 0:
        frame = AudioFrame(form.sample_format, form.layout, min(samples, SILENT_FRAME_SAMPLES))
        frame.sample_rate = form.rate_hz
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        samples -= frame.samples
        yield frame


def _frames(container: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
    for packet in container.demux(track):
        for frame in decoded(packet):
            if isinstance(frame, AudioFrame) and frame.samples:
                yield frame
