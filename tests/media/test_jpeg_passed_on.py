"""What of a JPEG is passed on where not a pixel changes: what is picture, and nothing else."""

import io

import pytest
from PIL import Image

from bot.media.images import prepare_picture
from bot.media.jpeg_segments import read_jpeg
from tests.harness.media.samples import noise, picture, saved

JPEG = saved(picture(), "JPEG")
START, REST, END = JPEG[:2], JPEG[2:-2], JPEG[-2:]
HIDDEN = b"hidden thing"
ADOBE = b"Adobe\0\x64\0\0\0\0\1"


def segment(code: int, content: bytes) -> bytes:
    return bytes((0xFF, code)) + (2 + len(content)).to_bytes(2, "big") + content


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(START + segment(code, HIDDEN) + REST + END, id=f"{code:x} in front")
        for code in (0x02, 0xC8, 0xDC, 0xDE, 0xE3, 0xEE, 0xF0, 0xFD, 0xFE)
    ]
    + [
        pytest.param(START + REST + segment(code, said) + END, id=f"{code:x} behind")
        for code, said in ((0xDB, b"\3" + bytes(range(1, 65))), (0xDC, HIDDEN), (0xFE, HIDDEN))
    ]
    + [
        pytest.param(START + REST + b"\xff\1" + HIDDEN + END, id="between marks"),
        pytest.param(JPEG + HIDDEN, id="behind the end"),
    ],
)
def test_what_is_no_picture_is_left_out(data: bytes) -> None:
    """Only what a picture is decoded from is kept, whatever name the rest has, byte for byte."""
    prepared = prepare_picture(data)
    assert (prepared.data, prepared.changed) == (JPEG, ("cleaned",))


@pytest.mark.parametrize("end", [HIDDEN, b"\xff\xd3" + HIDDEN, b"\xff" * 12])
@pytest.mark.parametrize("progressive", [False, True])
def test_bytes_behind_a_scan_are_not_passed_on(end: bytes, progressive: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What is behind the last scan looks like a part of it, and no decoder shows it."""
    whole = saved(noise(300, 300), "JPEG", progressive=progressive)
    assert prepare_picture(whole).data == whole
    prepared = prepare_picture(whole[:-2] + end + END)
    assert prepared.changed == ("cleaned",)
    assert end not in prepared.data


def test_how_adobe_codes_colours_is_written_anew() -> None:
    """Its segment of 12 bytes decides about colours and stays; what follows in it goes."""
    coded = START + segment(0xEE, ADOBE) + REST[18:] + END
    assert read_jpeg(coded).plain
    assert pixels(prepare_picture(coded).data) == pixels(coded)
    more = START + segment(0xEE, ADOBE + HIDDEN) + REST[18:] + END
    assert prepare_picture(more).data == coded


@pytest.mark.parametrize("length", [0, 1])
def test_a_length_that_is_none_ends_the_walk(length: int) -> None:
    """What follows is left to the decoder, and then it is encoded again."""
    odd = b"\xff\xfe" + length.to_bytes(2, "big")
    prepared = prepare_picture(START + odd + REST + segment(0xFE, HIDDEN) + END)
    assert prepared.changed == ("cleaned",)
    assert not read_jpeg(START + odd + REST + END).bare
    assert HIDDEN not in prepared.data
