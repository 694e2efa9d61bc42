"""Opens sound and clips that come from outside, in the one way that is safe for all of them."""

import io
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer

from bot.errors import MediaRefused
from bot.media import kinds
from bot.media.kinds import SIGNATURE_BYTES, kind_of

# The demuxer is named by the signature and never probed for: among those that FFmpeg would try are
# playlists (HLS, concat, DASH), which read other files and fetch addresses.
_DEMUXERS: Final = {
    kinds.MP3: "mp3",
    kinds.AAC: "aac",
    kinds.WAV: "wav",
    kinds.OGG: "ogg",
    kinds.FLAC: "flac",
    kinds.M4A: "mov",
    kinds.MP4: "mov",
    kinds.MOV: "mov",
    kinds.WEBM: "matroska",
}
_OPTIONS: Final = {"protocol_whitelist": "file"}


def open_container(source: bytes | Path, refusal: str) -> InputContainer:
    """An open container of a known kind; raises MediaRefused(`refusal`) for anything else."""
    if isinstance(source, bytes):
        head = source[:SIGNATURE_BYTES]
    else:
        with source.open("rb") as beginning:
            head = beginning.read(SIGNATURE_BYTES)
    kind = kind_of(head)
    if kind not in _DEMUXERS:
        raise MediaRefused(refusal)
    file = io.BytesIO(source) if isinstance(source, bytes) else str(source.absolute())
    try:
        return av.open(
            file, "r", format=_DEMUXERS[kind], options=_OPTIONS, metadata_errors="ignore"
        )
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, MemoryError):
            raise
        raise MediaRefused(refusal) from error
