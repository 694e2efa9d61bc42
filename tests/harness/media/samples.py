"""Real media of every kind, made when they are asked for."""

import functools
import io
import math
from array import array
from collections.abc import Callable
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

RATE_HZ = 44_100


def picture(
    width: int = 480, height: int = 320, mode: str = "RGB", top_left: str = "red"
) -> Image.Image:
    """A picture whose top left quarter is told from the rest, so that turning it shows."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height // 2), fill=top_left)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """A picture that no encoder makes small."""
    return Image.merge("RGB", [Image.effect_noise((width, height), 120) for _ in range(3)])


@functools.cache
def _second(channels: int) -> "array[int]":
    """Return a second of 440 Hz."""
    steps = (2 * math.pi * 440 * index / RATE_HZ for index in range(RATE_HZ))
    return array("h", (int(12_000 * math.sin(step)) for step in steps for _ in range(channels)))


def sound_frame(samples: int, at: int, *, layout: str = "mono") -> av.AudioFrame:
    channels = 1 if layout == "mono" else 2
    began = at % RATE_HZ  # after a second the tone is where it was
    seconds = -(-(began + samples) // RATE_HZ)
    tone = (_second(channels) * seconds)[began * channels : (began + samples) * channels]
    frame = av.AudioFrame(format="s16", layout=layout, samples=samples)
    frame.planes[0].update(tone.tobytes())
    frame.sample_rate = RATE_HZ
    frame.pts = at
    return frame


RATES_HZ = {"libopus": 48_000, "ac3": 48_000, "libopencore_amrnb": 8000}
"""Of codecs that have no other."""
BITS_PER_S = {"wmav2": 128_000, "ac3": 192_000, "libopencore_amrnb": 12_200}


def sound(
    container: str,
    codec: str,
    seconds: float,
    *,
    layout: str = "mono",
    options: dict[str, str] | None = None,
) -> bytes:
    """A tone of 440 Hz in the container and codec asked for; `options` are the container's."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=options or {}) as file:
        stream = file.add_stream(codec, rate=RATES_HZ.get(codec, RATE_HZ))
        assert isinstance(stream, AudioStream)
        stream.layout = layout
        if codec in BITS_PER_S:
            stream.bit_rate = BITS_PER_S[codec]
        left, at = round(seconds * RATE_HZ), 0
        while left:
            samples = min(left, 1024 * 16)
            file.mux(stream.encode(sound_frame(samples, at, layout=layout)))
            left, at = left - samples, at + samples
        file.mux(stream.encode(None))
    return out.getvalue()


def clip(
    path: Path,
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (320, 240),
    codec: str = "libx264",
    with_sound: bool = True,
    frames: Callable[[int], Image.Image] | None = None,
    options: dict[str, str] | None = None,
    container: str = "mp4",
) -> Path:
    """A clip of 24 frames a second; `frames` draws each, otherwise a square moves."""
    rate_hz = 24

    def moving(index: int) -> Image.Image:
        image = picture(*size)
        left = index * 7 % size[0]
        ImageDraw.Draw(image).rectangle((left, 40, left + 60, 100), fill="blue")
        return image

    draw = frames or moving
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate_hz, options=options or {"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        tone = file.add_stream("aac", rate=RATE_HZ, layout="mono") if with_sound else None
        for index in range(round(seconds * rate_hz)):
            frame = av.VideoFrame.from_image(draw(index))  # type: ignore[no-untyped-call] # PyAV
            frame.pts = index
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if tone is not None:
            for at in range(0, round(seconds * RATE_HZ), 1024):
                file.mux(tone.encode(sound_frame(1024, at)))
            file.mux(tone.encode(None))
    return path
