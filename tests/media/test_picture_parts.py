"""What is in a picture's file beside its pixels, what is missing from it, and its frames."""

import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from bot.media.images import prepare_picture
from bot.media.products import PICTURE_MAX_BYTES
from tests.harness.media import colour_files as files
from tests.harness.media import colour_science as science
from tests.harness.media.colour_files import chunk, png
from tests.harness.media.pictures import WHITE, corner, exif, opened, refusal
from tests.harness.media.samples import noise, picture, saved

MIB = 1024 * 1024
RED, BLUE = (255, 0, 0), (0, 0, 255)
TEXT = b"a text that is as long as a picture "


def text(name: bytes, unpacked_bytes: int) -> bytes:
    packed = zlib.compress(TEXT * (unpacked_bytes // len(TEXT) + 1))
    head = {b"zTXt": b"Comment\0\0", b"iTXt": b"Comment\0\1\0\0\0"}.get(name, b"Comment\0")
    return chunk(name, head + (packed if name in {b"zTXt", b"iTXt"} else TEXT))


EXTRAS: dict[str, Callable[[], bytes]] = {
    "a profile over 1 MiB": lambda: files.iccp(
        files.profile("srgb", science.srgb_curve, padding=MIB)
    ),
    "a profile of 40 MiB": lambda: files.iccp(
        files.profile("srgb", science.srgb_curve, padding=40 * MIB)
    ),
    "zTXt over 1 MiB": lambda: text(b"zTXt", MIB),
    "iTXt over 1 MiB": lambda: text(b"iTXt", MIB),
    "zTXt of 300 MiB": lambda: text(b"zTXt", 300 * MIB),
    "many texts": lambda: text(b"tEXt", 0) * 5000,
    "text with a wrong checksum": lambda: text(b"tEXt", 0)[:-4] + b"\0\0\0\0",
    "a profile with a wrong checksum": lambda: files.iccp(b"x")[:-4] + b"\0\0\0\0",
    "a broken text": lambda: chunk(b"zTXt", b"\xff" * 90),
    "a chunk of no known name": lambda: chunk(b"abCd", b"\0" * 90),
}


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_what_is_no_picture_is_no_reason_to_refuse_one(extra: str) -> None:
    """Whatever hangs in a PNG beside its pixels, the pixels are taken and the rest is not."""
    data = png(RED, BLUE, colour_type=2, before=EXTRAS[extra]())
    prepared = prepare_picture(data)
    assert corner(prepared) == RED
    assert TEXT not in prepared.data
    assert len(prepared.data) < len(data)


@pytest.mark.parametrize("end", [b"", chunk(b"IEND", b"")[:7], chunk(b"tEXt", TEXT)[:20]])
def test_a_png_without_its_end_is_whole(end: bytes) -> None:
    """A PNG whose every pixel is there is taken, with or without the mark at its end."""
    prepared = prepare_picture(png(RED, BLUE, colour_type=2, end=end))
    assert corner(prepared) == RED
    assert corner(prepared, 390, 290) == BLUE
    opened(prepared)


def test_what_a_png_says_after_its_pixels_is_not_heard() -> None:
    """Browsers show a PNG as it is known before its pixels: neither turned nor recoloured after."""
    late = files.gama(1.0) + chunk(b"eXIf", exif(6).tobytes().removeprefix(b"Exif\0\0"))
    data = png((200, 60, 60), BLUE, colour_type=2, end=late + chunk(b"IEND", b""))
    prepared = prepare_picture(data)
    assert prepared.changed == ("cleaned",)
    assert opened(prepared).getpixel((20, 20)) == (200, 60, 60)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_a_jpeg_without_its_end_is_whole(subsampling: str, *, progressive: bool) -> None:
    """Of a JPEG the two bytes at the end may be missing, and nothing else."""
    data = saved(noise(480, 330), "JPEG", subsampling=subsampling, progressive=progressive)
    whole = prepare_picture(data[:-2])
    assert whole.changed == ("cleaned",)
    assert whole.data == prepare_picture(data + b"something behind its end").data
    for missing_bytes in (3, 8, 40, 400, len(data) // 2):
        assert refusal(data[:-missing_bytes]).code == "picture_unreadable"


def test_a_progressive_jpeg_without_its_last_scans_is_cut_off() -> None:
    """A picture of which only the coarse scans came is refused, although it could be shown."""
    data = saved(picture(), "JPEG", progressive=True)
    last_scan = data.rindex(b"\xff\xda")
    last_table = data.rindex(b"\xff\xc4", 0, last_scan)
    for cut in (last_scan, last_table):
        assert refusal(data[:cut]).code == "picture_unreadable"


def test_extras_of_a_jpeg_are_taken_off_before_it_is_decoded() -> None:
    """Previews, comments and segments that are broken do not keep a JPEG from being read."""
    data = saved(picture(), "JPEG")
    broken = b"".join(
        b"\xff" + bytes((code,)) + struct.pack("!H", len(content) + 2) + content
        for code, content in (
            (0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
            (0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
            (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff"),
            (0xEB, b"JP" * 900),
            (0xFE, TEXT),
        )
    )
    prepared = prepare_picture(data[:2] + broken + data[2:])
    assert prepared.changed == ("cleaned",)
    assert corner(prepared) == RED
    assert TEXT not in prepared.data


@pytest.mark.parametrize(
    ("depth", "colour_type", "key", "other"),
    [
        (1, 0, (1,), (0,)),
        (2, 0, (2,), (1,)),
        (4, 0, (7,), (8,)),
        (8, 0, (200,), (201,)),
        (16, 0, (0x1234,), (0x1235,)),
        (8, 2, (10, 20, 30), (10, 20, 31)),
        (16, 2, (0x1234, 0x5678, 0x9ABC), (0x1234, 0x5678, 0x9ABD)),
    ],
)
def test_the_colour_of_a_key_becomes_white(
    depth: int, colour_type: int, key: tuple[int, ...], other: tuple[int, ...]
) -> None:
    """A PNG's transparent colour is found in its own numbers, to the last bit."""
    transparency = chunk(b"tRNS", struct.pack(f"!{len(key)}H", *key))
    prepared = prepare_picture(
        png(key, other, depth=depth, colour_type=colour_type, before=transparency)
    )
    assert prepared.changed == ("flattened",) or set(prepared.changed) == {"flattened", "converted"}
    image = opened(prepared).convert("RGB")
    assert image.getpixel((20, 20)) == WHITE
    scale = (1 << depth) - 1
    expected = tuple(round(sample * 255 / scale) for sample in other)
    got = image.getpixel((390, 290))
    assert isinstance(got, tuple)
    wanted = expected * 3 if len(expected) == 1 else expected
    assert all(abs(a - b) <= 1 for a, b in zip(got, wanted, strict=True))


@pytest.mark.parametrize(("alpha", "said"), [(255, False), (254, True)])
def test_the_background_became_white_only_if_there_was_one(alpha: int, *, said: bool) -> None:
    """A picture with an alpha channel in which nothing is transparent was not flattened."""
    image = picture(mode="RGBA")
    image.putalpha(alpha)
    assert ("flattened" in prepare_picture(saved(image, "PNG")).changed) == said


def test_black_of_sixteen_bits_stays_black() -> None:
    """Grey of 16 bits without a key keeps its black."""
    prepared = prepare_picture(png((0,), (65535,), depth=16, colour_type=0))
    assert corner(prepared) == (0, 0, 0)
    assert corner(prepared, 390, 290) == WHITE
    assert "flattened" not in prepared.changed


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_a_negative_is_turned_round(depth: int) -> None:
    """In a TIFF whose zero is white, zero is white at every depth."""
    prepared = prepare_picture(_white_is_zero(depth))
    assert corner(prepared) == WHITE
    assert corner(prepared, 390, 290) == (0, 0, 0)


def _white_is_zero(depth: int) -> bytes:
    """A TIFF of one strip: its left half is 0, its right half the greatest number."""
    width, height = files.WIDTH, files.HEIGHT
    row = bytes(width * depth // 16) + b"\xff" * (width * depth // 16)
    entries = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, depth),
        (259, 3, 1),
        (262, 3, 0),
        (273, 4, 8 + 2 + 9 * 12 + 4),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, len(row) * height),
    ]
    packed = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", value) for tag, kind, value in entries
    )
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return head + packed + bytes(4) + row * height


@pytest.mark.parametrize(
    ("canvas", "shown"),
    [((400, 300), (400, 300)), ((200, 150), (350, 300)), ((0, 0), (350, 300))],
)
def test_what_no_frame_of_a_gif_covers_is_white(
    canvas: tuple[int, int], shown: tuple[int, int]
) -> None:
    """Round a first frame that is not the whole canvas, or that makes it larger, it is white."""
    striped = Image.new("P", (200, 200), 0)
    striped.putpalette(bytes((200, 30, 30, *BLUE)))
    striped.paste(1, (100, 0, 200, 200))
    inner = saved(striped, "GIF")
    palette = bytes((200, 30, 30, *BLUE)) + bytes(3 * 254)
    pixels = inner[inner.index(b"\x2c\0\0\0\0") + 10 :]
    head = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0xF7, 0, 0) + palette
    frame = b"\x2c" + struct.pack("<HHHHB", 150, 100, 200, 200, 0)
    prepared = prepare_picture(head + frame + pixels)
    assert (prepared.width, prepared.height) == shown
    assert corner(prepared) == WHITE
    assert corner(prepared, 340, 20) == WHITE
    assert corner(prepared, 340, 290) == BLUE
    assert prepared.changed == ("converted", "flattened")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("blank", ["clear", "white", "black"])
def test_an_animation_is_used_from_where_something_is_shown(kind: str, blank: str) -> None:
    """A blank first frame would order a blank picture: the first that shows something is taken."""
    mode = "RGBA"
    colour = {"clear": (0, 0, 0, 0), "white": (255,) * 4, "black": (0, 0, 0, 255)}[blank]
    empty = Image.new(mode, (480, 320), colour)
    data = saved(
        empty, kind, save_all=True, append_images=[picture(mode=mode)], disposal=2, duration=100
    )
    prepared = prepare_picture(data)
    assert prepared.changed[0] == "later_frame"
    assert corner(prepared) == RED


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_an_animation_of_blank_frames_is_its_first(mode: str) -> None:
    """Where nothing is ever shown, the first frame stands, in its own colour."""
    frames = [Image.new("RGB", (400, 300), colour).convert(mode) for colour in ("white", "black")]
    prepared = prepare_picture(saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert prepared.changed == ("first_frame",)
    assert corner(prepared) == WHITE


def test_the_hidden_picture_of_an_animated_png_is_not_used() -> None:
    """The picture for programs without animation is not shown by those that have it."""
    frames = [picture(), picture(top_left="lime")]
    data = saved(
        picture(top_left="blue"), "PNG", save_all=True, append_images=frames, default_image=True
    )
    prepared = prepare_picture(data)
    assert corner(prepared) == RED
    assert prepared.changed == ("first_frame",)


def test_a_broken_animation_is_a_picture() -> None:
    """A PNG whose animation cannot be followed is the picture that it begins with."""
    data = saved(picture(), "PNG", save_all=True, append_images=[picture(top_left="lime")])
    at = data.index(b"fcTL") - 4
    broken = data[:at] + data[at + 38 :]  # the frame that the first picture belonged to
    broken = broken.replace(b"fdAT", b"fdAX")
    assert corner(prepare_picture(broken)) == RED


def test_a_broken_rest_of_an_animation_does_not_matter() -> None:
    """A first frame that shows nothing is used if what follows cannot be read."""
    empty = Image.new("RGB", (400, 300), "white")
    data = saved(empty, "WEBP", save_all=True, append_images=[picture(400, 300)], lossless=True)
    second = data.rindex(b"ANMF") + 40
    prepared = prepare_picture(data[:second] + bytes(len(data) - second))
    assert corner(prepared) == WHITE


def test_a_jpeg_in_other_colours_is_converted() -> None:
    """A profile that means other colours is applied and left behind, not passed on."""
    profile = files.profile("p3", science.srgb_curve)
    data = saved(picture(), "JPEG", icc_profile=profile)
    prepared = prepare_picture(data)
    assert prepared.changed == ("converted",)
    assert b"ICC_PROFILE" not in prepared.data


def test_a_jpeg_whose_profile_is_srgb_keeps_every_byte() -> None:
    """A profile that changes nothing is no reason to encode a JPEG again."""
    data = saved(picture(), "JPEG", icc_profile=files.profile("srgb", science.srgb_curve))
    prepared = prepare_picture(data)
    assert (prepared.data, prepared.changed) == (data, ())


def test_a_large_picture_with_all_of_it_stays_within_the_limits() -> None:
    """Colour key, 16 bits and a profile together change nothing about the size that comes out."""
    before = chunk(b"tRNS", struct.pack("!3H", 1, 2, 3)) + files.iccp(
        files.profile("p3", science.srgb_curve)
    )
    prepared = prepare_picture(png((1, 2, 3), (9, 9, 9), depth=16, colour_type=2, before=before))
    assert len(prepared.data) <= PICTURE_MAX_BYTES
    assert corner(prepared) == WHITE
