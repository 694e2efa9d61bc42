"""What is heard of videos that become one, and how the sound of one goes over into the next.

The sound of each is as long as its frames are seen, so it stays in step and nothing is moved. In
the last 5 ms before a seam one sound fades out while the next fades in, because two waves that
don't meet would click. What fades in is the next video's own sound of that time: it belongs to the
frame that isn't shown again. Sound that ends before its last frame fades into silence likewise.
Runs in a media worker.
"""

import math
from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.stream import AudioStream

from bot.media.mp4 import AUDIO_FRAME_SAMPLES, AUDIO_RATE_HZ, Packet
from bot.media.piece import Piece
from bot.media.timeline import Form, silence, sounding
from bot.media.video import opened_sound

FADE_SAMPLES: Final = AUDIO_RATE_HZ * 5 // 1000
"""5 ms: long enough for no click, too short to be heard as a pause."""
FLOATS: Final = "fltp"
"""FFmpeg's name of the sample format in which sounds are mixed: a plane a channel."""


class Heard(NamedTuple):
    """The sound of one of the videos."""

    piece: Piece
    samples: int
    """How long its frames are seen."""


def sounds(parts: Sequence[Heard], sound: AudioStream, layout: str) -> Iterator[Packet]:
    """Packets of the new audio track: one encoder for all, so nothing begins anew at a seam."""
    form = Form(FLOATS, layout, AUDIO_RATE_HZ, AUDIO_FRAME_SAMPLES)
    samples, queue = 0, AudioFifo()
    for frame in _joined(parts, form):
        _put(queue, frame)
        for whole in queue.read_many(AUDIO_FRAME_SAMPLES):
            samples = _stamped(whole, samples)
            yield from sound.encode(whole)
    rest = queue.read(partial=True)
    if rest is not None:
        _stamped(rest, samples)
        yield from sound.encode(rest)
    yield from sound.encode(None)


def _joined(parts: Sequence[Heard], form: Form) -> Iterator[AudioFrame]:
    """The sounds one after the other; the end of each is held back until the next begins."""
    held = AudioFifo()
    for part in parts:
        lead = min(FADE_SAMPLES, held.samples, _skipped(part.piece, form))
        coming = AudioFifo()
        for frame in _exactly(part.piece, form, part.samples + lead, lead):
            _put(coming, frame)
            if lead and coming.samples >= lead:
                yield from _all_but(held, lead)
                ending, begins = _taken(held, lead), _taken(coming, lead)
                _put(held, _faded(ending, begins))
                lead = 0
            if not lead and coming.samples:
                _put(held, _taken(coming, coming.samples))
                yield from _all_but(held, FADE_SAMPLES)
    yield from _all_but(held, 0)


def _stamped(frame: AudioFrame, samples: int) -> int:
    """Say when the frame is heard; returns when the next one is."""
    frame.pts, frame.time_base = samples, Fraction(1, AUDIO_RATE_HZ)
    return samples + frame.samples


def _skipped(piece: Piece, form: Form) -> int:
    """How many samples of a video are heard before the first of its frames that counts."""
    return max(0, round((piece.begins - piece.zero) * form.rate_hz))


def _exactly(piece: Piece, form: Form, wanted: int, lead: int) -> Iterator[AudioFrame]:
    """So many samples: what is heard from `lead` before the first frame that counts, then silence.

    Sound that is over too soon fades out.
    """
    held = AudioFifo()
    for frame in _heard(piece, form, lead):
        _put(held, frame)
        for ready in _all_but(held, FADE_SAMPLES, at_most=wanted):
            wanted -= ready.samples
            yield ready
        if not wanted:
            return
    over = held.samples < wanted
    rest = _taken(held, min(held.samples, wanted)) if held.samples else None
    if rest is not None:
        wanted -= rest.samples
        yield _faded(rest, next(silence(rest.samples, form))) if over else rest
    yield from silence(wanted, form)


def _heard(piece: Piece, form: Form, lead: int) -> Iterator[AudioFrame]:
    """The sound of a video from `lead` before the first frame that counts; nothing if it has none.

    `lead` is in samples, as are all lengths here.
    """
    if not piece.channels:
        return
    skipped = _skipped(piece, form) - lead
    queue = AudioFifo()
    with opened_sound(piece.path) as (container, track):
        for frame in sounding(container, track, form, float(piece.zero)):
            if skipped <= 0:
                yield frame
                continue
            _put(queue, frame)
            gone = queue.read(min(skipped, queue.samples))
            skipped -= gone.samples if gone is not None else 0
            rest = queue.read(partial=True)
            if rest is not None:
                yield rest


def _faded(out: AudioFrame, into: AudioFrame) -> AudioFrame:
    """The one sound going over into the other, which is as long."""
    count = out.samples
    weights = [(1 - math.cos(math.pi * (place + 0.5) / count)) / 2 for place in range(count)]
    faded = AudioFrame(FLOATS, out.layout.name, count)
    faded.sample_rate = out.sample_rate
    for plane, one, other in zip(faded.planes, out.planes, into.planes, strict=True):
        pairs = zip(_floats(one, count), _floats(other, count), weights, strict=True)
        mixed = array("f", (ends + (begins - ends) * weight for ends, begins, weight in pairs))
        plane.update(mixed.tobytes().ljust(plane.buffer_size, b"\0"))
    return faded


def _floats(plane: AudioPlane, count: int) -> "array[float]":
    """The samples of a channel, whose memory may be longer."""
    samples = array("f")
    samples.frombytes(bytes(plane)[: count * samples.itemsize])
    return samples


def _put(queue: AudioFifo, frame: AudioFrame) -> None:
    frame.pts = None  # frames follow each other, whichever queue they were in before
    queue.write(frame)


def _taken(queue: AudioFifo, samples: int) -> AudioFrame:
    frame = queue.read(samples)
    if frame is None:
        raise AssertionError
    return frame


def _all_but(queue: AudioFifo, kept: int, *, at_most: int | None = None) -> Iterator[AudioFrame]:
    """Take what is queued but for so many samples, as one frame; nothing if there is no more."""
    ready = queue.samples - kept if at_most is None else min(queue.samples - kept, at_most)
    if ready > 0:
        yield _taken(queue, ready)
