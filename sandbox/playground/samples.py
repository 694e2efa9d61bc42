"""Sample files for trying commands, painted and voiced on this machine when first needed."""

import asyncio
from collections.abc import Callable
from typing import Final

from sandbox.kling.samples import clip_with_faces, portrait, speech

CLIP_S: Final = 4.0
CLIP_PX: Final = (768, 512)
VOICE_S: Final = 3.0
"""Shorter than the clip, so that the whole voice fits into it."""
SAMPLES: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "portrait.png": ("image/png", lambda: portrait("Ada")),
    "two-people.mp4": ("video/mp4", lambda: clip_with_faces(2, CLIP_S, CLIP_PX)),
    "voice.mp3": ("audio/mpeg", lambda: speech(VOICE_S)),
}
"""Content type and maker by file name; `page/js/samples.js` offers the same names."""


class Samples:
    """Makes each file once."""

    def __init__(self) -> None:
        self._made: dict[str, bytes] = {}
        self._making = asyncio.Lock()

    async def file(self, name: str) -> tuple[str, bytes]:
        """Return a sample's content type and bytes.

        Raises:
            KeyError: when there is no sample of this name.
        """
        kind, make = SAMPLES[name]
        async with self._making:
            if name not in self._made:
                self._made[name] = await asyncio.to_thread(make)
        return kind, self._made[name]
