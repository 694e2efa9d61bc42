"""Files to attach, drawn once for a test process: small clips, speech, noise."""

import functools
import io
import random

import av
from av.video.frame import VideoFrame
from PIL import Image

from sandbox.discord import Upload
from sandbox.kling import samples
from tests.harness.shelf import FRAMES_DRAWN_EVERY, drawn_once

CLIP_SIZE = (640, 512)


@drawn_once
def clip_with_faces(
    count: int = 1,
    seconds: float = 5.0,
    size: tuple[int, int] = (1280, 720),
    *,
    seed: str = "clip",
    sound: bool = False,
) -> bytes:
    """Return a clip of so many people, of which few of the frames are drawn."""
    return samples.clip_with_faces(
        count, seconds, size, seed=seed, sound=sound, every=FRAMES_DRAWN_EVERY
    )


speech = drawn_once(samples.speech)


@functools.cache
def clip(faces: int = 1, seconds: float = 3.0) -> Upload:
    """Return a clip of this many people."""
    return Upload(clip_with_faces(faces, seconds, CLIP_SIZE), f"{faces}-faces.mp4")


@functools.cache
def voice(seconds: float = 2.5, kind: str = "mp3") -> Upload:
    """Return audio of a person humming."""
    return Upload(speech(seconds, kind), f"voice.{kind}")


@drawn_once
def noise(width: int, height: int, seed: int = 0) -> bytes:
    """Return a picture that compresses to nothing less than itself: three bytes a pixel."""
    out = io.BytesIO()
    _static(width, height, seed).save(out, "PNG", compress_level=1)
    return out.getvalue()


@drawn_once
def noisy_clip() -> bytes:
    """Return a clip of two seconds and more than 10 MiB."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        options = {"qp": "4", "preset": "ultrafast"}
        stream = container.add_stream("libx264", rate=6, options=options)
        stream.width, stream.height, stream.pix_fmt = 960, 720, "yuv420p"
        for seed in range(12):
            frame: VideoFrame = VideoFrame.from_image(  # type: ignore[no-untyped-call] # as published
                _static(960, 720, seed)
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@functools.cache
def in_pieces(data: bytes) -> bytes:
    """Return a clip as recorders write it: no header says how long it is."""
    out = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov"}
    with (
        av.open(io.BytesIO(data), "r") as given,
        av.open(out, "w", format="mp4", options=options) as made,
    ):
        streams = {s.index: made.add_stream_from_template(s) for s in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                made.mux(packet)
    return out.getvalue()


def _static(width: int, height: int, seed: int) -> Image.Image:
    samples = random.Random(seed).randbytes(width * height * 3)  # noqa: S311 - noise, no secret
    return Image.frombytes("RGB", (width, height), samples)
