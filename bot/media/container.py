"""Opens audio and video from outside in the one way that is safe for all formats."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from bot.errors import MediaRefused
from bot.media import kinds
from bot.media.kinds import SIGNATURE_BYTES, kind_of
from bot.media.sound_kinds import find_sound

# The demuxer is named by the signature and never probed: FFmpeg would also try playlists (HLS,
# concat, DASH), which read other files and fetch URLs.
_DEMUXERS: Final = {
    kinds.MP3: "mp3",
    kinds.MP2: "mp3",
    kinds.AAC: "aac",
    kinds.WAV: "wav",
    kinds.OGG: "ogg",
    kinds.FLAC: "flac",
    kinds.AMR: "amr",
    kinds.AIFF: "aiff",
    kinds.AU: "au",
    kinds.CAF: "caf",
    kinds.W64: "w64",
    kinds.AC3: "ac3",
    kinds.EAC3: "eac3",
    kinds.ASF: "asf",
    kinds.M4A: "mov",
    kinds.MP4: "mov",
    kinds.MOV: "mov",
    kinds.WEBM: "matroska",
    kinds.AVI: "avi",
    kinds.FLV: "flv",
    kinds.MPEG: "mpeg",
    kinds.MPEG_TS: "mpegts",
}
_OPTIONS: Final = {"protocol_whitelist": "file"}

TRACKS_MAX: Final = 8  # are tried

Track = TypeVar("Track", AudioStream, VideoStream)


def open_container(source: bytes | Path, refusal: str) -> InputContainer:
    """An open container of a known kind; raises MediaRefused(`refusal`) for anything else.

    Bytes may begin with what players skip before sound (`find_sound`); a file may not.
    """
    file: io.BytesIO | str
    if isinstance(source, bytes):
        kind, begins = find_sound(source)
        file = io.BytesIO(source[begins:])
    else:
        with source.open("rb") as beginning:
            kind = kind_of(beginning.read(SIGNATURE_BYTES))
        file = str(source.absolute())
    if kind not in _DEMUXERS:
        raise MediaRefused(refusal)
    try:
        return av.open(
            file, "r", format=_DEMUXERS[kind], options=_OPTIONS, metadata_errors="ignore"
        )
    except (av.FFmpegError, ValueError) as error:
        # Also if memory runs out: reading a header takes little, unless it lies about its sizes.
        raise MediaRefused(refusal) from error


def in_order(streams: Sequence[Track]) -> list[Track]:
    """The tracks that have a decoder, the one marked as default first; no cover pictures."""
    known = [
        stream
        for stream in streams
        if getattr(stream, "codec_context", None) is not None
        and not stream.disposition & Disposition.attached_pic
    ]
    known.sort(key=lambda stream: not stream.disposition & Disposition.default)
    return known[:TRACKS_MAX]


@contextmanager
def open_track(
    source: bytes | Path, refusal: str, of: Callable[[InputContainer], Sequence[Track]]
) -> Iterator[tuple[InputContainer, Track]]:
    """The container, and of its tracks the first in order that can really be decoded.

    Raises MediaRefused(`refusal`) if there is none, and for what FFmpeg raises while it is read.
    """
    try:
        place = _decodable(source, refusal, of)
        if place is None:
            raise MediaRefused(refusal)
        with open_container(source, refusal) as container:
            yield container, in_order(of(container))[place]
    except (av.FFmpegError, ValueError, ArithmeticError) as error:
        ours = (MemoryError, OSError) if isinstance(source, Path) else MemoryError
        if isinstance(error, ours):
            raise
        raise MediaRefused(refusal) from error


def _decodable(
    source: bytes | Path, refusal: str, of: Callable[[InputContainer], Sequence[Track]]
) -> int | None:
    """The place of that track. Each is tried on its own: what was read is gone for the next."""
    for place in range(TRACKS_MAX):
        with open_container(source, refusal) as container:
            tracks = in_order(of(container))[place : place + 1]
            if not tracks:
                return None
            if any(decoded(packet) for packet in container.demux(*tracks)):
                return place
    return None


def decoded(packet: "av.Packet[Any]") -> list[Any]:
    """The frames in `packet`; none if it is damaged, which a player would skip as well."""
    try:
        return list(packet.decode())
    except av.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        return []
