"""Frames as a player shows them: upright, in square pixels, in the colours that are meant.

Runs in a media worker.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from bot.media import colour_table
from bot.media.colour_table import Film
from bot.media.tone_mapping import PEAK_NITS

HD_HEIGHT_PX = 720  # as shown; where nothing is said, Chromium takes BT.709 from here on
PIXEL_ASPECT_MAX = 4  # anamorphic films have 2; more is damage

# Code points of ITU-T H.273.
BT709, UNSPECIFIED, BT601 = 1, 2, 6
_SWSCALE_BT601 = 5  # PyAV maps swscale's number
_MATRICES = frozenset({BT709, 4, _SWSCALE_BT601, 7, 9})  # that swscale knows

SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP
_ORIENTATION = struct.Struct("=9i")
_CONTENT_LIGHT = struct.Struct("=II")
_MASTERING = struct.Struct("=20i2i")  # eight colours, then darkest and brightest, as fractions
_CLUT_FORMAT = "rgb48le"


@dataclass(frozen=True, slots=True)
class Colours:
    """Code points of ITU-T H.273 for an encoder; the range is always the limited one."""

    primaries: int
    transfer: int
    matrix: int


@dataclass(frozen=True, slots=True)
class _Turn:
    """What brings a frame upright: swap rows and columns first, then flip."""

    swapped: bool
    mirrored: bool
    overturned: bool

    @property
    def filters(self) -> list[tuple[str, dict[str, str]]]:
        steps: list[tuple[str, dict[str, str]]] = []
        if self.swapped:
            steps.append(("transpose", {"dir": "cclock_flip"}))
        if self.mirrored:
            steps.append(("hflip", {}))
        if self.overturned:
            steps.append(("vflip", {}))
        return steps


class Screen:
    """Shows the frames of one track, one after the other."""

    def __init__(self, track: VideoStream) -> None:
        self._aspect = _pixel_aspect(track)
        self._scaler = VideoReformatter()
        self._recoder = VideoReformatter()
        # Read off the first frame only: a frame whose side data were looked at is kept by them
        # until Python collects its cycles, which it does by their number and not by their size.
        self._turn: _Turn | None = None
        self._film: Film | None = None
        self._graph: tuple[object, Graph, FilterContext] | None = None

    def size(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height in square pixels; like a browser, it stretches and never squeezes."""
        width, height = frame.width, frame.height
        if self._aspect >= 1:
            width = round(width * self._aspect)
        else:
            height = round(height / self._aspect)
        return (height, width) if self._turn_of(frame).swapped else (width, height)

    def show(
        self,
        frame: VideoFrame,
        width: int,
        height: int,
        pixel_format: str,
        matrix: int | None = None,
    ) -> VideoFrame:
        """The frame upright in that size, as "yuv420p", "rgb24" or "gray", for a plain screen.

        In YUV with this `matrix` (a code point); None: its own, as `colours` says it.
        """
        turn = self._turn_of(frame)
        across, down = (height, width) if turn.swapped else (width, height)
        own = self._matrix(frame)
        film = self._film_of(frame)
        scaled = self._scaler.reformat(
            frame,
            across,
            down,
            pixel_format if film.is_plain else _CLUT_FORMAT,
            src_colorspace=own,
            dst_colorspace=_target(own) if matrix is None else _swscale(matrix),
            src_color_range=frame.color_range,
            dst_color_range=_range(pixel_format if film.is_plain else _CLUT_FORMAT),
            interpolation=SCALING,
        )
        if film.is_plain and not turn.filters:
            return scaled
        shown = self._filtered(scaled, turn, film)
        if shown.format.name != pixel_format:
            shown = self._recoder.reformat(
                shown,
                format=pixel_format,
                dst_colorspace=BT709 if matrix is None else _swscale(matrix),
                dst_color_range=_range(pixel_format),
                interpolation=SCALING,
            )
        return shown

    def is_plain(self, frame: VideoFrame) -> bool:
        """Whether the colours need no table."""
        return self._film_of(frame).is_plain

    def colours(self, frame: VideoFrame) -> Colours:
        """What to say about the colours of what `show` makes of `frame` in YUV."""
        if not self._film_of(frame).is_plain:
            return Colours(BT709, BT709, BT709)
        matrix = _target(self._matrix(frame))
        matrix = BT601 if matrix == _SWSCALE_BT601 else matrix
        said = (frame.color_primaries, frame.color_trc)
        if frame.colorspace == UNSPECIFIED and set(said) == {UNSPECIFIED}:
            said = (matrix, matrix)
        return Colours(*said, matrix)

    def _matrix(self, frame: VideoFrame) -> int:
        """The matrix of the frame, as Chromium guesses it where nothing is said."""
        said = frame.colorspace
        if said == UNSPECIFIED:
            said = BT709 if self.size(frame)[1] >= HD_HEIGHT_PX else BT601
        return _swscale(said)

    def _turn_of(self, frame: VideoFrame) -> _Turn:
        """How the track is turned: what its first frame says."""
        if self._turn is None:
            self._turn = _read_turn(frame.side_data)
        return self._turn

    def _film_of(self, frame: VideoFrame) -> Film:
        """How bright the track is: what its first frame says."""
        if self._film is None:
            peak_nits = _peak_nits(frame.side_data)
            self._film = Film(frame.color_trc, frame.color_primaries, peak_nits)
        return self._film

    def _filtered(self, frame: VideoFrame, turn: _Turn, film: Film) -> VideoFrame:
        built_for = (turn, frame.width, frame.height, frame.format.name, frame.color_range)
        if self._graph is None or self._graph[0] != built_for:
            self._graph = (built_for, *_built(frame, turn, film))
        _, graph, source = self._graph
        source.push(frame)
        shown = graph.vpull()
        shown.pts, shown.time_base = frame.pts, frame.time_base
        return shown


