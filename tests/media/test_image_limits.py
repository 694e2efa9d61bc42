"""How small, large, odd or broken a picture may be."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.image_encoding import SIDE_MAX_PX, within
from bot.media.images import prepare_picture
from bot.media.products import PICTURE_MAX_BYTES
from tests.harness.media.mutations import damaged
from tests.harness.media.pictures import exif, heic, opened, png_header, refusal
from tests.harness.media.samples import noise, picture, saved
from tests.media.conftest import InWorker


@pytest.mark.sweep
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


@pytest.mark.sweep
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
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
    width, height = within((int(shorter * ratio), shorter), side)
    assert height >= 300
    assert height <= width <= 2.5 * height


@pytest.mark.sweep
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_shrunk(kind: str) -> None:
    """Sides beyond the greatest are scaled down and nothing is refused for being big."""
    prepared = prepare_picture(saved(picture(5000, 2000), kind))
    assert prepared.changed == ("shrunk",)
    assert prepared.width == SIDE_MAX_PX
    assert prepared.width <= 2.5 * prepared.height
    opened(prepared)


@pytest.mark.sweep
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


@pytest.mark.sweep
def test_a_deflate_bomb_is_only_a_picture() -> None:
    """What is packed beyond the pixels that the header names is never unpacked."""
    assert prepare_picture(png_header(300, 300)).width == 300


@pytest.mark.sweep
def test_a_picture_with_too_few_pixels_is_refused() -> None:
    """A file that is whole as a file, but holds less than its header says, is no picture."""
    assert refusal(png_header(300, 300, 1000)).code == "picture_unreadable"


@pytest.mark.sweep
def test_the_picture_of_a_large_telephone_is_no_bomb() -> None:
    """A JPEG may have more pixels than others, because it is decoded at a fraction of them."""
    data = saved(Image.new("L", (11_000, 8_000), 200), "JPEG")
    assert prepare_picture(data).changed == ("shrunk",)
    assert refusal(saved(Image.new("1", (11_000, 8_000)), "PNG")).code == "picture_bomb"


@pytest.mark.sweep
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


@pytest.mark.sweep
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
    @given(data=damaged(source))
    def mutate(data: bytes) -> None:
        try:
            prepared = in_worker(prepare_picture, data)
        except (MediaRefused, MediaWorkerFailed):
            return
        opened(prepared)

    mutate()
