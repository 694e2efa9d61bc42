"""Inputs to try things with: a drawn portrait, a clip of drawn people, synthetic speech."""

import io
import math
from array import array
from collections.abc import Iterator
from typing import cast

import av
from av.audio.stream import AudioStream
from PIL import Image

from sandbox.kling import sounds
from sandbox.kling.clips import FPS, encode
from sandbox.kling.faces import bust_side
from sandbox.kling.painting import Dice
from sandbox.kling.portraits import bust, person

SWAY_SHARE = 0.02
BLINK_S, BLINK_EVERY_S = 0.16, 2.6
MOUTHS = 5  # how many ways a mouth is open
CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le", "m4a": "aac"}
CONTAINERS = {"mp3": "mp3", "wav": "wav", "m4a": "mp4"}
SYLLABLE_S = 0.19
VOICE_HZ = (168.0, 196.0, 182.0, 220.0, 175.0, 147.0)


def portrait(seed: str = "portrait", size: tuple[int, int] = (768, 960)) -> bytes:
    """Return a drawn portrait as PNG; another seed is another person."""
    who = person(seed)
    image = Image.new("RGB", size, who.wall)
    _halo(image, size[0] // 2, round(size[1] * 0.5), round(max(size) * 1.4))
    side = round(min(size) * 1.12)
    drawn = bust(who, side)
    image.paste(drawn, ((size[0] - side) // 2, size[1] - side), drawn)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def clip_with_faces(
    count: int = 1,
    seconds: float = 5.0,
    size: tuple[int, int] = (1280, 720),
    *,
    seed: str = "clip",
    sound: bool = False,
    every: int = 1,
) -> bytes:
    """Return an MP4 of `count` drawn people who sway, blink and talk side by side.

    Its comment says `faces=N`, which is how the local Kling knows. With `sound` it has a soft
    track of its own. For a hurry, the first of `every` so many frames stands for all of them.
    """
    frames = round(seconds * FPS)
    track = sounds.melody((261.63, 329.63, 392.0, 329.63), seconds, 0.5) if sound else None
    return encode(_group(count, frames, size, seed, every), size, track, f"faces={count}")


def _group(
    count: int, frames: int, size: tuple[int, int], seed: str, every: int
) -> Iterator[Image.Image]:
    people = [person(seed, index) for index in range(count)]
    wall = Image.new("RGB", size, person(seed).wall)
    room = size[0] / max(1, count)
    side = bust_side(count, size)
    for index in range(count):
        _halo(wall, round(room * (index + 0.5)), size[1] - side // 2, round(side * 1.7))
    poses: dict[tuple[int, bool, int], Image.Image] = {}
    frame = wall
    for number in range(frames):
        if number % every == 0:
            frame, at_s = wall.copy(), number / FPS
            for index, who in enumerate(people):
                phase = index * 1.7
                shut = (at_s + phase) % BLINK_EVERY_S < BLINK_S
                talk = max(0.0, math.sin(at_s * 9 + phase)) * max(0.0, math.sin(at_s * 1.3 + phase))
                pose = (index, shut, round(talk * MOUTHS))
                if pose not in poses:
                    poses[pose] = bust(
                        who, side, open_eyes=0.0 if shut else 1.0, open_mouth=pose[2] / MOUTHS
                    )
                x = (
                    room * (index + 0.5)
                    - side / 2
                    + math.sin(at_s * 1.4 + phase) * side * SWAY_SHARE
                )
                y = size[1] - side * (1 - SWAY_SHARE * (1 + math.sin(at_s * 2.1 + phase)) / 2)
                frame.paste(poses[pose], (round(x), round(y)), poses[pose])
        yield frame


def _halo(image: Image.Image, x: int, y: int, side: int) -> None:
    soft = Image.radial_gradient("L").point(lambda far: max(0, 150 - far))
    mask = soft.resize((side, side), Image.Resampling.BILINEAR)
    image.paste("#ffffff", (x - side // 2, y - side // 2), mask)


def speech(seconds: float = 3.0, kind: str = "mp3", *, seed: str = "speech") -> bytes:
    """Return a sound file (`mp3`, `wav` or `m4a`) of somebody humming in syllables."""
    dice = Dice(f"voice {seed}")
    samples: sounds.Samples = array("h")
    wanted = round(seconds * sounds.RATE_HZ)
    while len(samples) < wanted:
        hz = VOICE_HZ[int(dice.roll() * len(VOICE_HZ))] * dice.roll(0.97, 1.03)
        samples.extend(_syllable(hz, SYLLABLE_S * dice.roll(0.7, 1.5), dice.roll(2.2, 4.5)))
        samples.extend(sounds.silence(round(dice.roll(10, 90))))
    return sound_file(samples[:wanted], kind)


def _syllable(hz: float, seconds: float, colour: float) -> Iterator[int]:
    length = round(seconds * sounds.RATE_HZ)
    for i in range(length):
        turn = 2 * math.pi * hz * i / sounds.RATE_HZ
        hum = math.sin(turn) + 0.5 * math.sin(2 * turn) + 0.35 * math.sin(round(colour) * turn)
        loud = math.sin(math.pi * i / length) ** 0.6
        yield round(sounds.LOUDEST * 0.25 * loud * hum)


def sound_file(samples: sounds.Samples, kind: str) -> bytes:
    """Return samples as a file of this kind: `mp3`, `wav` or `m4a`."""
    out = io.BytesIO()
    with av.open(out, "w", format=CONTAINERS[kind]) as container:
        added = container.add_stream(CODECS[kind], rate=sounds.RATE_HZ, layout="mono")
        stream = cast("AudioStream", added)
        for frame in sounds.frames(samples):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
