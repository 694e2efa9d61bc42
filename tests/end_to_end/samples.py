"""Files to attach, drawn once for a test process: small clips of people, and speech."""

import functools

from bot.sandbox.discord import Upload
from bot.sandbox.kling.samples import clip_with_faces, speech

CLIP_SIZE = (640, 512)


@functools.cache
def clip(faces: int = 1, seconds: float = 3.0) -> Upload:
    """Return a clip of so many people."""
    return Upload(clip_with_faces(faces, seconds, CLIP_SIZE), f"{faces}-faces.mp4")


@functools.cache
def voice(seconds: float = 2.5, kind: str = "mp3") -> Upload:
    """Return somebody humming."""
    return Upload(speech(seconds, kind), f"voice.{kind}")
