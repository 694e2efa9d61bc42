"""What takes the files of pictures apart, given bytes that are none."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.media import kinds
from bot.media.colour_spaces import SRGB, Primaries, power
from bot.media.gif_blocks import on_clear_canvas
from bot.media.icc_profiles import code_points, matrix_profile
from bot.media.image_colours import conversion
from bot.media.image_source import Source, orientation_of
from bot.media.jpeg_segments import END, START, read_jpeg
from bot.media.png_chunks import SIGNATURE, read_png
from bot.media.raw_photos import is_raw_photo
from tests.harness.media import colour_files as files
from tests.harness.media import colour_science as science
from tests.harness.media.mutations import damaged
from tests.harness.media.pictures import exif
from tests.harness.media.samples import picture, saved

PNG = files.png(
    (1, 2, 3),
    (4, 5, 6),
    colour_type=2,
    before=files.cicp(9, 1) + files.gama(1.0) + files.P3_CHRM + files.iccp(b"p" * 200),
)
JPEG = saved(picture(), "JPEG", exif=exif(6), comment=b"a comment")
TIFF = saved(picture(), "TIFF", tiffinfo={254: 1})
GIF = saved(picture(), "GIF", comment=b"a comment")
PROFILE = files.profile("p3", power(1.8))
NUMBERS = st.floats(0, 50)


@given(damaged(PNG) | st.binary(max_size=300).map(SIGNATURE.__add__))
def test_a_png_is_taken_apart_or_is_none(data: bytes) -> None:
    """However it is damaged, what is left of a PNG is one, or a ValueError says that it is none."""
    try:
        png = read_png(data)
    except ValueError:
        return
    assert png.data.startswith(SIGNATURE)
    assert png.data.endswith(b"IEND\xae\x42\x60\x82")
    assert len(png.data) <= len(data) + 16
    conversion(png.colour, "RGB")


@given(damaged(JPEG) | st.binary(max_size=300).map(START.__add__))
def test_a_jpeg_is_taken_apart(data: bytes) -> None:
    """However it is damaged, what may be passed on is whole, and read again it is all picture."""
    jpeg = read_jpeg(data)
    assert jpeg.data.startswith(START)
    assert jpeg.data.endswith(END) or not jpeg.bare
    if jpeg.bare:
        again = read_jpeg(jpeg.bare)
        assert again.plain
        assert again.bare == again.data == jpeg.bare
        assert all(read_jpeg(other).bare for other in jpeg.broken_off())
        assert len(jpeg.bare) <= len(jpeg.data)
    assert len(jpeg.data) <= len(data) + len(START) + len(END)


def test_a_scan_is_walked_once() -> None:
    """A long run of fill bytes costs no more than others, however long it is."""
    filled = JPEG[: -len(END)] + b"\xff" * 2_000_000 + b"\0" + END
    assert read_jpeg(filled).had_end


@given(damaged(TIFF) | st.binary(max_size=300).map(b"MM\0*".__add__))
def test_a_tiff_is_a_raw_photograph_or_not(data: bytes) -> None:
    """Whatever its directory says or points at, there is an answer."""
    assert is_raw_photo(data) in {True, False}


@given(damaged(GIF) | st.binary(max_size=300))
def test_a_gif_keeps_its_bytes(data: bytes) -> None:
    """Nothing is lost but the size: at most a frame is put in front, on a canvas with room."""
    cleared = on_clear_canvas(data)
    added = len(cleared) - len(data)
    if added:
        before, after = (struct.unpack_from("<HH", each, 6) for each in (data, cleared))
        assert after[0] >= before[0]
        assert after[1] >= before[1]
        cleared = cleared[:6] + data[6:10] + cleared[10:]
    assert cleared == data or any(
        cleared[:at] + cleared[at + added :] == data for at in range(len(data) + 1)
    )


@given(damaged(exif(6).tobytes() + bytes(200)) | st.binary(max_size=200))
def test_any_exif_turns_a_picture_or_leaves_it(data: bytes) -> None:
    """Whatever EXIF says or breaks off with, there is one of eight orientations."""
    source = Source(kinds.JPEG, b"", exif=data)
    assert orientation_of(Image.new("RGB", (1, 1)), source) in range(1, 9)


@given(damaged(PROFILE) | st.binary(max_size=300))
def test_a_profile_is_used_or_not(data: bytes) -> None:
    """No profile, however broken, is a reason to refuse a picture."""
    code_points(data)
    for mode in ("L", "RGB", "CMYK"):
        convert = conversion(data, mode)
        if convert is not None:
            assert convert(Image.new(mode, (4, 4))).mode == "RGB"


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=4, max_size=4), st.floats(0.01, 100))
def test_any_primaries_make_a_profile_or_none(
    places: list[tuple[float, float]], exponent: float
) -> None:
    """Primaries that span no triangle, or no white, are a ValueError and nothing else."""
    try:
        data = matrix_profile(Primaries(*places), power(exponent))
    except (ValueError, ArithmeticError):
        return
    assert data[36:40] == b"acsp"
    assert len(data) == int.from_bytes(data[:4], "big")


def test_our_own_profile_of_srgb_changes_nothing() -> None:
    """The profile that is written for sRGB is sRGB."""
    assert conversion(matrix_profile(SRGB, science.srgb_curve), "RGB") is None
    assert conversion(matrix_profile(SRGB, power(1.0)), "RGB") is not None
