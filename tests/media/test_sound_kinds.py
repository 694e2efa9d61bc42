"""Laws of finding sound behind what players skip."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import MediaRefused
from bot.media import container, kinds
from bot.media.kinds import Kind
from bot.media.sound import prepare_sound
from bot.media.sound_kinds import SEARCH_MAX_BYTES, find_sound
from bot.messages import locales
from tests.harness.media.samples import sound


def id3(content_bytes: int, *, footer: bool = False) -> bytes:
    """A tag of ID3v2.4 with that much padding in it; its length is written in sevens of bits."""
    length = bytes(content_bytes >> shift & 0x7F for shift in (21, 14, 7, 0))
    head = b"ID3\4\0" + (b"\x10" if footer else b"\0") + length
    return head + bytes(content_bytes) + (b"3DI" + head[3:] if footer else b"")


BEHIND_A_TAG = [
    ("adts", "aac", kinds.AAC),
    ("flac", "flac", kinds.FLAC),
    ("mp3", "libmp3lame", kinds.MP3),
    ("mp2", "mp2", kinds.MP2),
    ("wav", "pcm_s16le", kinds.WAV),
]


@pytest.mark.parametrize("tag", [b"", id3(0), id3(70_000), id3(300, footer=True), id3(9) + id3(20)])
@pytest.mark.parametrize(("fmt", "codec", "kind"), BEHIND_A_TAG)
def test_the_sound_behind_a_tag_is_found(fmt: str, codec: str, kind: Kind, tag: bytes) -> None:
    """A tag for titles says nothing about what follows it, and may be there twice."""
    data = sound(fmt, codec, 2.2)
    written = find_sound(data)[1]  # our MP3 begins with a tag of its own
    assert find_sound(tag + data) == (kind, len(tag) + written)
    prepared = prepare_sound(tag + data)
    assert prepared.duration_s == pytest.approx(2.2, abs=0.1)
    assert prepared.changed == (() if kind is kinds.MP3 else ("converted",))


@pytest.mark.parametrize(("fmt", "codec", "kind"), [BEHIND_A_TAG[0], *BEHIND_A_TAG[2:4]])
@pytest.mark.parametrize("into", [1, 2, 97, 200, 350])
def test_a_recording_may_begin_between_two_frames(
    fmt: str, codec: str, kind: Kind, into: int
) -> None:
    """Cut out of a broadcast, the first whole frame is where it begins."""
    data = sound(fmt, codec, 3.0)
    data = data[find_sound(data)[1] :]
    found, begins = find_sound(data[into:])
    assert found == kind
    assert 0 <= begins < 1300
    assert (data[into:][begins], data[into:][begins + 1] & 0xE0) == (0xFF, 0xE0)
    assert prepare_sound(data[into:]).duration_s == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize("options", [{}, {"mpegts_m2ts_mode": "1"}])
def test_a_broadcast_may_begin_between_its_tables(options: dict[str, str]) -> None:
    """A piece of MPEG-TS is known by its packets, and never taken for the sound inside them."""
    data = sound("mpegts", "aac", 3.0, options=options)
    packet_bytes = 192 if options else 188
    for packets in (1, 2, 3, 7):
        assert find_sound(data[packets * packet_bytes :]) == (kinds.MPEG_TS, 0)
    assert prepare_sound(data[3 * packet_bytes :]).duration_s == pytest.approx(3.0, abs=0.3)


def test_zero_bytes_in_front_are_skipped() -> None:
    """However many there are."""
    data = sound("mp3", "libmp3lame", 3.0)
    data = data[find_sound(data)[1] :]
    assert find_sound(bytes(SEARCH_MAX_BYTES * 2) + data) == (kinds.MP3, SEARCH_MAX_BYTES * 2)


def test_the_search_ends() -> None:
    """Sound far behind something else is no sound: the search is short, whatever the size."""
    data = sound("mp3", "libmp3lame", 3.0)
    assert find_sound(b"\x01" * (SEARCH_MAX_BYTES + 1) + data) == (None, 0)
    with pytest.raises(MediaRefused):
        prepare_sound(b"\x01" * (SEARCH_MAX_BYTES + 1) + data)


@given(st.binary(max_size=400))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """No file makes the search fail, and what it finds is inside the file."""
    for tagged in (data, id3(3) + data, b"\xff\xfb\x90\x64" + data, b"\xff\xf1\x50\x80" + data):
        kind, begins = find_sound(tagged)
        assert kind is None or begins < len(tagged)


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_the_refusal_names_what_is_read(language: str) -> None:
    """Every kind of sound that is opened is in the sentence that says what to send."""
    path = Path(next(iter(locales.__path__))) / f"{language}.toml"
    text = tomllib.loads(path.read_text("utf-8"))["problem"]["sound_unreadable"]
    also = {"MP2": "MP3", "W64": "WAV", "EAC3": "AC-3", "AC3": "AC-3", "ASF": "WMA"}
    for kind in container._DEMUXERS:
        if not kind.is_clip:
            assert also.get(kind.name.upper(), kind.name.upper()) in text
