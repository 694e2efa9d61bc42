"""Laws of preparing pictures for Kling."""

import io
import struct
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from pillow_heif import from_pillow

from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.images import PICTURE_MAX_BYTES, SIDE_MAX_PX, Picture, _within, prepare_picture
from tests.media.conftest import InWorker
from tests.media.samples import noise, picture, saved

GPS_IFD = 0x8825
ORIENTATION = 0x0112
RED, WHITE = (254, 0, 0), (255, 255, 255)


def opened(prepared: Picture) -> Image.Image:
    """What Kling would see; the facts of the result are checked on the way."""
    image = Image.open(io.BytesIO(prepared.data))
    image.load()
    assert (prepared.width, prepared.height) == image.size
    assert prepared.media_type == {"JPEG": "image/jpeg", "PNG": "image/png"}[image.format or ""]
    assert image.mode in {"RGB", "L"}
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    return image


def corner(prepared: Picture, x: int = 20, y: int = 20) -> tuple[int, int, int]:
    """One pixel, with what JPEG loses rounded away."""
    pixel = opened(prepared).convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    red, green, blue = (0 if value < 30 else 255 if value > 225 else value for value in pixel)
    return int(red), int(green), int(blue)


def refusal(data: bytes) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        prepare_picture(data)
    return caught.value


def heic(image: Image.Image) -> bytes:
    out = io.BytesIO()
    from_pillow(image).save(out, quality=90)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags.get_ifd(GPS_IFD)[2] = (52.0, 31.0, 0.0)
    return tags


