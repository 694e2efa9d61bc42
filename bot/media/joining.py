"""Joins videos into one, each made from the last frame of the one before.

The rule of a seam: each frame of each video is shown once and as long as in its own file, but for
the first frame of every video after the first. That frame is the last one of the video before. So
the first video's frames are all there, of each other video all but one, and none is made up or left
out to reach a frame rate: each keeps its own times. What is heard goes with what is seen: with that
frame goes its sound, and each video's sound ends where its last frame does, or is silent up to it
(`bot.media.heard`).

All is encoded once, in the size of the largest: videos of different shapes get bars. By path: a
video is never whole in memory. Runs in a media worker.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from av.container import OutputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from bot.media.fit import TABLE_SIDE_MAX_PX
from bot.media.heard import Heard, sounds
from bot.media.mp4 import AUDIO_RATE_HZ, Packet, even, open_mp4, time_s
from bot.media.piece import Piece, read_piece
from bot.media.screen import Screen, source_of
from bot.media.video import CODEC_THREADS, frames_of, opened

JOINED_NAME = "joined.mp4"
TICKS_PER_S = 120_000  # a whole number of them for each usual rate: 24, 25, 30, 60 and /1.001
AUDIO_BITS_PER_S = 160_000
X264: dict[str, object] = {
    "preset": "veryfast",
    "profile": "high",
    "crf": "17",  # no loss that is seen
    "bf": "0",  # MP4 can state how long the last frame is shown only if it is decoded last
}
STRETCH_MAX = 1.05  # of one side more than of the other; shapes further apart get bars


def join(paths: tuple[Path, ...], out_dir: Path) -> Path:
    """A new MP4 in `out_dir` with the videos at `paths`, one after the other.

    Raises MediaRefused(`clip_unreadable`), and then leaves no file.
    """
    pieces = [read_piece(path, follows=bool(number)) for number, path in enumerate(paths)]
    out_path = out_dir / JOINED_NAME
    try:
        _write(pieces, out_path)
    except BaseException:
        out_path.unlink(missing_ok=True)
        raise
    return out_path


@dataclass(frozen=True, slots=True)
class _Place:
    """A video, and where in the result it begins and ends, in seconds."""

    piece: Piece
    begins: Fraction
    ends: Fraction

    @property
    def heard(self) -> Heard:
        """Its sound, as long as it is seen."""
        begins, ends = (round(time * AUDIO_RATE_HZ) for time in (self.begins, self.ends))
        return Heard(self.piece, ends - begins)

    def tick(self, time: Fraction) -> int:
        """When something of the video is shown in the result, in ticks."""
        return round((self.begins + time - self.piece.begins) * TICKS_PER_S)


def _placed(pieces: Sequence[Piece]) -> list[_Place]:
    times = pairwise(accumulate((piece.lasts for piece in pieces), initial=Fraction(0)))
    return [_Place(piece, *span) for piece, span in zip(pieces, times, strict=True)]


def _write(pieces: Sequence[Piece], out_path: Path) -> None:
    places = _placed(pieces)
    with open_mp4(out_path) as out:
        tracks = [_pictures(places, _picture(out, pieces))]
        channels = max(piece.channels for piece in pieces)
        if channels:
            layout = "mono" if channels == 1 else "stereo"
            sound = out.add_stream("aac", rate=AUDIO_RATE_HZ, layout=layout)
            sound.bit_rate = AUDIO_BITS_PER_S
            tracks.append(sounds([place.heard for place in places], sound, layout))
        for packet in heapq.merge(*tracks, key=time_s):
            out.mux(packet)


def _picture(out: OutputContainer, pieces: Sequence[Piece]) -> VideoStream:
    largest = max(pieces, key=lambda piece: piece.width * piece.height)
    shorter = min(largest.width, largest.height)
    plain = all(piece.is_plain for piece in pieces)
    scale = 1.0 if plain else min(1.0, TABLE_SIDE_MAX_PX / shorter)
    picture = out.add_stream("libx264", rate=pieces[0].frames_per_s)
    picture.width, picture.height = (even(s * scale) for s in (largest.width, largest.height))
    picture.pix_fmt = "yuv420p"
    picture.options = X264
    encoder, colours = picture.codec_context, pieces[0].colours
    encoder.time_base = Fraction(1, TICKS_PER_S)
    encoder.thread_count = CODEC_THREADS
    encoder.color_primaries = colours.primaries
    encoder.color_trc = colours.transfer
    encoder.colorspace = colours.matrix
    encoder.color_range = ColorRange.MPEG
    return picture


def _pictures(places: Sequence[_Place], picture: VideoStream) -> Iterator[Packet]:
    """Packets of the new video track, each with the time that its frame is shown."""
    matrix = places[0].piece.colours.matrix
    ticks = [place.tick(time) for place in places for time in place.piece.times]
    ends = [*ticks[1:], places[-1].tick(places[-1].piece.ends)]
    lasts = {tick: end - tick for tick, end in zip(ticks, ends, strict=True)}
    latest = -1
    for place in places:
        with opened(place.piece.path) as (container, stream):
            canvas = _Canvas(Screen(stream), place.piece, picture)
            for frame in frames_of(container, stream):
                time = _time_of(frame, stream)
                if time is None or time < place.piece.begins:
                    continue
                shown = canvas.shows(frame, matrix)
                shown.pts = latest = max(place.tick(time), latest + 1)
                shown.time_base = Fraction(1, TICKS_PER_S)
                yield from _timed(picture.encode(shown), lasts)
    yield from _timed(picture.encode(None), lasts)


def _timed(packets: Sequence[Packet], lasts: dict[int, int]) -> Iterator[Packet]:
    for packet in packets:
        packet.duration = lasts.get(packet.pts or 0, packet.duration)
        yield packet


def _time_of(frame: VideoFrame, stream: VideoStream) -> Fraction | None:
    unit = frame.time_base or stream.time_base
    return None if frame.pts is None or unit is None else frame.pts * unit


class _Canvas:
    """Shows the frames of one video in the size of the result."""

    def __init__(self, screen: Screen, piece: Piece, picture: VideoStream) -> None:
        self._screen = screen
        self._sides = picture.width, picture.height
        across, down = picture.width / piece.width, picture.height / piece.height
        alike = max(across, down) <= STRETCH_MAX * min(across, down)
        scale = min(across, down)
        inner = even(piece.width * scale), even(piece.height * scale)
        self._inner = self._sides if alike else inner
        self._bars: Graph | None = None

    def shows(self, frame: VideoFrame, matrix: int) -> VideoFrame:
        """The frame without a time, in yuv420p with this matrix."""
        width, height = self._inner
        shown = self._screen.show(frame, width, height, "yuv420p", matrix)
        if self._inner == self._sides:
            return shown
        if self._bars is None:
            self._bars = self._built(shown)
        self._bars.vpush(shown)
        return self._bars.vpull()

    def _built(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        width, height = self._sides
        sides = zip(self._sides, self._inner, strict=True)
        left, top = ((whole - part) // 4 * 2 for whole, part in sides)
        bars = graph.add("pad", w=str(width), h=str(height), x=str(left), y=str(top))
        graph.link_nodes(source_of(graph, frame), bars, graph.add("buffersink")).configure()
        return graph
