"""How long a video at a URL is, without fetching the whole of it."""

import asyncio
from typing import Final

from bot.domain.edits import ClipFacts
from bot.media.clip_header import ClipHeader, read_clip_header
from bot.media.download import Downloader

PROBE_TIMEOUT_S: Final = 30.0
"""All pieces together, where no member waits for an answer."""


async def probe_clip(
    downloader: Downloader, url: str, timeout_s: float = PROBE_TIMEOUT_S
) -> ClipFacts:
    """Read the header of the video at `url`; raises what `Downloader.fetch_part` raises."""
    ends_at = asyncio.get_running_loop().time() + timeout_s
    steps, size_bytes = read_clip_header(), None
    wanted = next(steps)
    while True:
        left_s = ends_at - asyncio.get_running_loop().time()
        part = await downloader.fetch_part(url, wanted.first, wanted.most, left_s)
        size_bytes = size_bytes or part.size_bytes
        try:
            wanted = steps.send(part.data)
        except StopIteration as done:
            said: ClipHeader | None = done.value
            break
    if said is None:
        return ClipFacts(is_clip=False, size_bytes=size_bytes)
    return ClipFacts(True, said.seconds, said.width, said.height, size_bytes)
