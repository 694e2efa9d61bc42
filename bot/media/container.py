"""Opens audio and video from outside in the one way that is safe for all formats."""

import io
from collections.abc import Sequence
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


def gives_frames(container: InputContainer, track: AudioStream | VideoStream) -> bool:
    """Whether anything in `track` can be decoded; `container` is read up to there."""
    return any(decoded(packet) for packet in container.demux(track))


def decoded(packet: "av.Packet[Any]") -> list[Any]:
    """The frames in `packet`; none if it is damaged, which a player would skip as well."""
    try:
        return list(packet.decode())
    except av.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        return []
