"""Writing an MP4 that plays inside Discord on every client: its index in front, even sides.

Runs in a media worker.
"""

from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

MP4_OPTIONS = {"movflags": "+faststart"}
AUDIO_RATE_HZ = 48_000
AUDIO_FRAME_SAMPLES = 1024  # one AAC frame

Packet: TypeAlias = "av.Packet[VideoStream] | av.Packet[AudioStream]"  # generic for mypy only


def open_mp4(path: Path) -> OutputContainer:
    """A new MP4 at `path`; its index is moved to the front when it is closed."""
    return av.open(str(path.absolute()), "w", format="mp4", options=MP4_OPTIONS)


def time_s(packet: Packet) -> float:
    """When the packet is decoded, in seconds: packets are written in this order."""
    return float((packet.dts or 0) * packet.time_base)


def even(length: float) -> int:
    """The nearest side that H.264 in yuv420p takes."""
    return max(2, round(length / 2) * 2)
