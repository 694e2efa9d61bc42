"""Sound as samples: decoding, tones, mixing. 24 kHz, mono, 16 bit signed."""

import io
import math
from array import array
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

RATE_HZ = 24_000
LOUDEST = 32_767
FRAME_SAMPLES = 1024
TABLE_SIZE = 4096

Samples: TypeAlias = "array[int]"  # subscripts of array come with Python 3.12


def decode(content: bytes) -> Samples:
    """Return the first sound track of a file as samples; none when it has no sound."""
    samples: Samples = array("h")
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    with av.open(io.BytesIO(content), "r") as container:
        if not container.streams.audio:
            return samples
        for frame in container.decode(audio=0):
            for even in resampler.resample(frame):
                samples.frombytes(_bytes(even))
        for even in resampler.resample(None):
            samples.frombytes(_bytes(even))
    return samples


def _bytes(frame: AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * 2]


def frames(samples: Samples) -> Iterator[AudioFrame]:
    """Yield samples as frames for an encoder."""
    for start in range(0, len(samples), FRAME_SAMPLES):
        part = samples[start : start + FRAME_SAMPLES]
        frame = AudioFrame(format="s16", layout="mono", samples=len(part))
        frame.planes[0].update(part.tobytes())
        frame.sample_rate = RATE_HZ
        frame.pts = start
        yield frame


def mixed(base: Samples, base_volume: float, added: Samples, volume: float, at: int) -> Samples:
    """Return `base` with `added` laid over it from sample `at` on; the length stays the base's."""
    out: Samples = array("h", base) if base_volume == 1 else _louder(base, base_volume)
    upper = _louder(added[: max(0, len(base) - at)], volume)
    under = out[at : at + len(upper)]
    out[at : at + len(upper)] = array("h", map(_clip, under, upper))
    return out


def _clip(one: int, other: int) -> int:
    return max(-LOUDEST, min(LOUDEST, one + other))


def _louder(samples: Samples, volume: float) -> Samples:
    if volume == 1:
        return samples
    return array("h", (max(-LOUDEST, min(LOUDEST, round(s * volume))) for s in samples))


def silence(ms: int) -> Samples:
    """Return `ms` of nothing."""
    return array("h", bytes(2 * (RATE_HZ * ms // 1000)))


def melody(notes_hz: Sequence[float], seconds: float, note_s: float) -> Samples:
    """Return soft plucked notes, one after the other, repeated until `seconds` are full."""
    length = round(seconds * RATE_HZ)
    out: Samples = array("h", bytes(2 * length))
    table = [math.sin(2 * math.pi * i / TABLE_SIZE) for i in range(TABLE_SIZE)]
    step = round(note_s * RATE_HZ)
    plucked = {hz: _pluck(hz, step, table) for hz in set(notes_hz)}
    for number, start in enumerate(range(0, length, step)):
        note = plucked[notes_hz[number % len(notes_hz)]][: length - start]
        out[start : start + len(note)] = note
    return out


def _pluck(hz: float, length: int, table: Sequence[float]) -> Samples:
    pace = hz * TABLE_SIZE / RATE_HZ
    attack, release = RATE_HZ // 60, RATE_HZ // 40
    note: Samples = array("h")
    for i in range(length):
        loud = min(1.0, i / attack, (length - i) / release) * (0.35 + 0.65 * (1 - i / length) ** 2)
        at = int(i * pace)
        tone = table[at % TABLE_SIZE] + 0.4 * table[2 * at % TABLE_SIZE]
        note.append(round(LOUDEST * 0.3 * loud * (tone + 0.15 * table[3 * at % TABLE_SIZE])))
    return note
