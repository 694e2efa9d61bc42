"""How long a video is by its header: laws over files as encoders write them, and over any bytes."""

import functools
import struct
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.edits import ClipFacts
from bot.errors import DownloadGone
from bot.media.clip_header import (
    HEADER_MAX_BYTES,
    NOTHING_SAID,
    PIECE_BYTES,
    PIECES_MAX,
    ClipHeader,
    read_clip_header,
)
from bot.media.clip_probe import probe_clip
from bot.media.download import Downloader
from bot.media.parts import said_range
from tests.harness.media.films import turned
from tests.harness.media.mutations import damaged
from tests.harness.media.serving import Handler, Server, answering, failure

RATE = 24
SIZE = (64, 36)


@functools.cache
def clip(seconds: float, flags: str = "", kind: str = "mp4", sound_s: float = 0.0) -> bytes:
    """A clip of grey frames, with silence beside them where that is wanted."""
    with tempfile.TemporaryDirectory() as folder:  # FFmpeg moves a header in a file only
        path = Path(folder) / "clip"
        _written(path, seconds, flags, kind, sound_s)
        return path.read_bytes()


def _written(path: Path, seconds: float, flags: str, kind: str, sound_s: float) -> None:
    options = {"movflags": flags} if flags else {}
    with av.open(path, "w", format=kind, options=options) as container:
        video = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono") if sound_s else None
        for number in range(round(seconds * RATE)):
            frame = av.VideoFrame(*SIZE, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            for at in range(0, round(sound_s * 48_000), 1024):
                silence = av.AudioFrame(format="s16", layout="mono", samples=1024)
                silence.planes[0].update(bytes(silence.planes[0].buffer_size))
                silence.pts, silence.sample_rate = at, 48_000
                silence.time_base = Fraction(1, 48_000)
                container.mux(audio.encode(silence))
            container.mux(audio.encode(None))


def read(data: bytes) -> tuple[ClipHeader | None, list[int]]:
    """What the header says, and how much was asked for, piece by piece."""
    steps, asked = read_clip_header(), []
    wanted = next(steps)
    while True:
        asked.append(wanted.most)
        try:
            wanted = steps.send(data[wanted.first : wanted.first + wanted.most])
        except StopIteration as done:
            return done.value, asked


def header_of(data: bytes) -> ClipHeader:
    found, _ = read(data)
    assert found is not None
    return found


FLAGS = ["", "+faststart"]


@pytest.mark.parametrize("kind", ["mp4", "mov"])
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("seconds", [0.5, 3.0, 12.25])
def test_the_length_is_that_of_the_frames(seconds: float, flags: str, kind: str) -> None:
    """Wherever the header stands, in both formats."""
    found = header_of(clip(seconds, flags, kind))
    assert found.seconds == pytest.approx(seconds, abs=0.05)
    assert (found.width, found.height) == SIZE


def test_a_header_behind_the_frames_is_found_without_reading_them() -> None:
    """What lies between is skipped, however large it is."""
    whole = clip(3.0)
    begins = whole.index(b"mdat") - 4
    assert whole.index(b"moov") > begins
    [frames] = struct.unpack_from(">I", whole, begins)
    gap = 40 * PIECE_BYTES
    wide = struct.pack(">I4s", frames + gap, b"mdat") + bytes(gap)
    grown = whole[:begins] + wide + whole[begins + 8 :]
    found, asked = read(grown)
    assert found == header_of(whole)
    assert sum(asked) <= 3 * PIECE_BYTES
    long = struct.pack(">I4sQ", 1, b"mdat", frames + 8 + gap) + bytes(gap)
    assert header_of(whole[:begins] + long + whole[begins + 8 :]) == found


def test_sound_beside_the_frames_counts_only_where_it_is_as_long() -> None:
    """A file whose parts disagree says nothing that can be believed."""
    assert header_of(clip(3.0, sound_s=3.2)).seconds == pytest.approx(3.2, abs=0.1)
    assert header_of(clip(3.0, sound_s=9.0)).seconds is None


@pytest.mark.parametrize("names", [(b"mvhd",), (b"tkhd",), (b"mvhd", b"tkhd")])
@pytest.mark.parametrize("times", [0.1, 10])
def test_a_header_that_lies_is_not_believed(names: tuple[bytes, ...], times: float) -> None:
    """What it says of the whole must be what its frames take; else the price would be a lie too."""
    told = bytearray(clip(10.0))
    for name in names:
        place = told.index(name) + 4 + {b"mvhd": 16, b"tkhd": 20}[name]
        [ticks] = struct.unpack_from(">I", told, place)
        struct.pack_into(">I", told, place, round(ticks * times))
    assert header_of(bytes(told)).seconds in {None, 10.0}


def test_a_recording_in_pieces_says_nothing() -> None:
    """Its lengths stand all over the file."""
    pieces = clip(3.0, "frag_keyframe+empty_moov")
    assert header_of(pieces).seconds is None


def test_a_turned_clip_has_the_sides_that_are_seen(tmp_path: Path) -> None:
    """Phones write upright videos lying down."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(clip(1.0))
    turned(file, (0, 1, -1, 0))
    found = header_of(file.read_bytes())
    assert (found.width, found.height) == SIZE[::-1]


def test_what_is_no_clip_is_said_to_be_none() -> None:
    """Decided by its first bytes, like every file."""
    for other in (b"", b"<html>", b"\x1aE\xdf\xa3" + bytes(100), b"GIF89a" + bytes(100)):
        assert read(other)[0] is None


def beginnings() -> Iterator[bytes]:
    whole = clip(1.0, "+faststart")
    for length in range(0, len(whole), 37):
        yield whole[:length]


def test_a_file_that_ends_early_says_nothing_wrong() -> None:
    """A part of a file says what the whole says, or nothing."""
    said = header_of(clip(1.0, "+faststart"))
    for data in beginnings():
        assert read(data)[0] in {None, said, NOTHING_SAID}


def _any_bytes(flags: str) -> st.SearchStrategy[bytes]:
    return damaged(clip(1.0, flags))


@given(st.sampled_from(FLAGS).flatmap(_any_bytes) | st.binary(max_size=200))
def test_any_bytes_are_read_in_a_few_pieces(data: bytes) -> None:
    """Nothing is raised, no more is asked for than the header takes, and a length is a length."""
    found, asked = read(data)
    assert len(asked) <= PIECES_MAX + 1
    assert sum(asked) <= PIECES_MAX * PIECE_BYTES + HEADER_MAX_BYTES
    if found is not None and found.seconds is not None:
        assert found.seconds > 0


def ranges(data: bytes) -> Handler:
    """Serve parts of a file."""

    async def answer(request: web.Request) -> web.Response:
        first, stop, _ = request.http_range.indices(len(data))
        if first >= stop:
            return web.Response(status=416)
        said = {"Content-Range": f"bytes {first}-{stop - 1}/{len(data)}"}
        return web.Response(status=206, body=data[first:stop], headers=said)

    return answer


async def test_a_clip_on_a_server_is_measured(server: Server, downloader: Downloader) -> None:
    """By a part of it where the server sends parts; by its beginning where it sends all."""
    behind, before = clip(12.25), clip(12.25, "+faststart")
    server.answer = ranges(behind)
    facts = await probe_clip(downloader, server.url)
    assert facts.is_clip
    assert facts.seconds == pytest.approx(12.25, abs=0.05)
    assert (facts.width, facts.height, facts.size_bytes) == (*SIZE, len(behind))
    server.answer = answering(before)
    assert await probe_clip(downloader, server.url) == ClipFacts(
        True, facts.seconds, *SIZE, len(before)
    )


async def test_a_page_is_no_clip(server: Server, downloader: Downloader) -> None:
    """What a video's page says is not the video."""
    server.answer = answering(b"<!doctype html><html>", Content_Type="text/html")
    assert not (await probe_clip(downloader, server.url)).is_clip


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (500, {}, "HTTP 500"),
        (206, {}, "ranges"),
        (206, {"Content_Range": "bytes 5-9/100"}, "ranges"),
        (200, {"Content_Encoding": "gzip"}, "encoded"),
    ],
)
async def test_a_server_that_sends_something_else_is_a_failed_download(
    server: Server, downloader: Downloader, status: int, headers: dict[str, str], reason: str
) -> None:
    """Named by what is wrong, without the URL."""
    server.answer = answering(b"xxxxx", status, **headers)
    assert (await failure(downloader.fetch_part(server.url, 0, 5, 5))).reason == reason


async def test_parts_end_where_the_file_does(server: Server, downloader: Downloader) -> None:
    """Past its end there is nothing; a link that is gone is gone."""
    server.answer = ranges(b"0123456789")
    assert (await downloader.fetch_part(server.url, 8, 5, 5)).data == b"89"
    assert (await downloader.fetch_part(server.url, 10, 5, 5)).data == b""
    server.answer = answering(b"0123456789")
    assert (await downloader.fetch_part(server.url, 0, 5, 5)).data == b"01234"
    assert (await failure(downloader.fetch_part(server.url, 5, 5, 5))).reason == "ranges"
    server.answer = answering(b"", 404)
    with pytest.raises(DownloadGone):
        await downloader.fetch_part(server.url, 0, 5, 5)


@given(st.text(max_size=60) | st.from_regex(r"bytes \d+-\d+/(\d+|\*)"))
def test_any_range_that_a_server_names_is_read_or_not(header: str) -> None:
    """A number of the file, or nothing."""
    first, size = said_range(header)
    assert first is None or header.startswith("bytes ")
    assert size is None or first is not None
    assert all(one is None or 0 <= one < 10**18 for one in (first, size))
