"""Turns any audio that a member attached into an MP3 that Kling accepts. Runs in a worker."""

import io
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from bot.domain.limits import SOUND_MIN_S
from bot.errors import MediaRefused
from bot.media import kinds
from bot.media.container import open_track
from bot.media.products import SOUND_MAX_S, Sound, SoundChange
from bot.media.sound_kinds import find_sound
from bot.media.timeline import Form, sounding

# Kling's API documentation, 2026: lip-sync audio is mp3, wav or m4a of 2-60 s and at most 5 MB. In
# practice valid m4a and aac were refused, MP3 never.
SOUND_MAX_BYTES = 5_000_000

RATE_HZ = 44_100
FRAME_SAMPLES = 1152  # one MP3 frame
PADDING_FRAMES = 4  # the encoder's delay counts too if a reader adds up frames
BITS_PER_S = {"mono": 128_000, "stereo": 192_000}  # 60 s are at most 1.5 MB


def prepare_sound(data: bytes, max_s: float = SOUND_MAX_S) -> Sound:
    """The sound in `data`, from any common audio or video format, as Kling accepts it.

    It is trimmed to `max_s` seconds; what may be longer than usual is made mono, to stay small.
    Of several tracks it is the one marked as default, or the next that can be decoded.
    Raises MediaRefused: `sound_unreadable`, `sound_too_short` (seconds, min).
    """
    with open_track(data, "sound_unreadable", lambda file: file.streams.audio) as (file, track):
        mp3, samples, trimmed = _encode(file, track, max_s)
    duration_s = samples / RATE_HZ
    if samples == 0 or len(mp3) > SOUND_MAX_BYTES:
        raise MediaRefused("sound_unreadable")
    if duration_s < SOUND_MIN_S:
        raise MediaRefused("sound_too_short", seconds=round(duration_s, 2), min=SOUND_MIN_S)
    kind, _ = find_sound(data)
    changes: dict[SoundChange, bool] = {"converted": kind is not kinds.MP3, "trimmed": trimmed}
    return Sound(mp3, duration_s, tuple(name for name, happened in changes.items() if happened))


def _encode(container: InputContainer, track: AudioStream, max_s: float) -> tuple[bytes, int, bool]:
    """The MP3, how many samples it has, and whether the source continued after them."""
    alone = track.codec_context.channels == 1 or max_s > SOUND_MAX_S
    layout = "mono" if alone else "stereo"
    form = Form("s16p", layout, RATE_HZ, FRAME_SAMPLES)
    frames_max = int(max_s * RATE_HZ) // FRAME_SAMPLES - PADDING_FRAMES
    frames = samples = 0
    trimmed = False
    out = io.BytesIO()
    with av.open(out, "w", format="mp3", options={"write_xing": "1"}) as mp3:
        target = mp3.add_stream("libmp3lame", rate=RATE_HZ)
        target.layout = layout
        target.format = "s16p"
        target.bit_rate = BITS_PER_S[layout]
        for frame in sounding(container, track, form):
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
