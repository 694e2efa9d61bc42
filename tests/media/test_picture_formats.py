"""Formats that cannot be read, and what of a picture that can be is passed on."""

import io
import struct

import pytest
from PIL import Image

from bot.media.images import prepare_picture
from bot.media.jpeg_segments import read_jpeg
from tests.harness.media.pictures import corner, refusal
from tests.harness.media.samples import picture, saved


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xff\x0a" + bytes(90), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(90), "JPEG XL"),
        (b"8BPS\0\1" + bytes(90), "Photoshop"),
        (b"\0\0\1\0\1\0" + bytes(90), "ICO"),
    ],
)
def test_a_format_that_cannot_be_read_is_named(data: bytes, name: str) -> None:
    """What Discord or a program shows and we cannot read is refused by its name."""
    error = refusal(data)
    assert error.code == "picture_format"
    assert error.facts == {"format": name}


def raw_photo(order: str, *tags: tuple[int, int, int]) -> bytes:
    """The beginning of a TIFF whose first directory holds these: number, type and value."""
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, type_, 1)
        + struct.pack(f"{order}{'HI'[type_ == 4]}", value).ljust(4, b"\0")
        for tag, type_, value in tags
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags))
    return head + entries + bytes(90)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "tags",
    [
        pytest.param([(254, 4, 1), (256, 4, 160), (257, 4, 120), (330, 4, 9000)], id="preview"),
        pytest.param([(254, 4, 0), (256, 4, 4032), (50706, 4, 0x1040000)], id="DNG"),
        pytest.param([(256, 4, 4032), (262, 3, 34892)], id="colours of a sensor"),
    ],
)
def test_a_raw_photograph_is_refused_as_one(order: str, tags: list[tuple[int, int, int]]) -> None:
    """A camera's raw photograph is a TIFF by its signature; its preview is not what was sent."""
    error = refusal(raw_photo(order, *tags))
    assert (error.code, error.facts) == ("picture_format", {"format": "RAW"})


def test_a_picture_in_lab_is_opaque() -> None:
    """Lab has a band called A as well, which is no transparency."""
    source = Image.new("RGB", (400, 320), (200, 50, 50)).convert("LAB")
    data = saved(source, "TIFF")
    assert Image.open(io.BytesIO(data)).info["icc_profile"]
    assert corner(prepare_picture(data)) == pytest.approx((200, 50, 50), abs=3)


@pytest.mark.parametrize("way", [0xC9, 0xCA])
def test_a_jpeg_that_few_programs_read_is_not_passed_on(way: int) -> None:
    """Only codings that every decoder knows leave as they came: no arithmetic one does."""
    data = saved(picture(), "JPEG")
    assert read_jpeg(data).plain
    other = data.replace(b"\xff\xc0\0\x11", bytes((0xFF, way, 0, 0x11)))
    assert not read_jpeg(other).bare
    assert not read_jpeg(other).plain


def test_the_preview_of_a_jpeg_is_taken_off() -> None:
    """JFIF may hold a small picture, which shows what was there before somebody cut it off."""
    data = saved(picture(), "JPEG")
    assert data[2:6] == b"\xff\xe0\0\x10"
    small = b"\xff\xe0" + struct.pack("!H", 16 + 12) + data[6:18] + b"\2\2" + b"hidden thing"
    prepared = prepare_picture(data[:2] + small + data[20:])
    assert (prepared.data, prepared.changed) == (data, ("cleaned",))
