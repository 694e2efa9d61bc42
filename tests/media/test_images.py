"""Laws of preparing pictures for Kling."""

import io
import struct

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.media.images import prepare_picture
from tests.harness.media.pictures import (
    WHITE,
    corner,
    exif,
    heic,
    opened,
)
from tests.harness.media.samples import noise, picture, saved


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_plain_picture_passes_untouched(kind: str, mode: str) -> None:
    """JPEG and PNG that Kling takes as they are keep every byte."""
    data = saved(picture(mode=mode), kind)
    prepared = prepare_picture(data)
    assert prepared.data == data
    assert prepared.changed == ()
    opened(prepared)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "BMP", "TIFF", "GIF", "HEIC"])
def test_other_formats_are_converted(kind: str) -> None:
    """What Kling does not take becomes what it takes, with the same picture in it."""
    source = picture()
    prepared = prepare_picture(heic(source) if kind == "HEIC" else saved(source, kind))
    assert prepared.changed == ("converted",)
    assert (prepared.width, prepared.height) == source.size
    assert corner(prepared) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    """An animated picture is used by its first frame, and that is said."""
    frames = [picture(top_left="blue"), picture(top_left="lime")]
    data = saved(picture(), kind, save_all=True, append_images=frames)
    prepared = prepare_picture(data)
    assert prepared.changed[0] == "first_frame"
    assert corner(prepared) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF", "TIFF", "HEIC"])
@pytest.mark.parametrize(
    ("orientation", "red_corner"),
    [
        (1, (0, 0)),
        (2, (1, 0)),
        (3, (1, 1)),
        (4, (0, 1)),
        (5, (0, 0)),
        (6, (1, 0)),
        (7, (1, 1)),
        (8, (0, 1)),
    ],
)
def test_a_picture_is_turned_upright(
    kind: str, orientation: int, red_corner: tuple[int, int]
) -> None:
    """Each of the eight EXIF orientations ends with the pixels where a viewer shows them."""
    tags = exif(orientation)
    source = picture()
    prepared = prepare_picture(
        heic(source, exif=tags.tobytes()) if kind == "HEIC" else saved(source, kind, exif=tags)
    )
    sideways = orientation >= 5
    assert (prepared.width, prepared.height) == ((320, 480) if sideways else (480, 320))
    x, y = (
        20 if not side else length - 20
        for side, length in zip(red_corner, (prepared.width, prepared.height), strict=True)
    )
    assert corner(prepared, x, y) == (255, 0, 0)
    by_its_decoder = kind in {"TIFF", "HEIC"}
    assert ("turned" in prepared.changed) == (orientation != 1 and not by_its_decoder)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("type_", "count", "turned"),
    [
        (3, 1, True),  # SHORT, as EXIF has it
        (3, 2, False),
        (4, 1, False),  # LONG
        (8, 1, False),  # SSHORT
        (9, 1, False),  # SLONG, as some editors of photographs write it
    ],
)
def test_an_orientation_of_another_type_is_not_heard(
    kind: str, order: str, type_: int, count: int, *, turned: bool
) -> None:
    """Such a photograph lies on its side in Chromium, so that is how it was sent."""
    letter = {3: "H", 4: "I", 8: "h", 9: "i"}[type_]
    value = struct.pack(f"{order}{count}{letter}", *[6] * count).ljust(4, b"\0")
    head = b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*")
    entry = struct.pack(f"{order}IHHHI", 8, 1, 0x0112, type_, count) + value + bytes(4)
    prepared = prepare_picture(saved(picture(), kind, exif=head + entry))
    assert ("turned" in prepared.changed) is turned
    assert (prepared.width > prepared.height) is not turned


def test_the_place_where_it_was_taken_is_removed() -> None:
    """GPS and every other tag are gone from a JPEG, and not a pixel of it is another."""
    image = noise(400, 320)
    data = saved(image, "JPEG", exif=exif(), comment=b"home", quality=80)
    prepared = prepare_picture(data)
    assert prepared.changed == ("cleaned",)
    assert b"Exif" not in prepared.data
    assert b"home" not in prepared.data
    assert Image.open(io.BytesIO(data)).tobytes() == opened(prepared).tobytes()


def test_text_in_a_png_is_removed() -> None:
    """What an editor wrote into a PNG does not travel on."""
    text = PngInfo()
    text.add_text("Author", "somebody at home")
    prepared = prepare_picture(saved(picture(), "PNG", pnginfo=text, exif=exif()))
    assert prepared.changed == ("cleaned",)
    assert b"somebody" not in prepared.data
    assert corner(prepared) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hangs_behind_a_picture_is_cut_off(kind: str) -> None:
    """A file that is a picture and something else as well leaves as a picture alone."""
    prepared = prepare_picture(saved(picture(), kind) + b"PK\3\4 a second file")
    assert prepared.changed == ("cleaned",)
    assert b"second file" not in prepared.data


def test_transparency_becomes_white() -> None:
    """Kling is not left to guess what stands behind a transparent pixel."""
    image = picture(mode="RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    prepared = prepare_picture(saved(image, "PNG"))
    assert "flattened" in prepared.changed
    assert corner(prepared) == WHITE


def test_a_transparent_palette_becomes_white() -> None:
    """A GIF's transparent index is transparency too."""
    image = picture().quantize(16)
    index = image.getpixel((20, 20))
    prepared = prepare_picture(saved(image, "GIF", transparency=index))
    assert set(prepared.changed) == {"converted", "flattened"}
    assert corner(prepared) == WHITE


def test_cmyk_becomes_rgb() -> None:
    """A JPEG for printing is converted, with its colours."""
    prepared = prepare_picture(saved(picture(mode="CMYK"), "JPEG"))
    assert prepared.changed == ("converted",)
    assert corner(prepared) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_deep_grey_becomes_eight_bits(mode: str) -> None:
    """Sixteen and more bits a sample are scaled, not cut off."""
    grey = picture(mode="L")
    deep = grey.convert("I").point(lambda sample: sample * 256)
    image = deep.convert(mode) if mode != "I" else deep
    prepared = prepare_picture(saved(image, "TIFF"))
    shades = opened(prepared).convert("L").tobytes()
    assert min(shades) <= 3
    assert max(shades) >= 240


def test_a_palette_png_becomes_colours() -> None:
    """A PNG with a palette is unfolded."""
    prepared = prepare_picture(saved(picture().quantize(64), "PNG"))
    assert corner(prepared) == (255, 0, 0)


def test_a_colour_profile_is_applied_when_a_picture_is_converted() -> None:
    """Numbers that mean other colours are translated, not taken at face value."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    for profile in (srgb.tobytes(), lab.tobytes(), b"no profile at all"):
        prepared = prepare_picture(saved(picture(), "WEBP", icc_profile=profile))
        assert corner(prepared) == (255, 0, 0)
