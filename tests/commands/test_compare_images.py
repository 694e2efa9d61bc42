"""The comparison of images with Chromium: what is the same, what differs, and what is refused."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.compare_images import verdict
from tests.harness.media.samples import picture, saved
from tests.harness.playground.browser import chromium
from tests.harness.shell import ROOT, environment

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'


def plain() -> bytes:
    return saved(picture(), "PNG")


def white() -> Image.Image:
    return Image.new("RGB", (480, 320), "white")


def begins_white() -> bytes:
    return saved(white(), "GIF", save_all=True, append_images=[picture()])


def cut_off() -> bytes:
    return plain()[:400]


def no_image() -> bytes:
    return b"no image"


def nothing() -> None:
    pass


def darker(by: int) -> Image.Image:
    return picture().point(lambda number: max(0, number - by))


@pytest.mark.parametrize(
    ("theirs", "data", "said"),
    [
        (picture, plain, "same"),
        (partial(darker, 4), plain, "same"),
        (partial(darker, 6), plain, "other"),
        (partial(picture, 320, 480), plain, "other"),
        (picture, cut_off, "refused"),
        (picture, no_image, "refused"),
        (white, begins_white, "later"),
        (partial(picture, top_left="lime"), begins_white, "other"),
        (nothing, plain, "not shown"),
    ],
)
def test_what_is_seen_decides(
    theirs: Callable[[], Image.Image | None], data: Callable[[], bytes], said: str
) -> None:
    """Up to 4 of 255 are the same; a frame after a blank one is meant so, any other is not."""
    assert verdict(theirs(), data()).partition(":")[0] == said


@pytest.mark.sweep
async def test_every_file_that_chromium_shows_is_counted(tmp_path: Path) -> None:
    """Those of kinds that we do not know are refused; what is no image is left out."""
    if chromium() is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    (tmp_path / "same.png").write_bytes(plain())
    (tmp_path / "late.gif").write_bytes(begins_white())
    (tmp_path / "icon.ico").write_bytes(saved(picture(), "ICO", sizes=[(48, 48)]))
    (tmp_path / "drawing.svg").write_bytes(SVG)
    (tmp_path / "notes.txt").write_bytes(no_image())
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.commands.compare_images", str(tmp_path)),
        cwd=ROOT,
        env=environment({}),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await run.communicate()
    assert run.returncode == 0
    *named, counted = out.decode().splitlines()
    assert [line.split()[-1] for line in named] == ["drawing.svg", "icon.ico"]
    assert counted.partition(" shows ")[2] == (
        "4: 1 the same within 4, 1 begin blank, 0 differ, 2 are refused."
    )
