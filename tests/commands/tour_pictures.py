"""The README's pictures of the tour: `python -m tests.commands.tour_pictures`.

What the real bot posted in a tour of its own, in `docs/pictures`: the first messages as the page of
the tour shows them, moments of the clips, and a lip-sync that moves.
"""

import asyncio
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import av
from PIL import Image, ImageOps
from playwright.async_api import async_playwright

from sandbox.kling.clips import frame_at
from sandbox.kling.samples import clip_with_faces, portrait
from sandbox.tour.play import EDIT_S, WIDE, play_tour
from tests.commands.pictures import QUALITY, write
from tests.harness.playground.browser import ARGUMENTS, chromium

CLIPS: Final = re.compile(r"<video src='(media/[^']+\.mp4)'")
STORYBOARD, REFERENCES, EDIT, NEW, LIP_SYNC = range(2, 7)
"""Which of the tour's clips, in their order."""
TILE: Final = (400, 225)
GAP_PX: Final = 8
SHOTS_MS: Final = (1_000, 3_500, 5_500)
"""A moment in each shot of the storyboard."""
MOMENT_MS: Final = 1_500
"""In the middle of the others."""
LIP_SYNC_SIZE: Final = (480, 270)
EVERY_FRAME: Final = 2
"""Of 24 a second, every other is shown."""
FRAME_MS: Final = 83
WINDOW: Final[dict[str, Any]] = {
    "viewport": {"width": 720, "height": 860},
    "device_scale_factor": 1.5,
}


async def make_pictures(folder: Path) -> list[Path]:
    """Play a tour, and make every picture of it in `folder`."""
    with tempfile.TemporaryDirectory() as made:
        out = Path(made)
        await asyncio.to_thread(_tour, out)
        page = out / "transcript.html"
        clips = [(out / name).read_bytes() for name in CLIPS.findall(page.read_text("utf-8"))]
        street = clip_with_faces(1, EDIT_S, seed="street")
        people = [picture(portrait(name, WIDE)) for name in ("captain", "painter")]
        return [
            await _screenshot(page, folder / "tour.webp"),
            _moving(clips[LIP_SYNC], folder / "lip-sync.webp"),
            strip(_frames(clips[STORYBOARD], SHOTS_MS), folder / "storyboard.webp"),
            strip([*people, *_frames(clips[REFERENCES], [MOMENT_MS])], folder / "references.webp"),
            strip(
                [frame_at(one, MOMENT_MS) for one in (street, clips[EDIT], clips[NEW])],
                folder / "edit.webp",
            ),
        ]


def _tour(out: Path) -> None:
    code = play_tour(out)
    if code:
        raise SystemExit(code)


async def _screenshot(page: Path, file: Path) -> Path:
    """Keep the beginning of the tour's page."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        shown = await (await browser.new_context(**WINDOW)).new_page()
        await shown.goto(page.as_uri())
        await shown.wait_for_function(
            "[...document.images].slice(0, 4).every((one) => one.complete && one.naturalWidth)"
        )
        seen = Image.open(io.BytesIO(await shown.screenshot())).convert("RGB")
        await browser.close()
    seen.save(file, quality=QUALITY, method=6)
    return file


def picture(data: bytes) -> Image.Image:
    """Open a picture."""
    with Image.open(io.BytesIO(data)) as opened:
        return opened.convert("RGB")


def _frames(clip: bytes, moments_ms: Sequence[int]) -> list[Image.Image]:
    return [frame_at(clip, at) for at in moments_ms]


def strip(tiles: Sequence[Image.Image], file: Path, tile: tuple[int, int] = TILE) -> Path:
    """Write pictures side by side, each as large as `tile` (pixels)."""
    width, height = tile
    row = Image.new("RGB", ((width + GAP_PX) * len(tiles) - GAP_PX, height), "white")
    for number, one in enumerate(tiles):
        row.paste(ImageOps.fit(one.convert("RGB"), tile), (number * (width + GAP_PX), 0))
    row.save(file, quality=QUALITY, method=6)
    return file


def _moving(clip: bytes, file: Path) -> Path:
    """Write a clip as an animated picture."""
    first, *others = _shown(clip)
    first.save(
        file,
        save_all=True,
        append_images=others,
        duration=FRAME_MS,
        loop=0,
        quality=QUALITY,
        method=4,
    )
    return file


def _shown(clip: bytes) -> Iterator[Image.Image]:
    with av.open(io.BytesIO(clip), "r") as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % EVERY_FRAME == 0:
                # PyAV leaves the functions that speak Pillow without types.
                image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
                yield image.resize(LIP_SYNC_SIZE, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    write(make_pictures)