def png_header(width: int, height: int, content_bytes: int = 8_000_000) -> bytes:
    """A PNG that claims a size and holds zeros; by default a deflate bomb of megabytes in a few."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack("!I", len(content))
            + name
            + content
            + struct.pack("!I", zlib.crc32(name + content))
        )

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(content_bytes), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
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
    prepared = prepare_picture(saved(picture(), kind, exif=exif(orientation)))
    sideways = orientation >= 5
    assert (prepared.width, prepared.height) == ((320, 480) if sideways else (480, 320))
    x, y = (
        20 if not side else length - 20
        for side, length in zip(red_corner, (prepared.width, prepared.height), strict=True)
    )
    assert corner(prepared, x, y) == (255, 0, 0)
    assert ("turned" in prepared.changed) == (orientation != 1 and kind != "TIFF")


def test_the_place_where_it_was_taken_is_removed() -> None:
    """GPS and every other tag are gone from a JPEG, which otherwise stays what it was."""
    image = picture()
    data = saved(image, "JPEG", exif=exif(), comment=b"home", quality=80)
    prepared = prepare_picture(data)
    assert prepared.changed == ("cleaned",)
    assert b"Exif" not in prepared.data
    assert b"home" not in prepared.data
    before, after = Image.open(io.BytesIO(data)), opened(prepared)
    assert getattr(before, "quantization") == getattr(after, "quantization")  # noqa: B009 - JPEG alone has it


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


@pytest.mark.parametrize(("size", "fine"), [((300, 300), True), ((299, 300), False)])
def test_the_least_side(size: tuple[int, int], fine: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """300 px pass and 299 do not, and the numbers are said."""
    data = saved(picture(*size), "PNG")
    if fine:
        assert prepare_picture(data).width == 300
    else:
        error = refusal(data)
        assert error.code == "picture_too_small"
        assert error.facts == {"width": 299, "height": 300, "min": 300}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_greatest_ratio(kind: str) -> None:
    """2.5:1 passes and a pixel more does not; said as a viewer shows the picture."""
    assert prepare_picture(saved(picture(750, 300), kind)).width == 750
    error = refusal(saved(picture(751, 300), kind, exif=exif(6)))
    assert error.code == "picture_ratio"
    assert error.facts == {"width": 300, "height": 751, "max_ratio": 2.5}


@given(
    shorter=st.integers(300, 3000),
    ratio=st.floats(1, 2.5),
    side=st.integers(1, 6000),
)
def test_shrinking_never_breaks_a_limit(shorter: int, ratio: float, side: int) -> None:
    """However a legal size is scaled down, the result is a legal size."""
    width, height = _within((int(shorter * ratio), shorter), side)
    assert height >= 300
    assert height <= width <= 2.5 * height


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_shrunk(kind: str) -> None:
    """Sides beyond the greatest are scaled down and nothing is refused for being big."""
    prepared = prepare_picture(saved(picture(5000, 2000), kind))
    assert prepared.changed == ("shrunk",)
    assert prepared.width == SIDE_MAX_PX
    assert prepared.width <= 2.5 * prepared.height
    opened(prepared)


@pytest.mark.parametrize("max_bytes", [PICTURE_MAX_BYTES, 150_000])
def test_heavy_bytes_are_made_lighter(max_bytes: int) -> None:
    """A picture over the limit comes out under it, with its ratio kept."""
    data = saved(noise(2520, 1680), "PNG")
    assert len(data) > PICTURE_MAX_BYTES
    prepared = prepare_picture(data, max_bytes)
    assert len(prepared.data) <= max_bytes
    assert prepared.width / prepared.height == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize(
    "data",
    [png_header(50_000, 50_000), png_header(65_000, 2_000_000), png_header(12_000, 12_000)],
)
def test_a_bomb_is_refused_by_its_header(data: bytes) -> None:
    """A file that claims more pixels than fit in memory is refused before one is decoded."""
    assert len(data) < 10_000
    error = refusal(data)
    assert error.code == "picture_bomb"
    assert int(error.facts["megapixels"]) > int(error.facts["max"])


def test_a_deflate_bomb_is_only_a_picture() -> None:
    """What is packed beyond the pixels that the header names is never unpacked."""
    assert prepare_picture(png_header(300, 300)).width == 300


def test_a_picture_with_too_few_pixels_is_refused() -> None:
    """A file that is whole as a file, but holds less than its header says, is no picture."""
    assert refusal(png_header(300, 300, 1000)).code == "picture_unreadable"


def test_the_picture_of_a_large_telephone_is_no_bomb() -> None:
    """A JPEG may have more pixels than others, because it is decoded at a fraction of them."""
    data = saved(Image.new("L", (11_000, 8_000), 200), "JPEG")
    assert prepare_picture(data).changed == ("shrunk",)
    assert refusal(saved(Image.new("1", (11_000, 8_000)), "PNG")).code == "picture_bomb"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='500' height='500'/>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + bytes(200),
        b"BM" + bytes(100),
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"ID3\4\0\0\0\0\0\0",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """Neither a name nor a declared type nor a signature alone makes a picture."""
    assert refusal(data).code == "picture_unreadable"


SOURCES = {
    "JPEG": saved(picture(), "JPEG", exif=exif(6)),
    "PNG": saved(picture(), "PNG"),
    "WEBP": saved(picture(), "WEBP"),
    "GIF": saved(picture(), "GIF"),
    "TIFF": saved(picture(), "TIFF", compression="tiff_lzw"),
    "AVIF": saved(picture(), "AVIF"),
    "HEIC": heic(picture()),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIC", "TIFF"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
    """Half a file is not half a picture."""
    data = SOURCES[kind]
    assert refusal(data[: len(data) // 2]).code == "picture_unreadable"


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_a_mutated_picture_is_used_or_refused(kind: str, in_worker: InWorker) -> None:
    """Whatever bytes are flipped, the bot gets a picture, a refusal or a lost worker."""
    source = SOURCES[kind]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        flips=st.lists(
            st.tuples(st.integers(0, len(source) - 1) | st.integers(0, 200), st.integers(0, 255)),
            min_size=1,
            max_size=12,
        ),
        end=st.integers(len(source) // 2, len(source)) | st.just(len(source)),
    )
    def mutate(flips: list[tuple[int, int]], end: int) -> None:
        mutated = bytearray(source)
        for at, value in flips:
            mutated[at] = value
        try:
            prepared = in_worker(prepare_picture, bytes(mutated[:end]))
        except (MediaRefused, MediaWorkerFailed):
            return
        opened(prepared)

    mutate()
