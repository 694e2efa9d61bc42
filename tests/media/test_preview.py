"""A preview of an image that is too large: within its limits, of its shape, never a surprise."""

import contextlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.errors import MediaRefused
from bot.media import preview as module
from bot.media.image_encoding import SIDE_MAX_PX
from bot.media.preview import preview
from tests.harness.media.mutations import damaged
from tests.harness.media.samples import picture, saved

MAX_BYTES = 60_000
KINDS = ("PNG", "JPEG", "WEBP")


def previewed(data: bytes, folder: Path, max_bytes: int = MAX_BYTES) -> Image.Image:
    """The preview of a file with these bytes, opened."""
    path = folder / "result-0.png"
    path.write_bytes(data)
    made = preview(path, folder, max_bytes)
    assert made.parent == folder
    content = made.read_bytes()
    assert len(content) <= max_bytes
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_jpeg_of_the_same_shape_that_fits(tmp_path: Path, kind: str) -> None:
    """Whatever Kling writes its images as."""
    made = previewed(saved(picture(1400, 600), kind), tmp_path)
    assert made.format == "JPEG"
    assert made.width / made.height == pytest.approx(1400 / 600, rel=0.01)


@pytest.mark.sweep
def test_its_sides_have_a_limit(tmp_path: Path) -> None:
    """A preview has no more pixels than a screen shows."""
    wide = io.BytesIO()
    Image.new("RGB", (SIDE_MAX_PX * 2, SIDE_MAX_PX), "navy").save(wide, "PNG")
    made = previewed(wide.getvalue(), tmp_path, 10_000_000)
    assert made.size == (SIDE_MAX_PX, SIDE_MAX_PX // 2)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    """JPEG has no transparency: it would be black."""
    clear = io.BytesIO()
    Image.new("RGBA", (600, 400), (255, 0, 0, 0)).save(clear, "PNG")
    assert previewed(clear.getvalue(), tmp_path).getpixel((300, 200)) == (255, 255, 255)


def test_a_bomb_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its header says how many pixels it has."""
    monkeypatch.setattr(module, "PIXELS_MAX", 600 * 400 - 1)
    with pytest.raises(MediaRefused) as refused:
        previewed(saved(picture(600, 400), "PNG"), tmp_path)
    assert refused.value.code == "picture_bomb"


@given(st.sampled_from(KINDS).flatmap(lambda kind: damaged(saved(picture(320, 304), kind))))
def test_a_damaged_file_is_a_preview_or_refused(data: bytes) -> None:
    """Nothing else is raised, however the file is broken."""
    with TemporaryDirectory() as folder, contextlib.suppress(MediaRefused):
        previewed(data, Path(folder))