def _built(frame: VideoFrame, turn: _Turn, film: Film) -> tuple[Graph, FilterContext]:
    """Filters for frames like `frame`, and where to push them."""
    graph = Graph()
    source = source_of(graph, frame)
    nodes = [source]
    if not film.is_plain:
        colours = _table_of(film)
        mapped = graph.add("haldclut", clut="first")
        table = source_of(graph, colours)
        table.link_to(mapped, 0, 1)
        nodes.append(mapped)
    nodes += [graph.add(name, **options) for name, options in turn.filters]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    if not film.is_plain:
        table.push(colours)
        table.push(None)
    return graph, source


def source_of(graph: Graph, frame: VideoFrame) -> FilterContext:
    """Where frames like `frame` enter the filters of `graph`."""
    return graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base=str(frame.time_base or Fraction(1)),
        pixel_aspect="1/1",
        colorspace=str(frame.colorspace),
        range=str(frame.color_range),
    )


def _table_of(film: Film) -> VideoFrame:
    """The colours to show as a picture, which the filter can take from memory."""
    frame = VideoFrame(colour_table.SIDE_PX, colour_table.SIDE_PX, _CLUT_FORMAT)
    numbers, plane = colour_table.table(film), frame.planes[0]
    row_bytes = len(numbers) // colour_table.SIDE_PX
    rows = (numbers[at : at + row_bytes] for at in range(0, len(numbers), row_bytes))
    plane.update(b"".join(row.ljust(plane.line_size, b"\0") for row in rows))
    frame.pts, frame.time_base = 0, Fraction(1)
    return frame


def _read_turn(side_data: Mapping[Any, Any]) -> _Turn:
    """Read the display matrix (ISO 14496-12, 6.2.2) to the nearest right angle."""
    matrix = side_data.get("DISPLAYMATRIX")
    if matrix is None or matrix.buffer_size != _ORIENTATION.size:
        return _Turn(swapped=False, mirrored=False, overturned=False)
    a, b, _, c, d, *_ = _ORIENTATION.unpack(bytes(matrix))
    swapped = abs(b) + abs(c) > abs(a) + abs(d)
    return _Turn(swapped, (c if swapped else a) < 0, (b if swapped else d) < 0)


def _pixel_aspect(track: VideoStream) -> Fraction:
    aspect = track.sample_aspect_ratio or Fraction(1)
    return aspect if 1 <= max(aspect, 1 / aspect) <= PIXEL_ASPECT_MAX else Fraction(1)


def _peak_nits(side_data: Mapping[Any, Any]) -> float:
    """How bright the film gets, from what is written about it (CTA-861.3, SMPTE ST 2086)."""
    content = side_data.get("CONTENT_LIGHT_LEVEL")
    if content is not None and content.buffer_size >= _CONTENT_LIGHT.size:
        nits, _ = _CONTENT_LIGHT.unpack(bytes(content)[: _CONTENT_LIGHT.size])
        if nits:
            return float(nits)
    mastering = side_data.get("MASTERING_DISPLAY_METADATA")
    if mastering is not None and mastering.buffer_size >= _MASTERING.size:
        *_, nits, parts, _, is_known = _MASTERING.unpack(bytes(mastering)[: _MASTERING.size])
        if is_known and nits > 0 and parts > 0:
            return float(nits / parts)
    return PEAK_NITS


def _swscale(matrix: int) -> int:
    """The number of a matrix for swscale, of its code point."""
    return _SWSCALE_BT601 if matrix == BT601 else matrix


def _target(matrix: int) -> int:
    return matrix if matrix in _MATRICES else BT709


def _range(pixel_format: str) -> ColorRange:
    return ColorRange.MPEG if pixel_format == "yuv420p" else ColorRange.JPEG
