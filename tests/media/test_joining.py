"""Laws of the seam: each frame once, in its own time, in one size, with what is heard in step."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import MediaRefused
from bot.media.joining import join
from bot.media.last_frame import last_frame
from tests.harness.media.samples import RATE_HZ
from tests.harness.media.seams import (
    Made,
    heard_in,
    largest_jump,
    loudness,
    number_in,
    numbered,
    seen,
    video,
)

FILM = Fraction(24_000, 1001)
LOUD = 3_000
"""Of 12,000; silence is below 300."""
Q = (("preset", "ultrafast"), ("crf", "20"))
SEAMS: tuple[tuple[str, Made, Made], ...] = (
    ("24 after 24", Made(options=Q, sound="aac"), Made(options=Q, sound="aac")),
    ("VFR after 30", Made(rate=Fraction(30), options=Q), Made(steps=(20, 45, 33, 120), options=Q)),
    (
        "23.976 after VFR, the second silent, odd sides",
        Made(steps=(33, 34, 80), options=Q, sound="aac", size=(426, 240)),
        Made(rate=FILM, options=Q, size=(322, 182)),
    ),
    (
        "60 after 23.976, MPEG-4",
        Made(codec="mpeg4", rate=FILM, sound="aac"),
        Made(rate=Fraction(60), options=Q, sound="aac", layout="stereo"),
    ),
    (
        "23.976 after 60, HEVC",
        Made(rate=Fraction(60), codec="libx265", options=(("x265-params", "log-level=error"),)),
        Made(rate=FILM, options=Q),
    ),
    (
        "VP9 with Opus in WebM after H.264",
        Made(rate=Fraction(30), options=Q, sound="aac"),
        Made(codec="libvpx-vp9", container="webm", rate=Fraction(25), sound="libopus"),
    ),
    (
        "the first silent, the second heard",
        Made(rate=Fraction(30), options=Q),
        Made(rate=Fraction(30), options=Q, sound="aac"),
    ),
    (
        "AV1 after MOV",
        Made(container="mov", rate=Fraction(25), options=Q, sound="aac"),
        Made(codec="libsvtav1", rate=Fraction(30), options=(("preset", "12"),)),
    ),
    (
        "upright after upright, other sizes, VFR and VFR",
        Made(steps=(16, 17, 17, 50), options=Q, size=(240, 426), sound="aac"),
        Made(steps=(41, 42), options=Q, size=(360, 640), sound="aac"),
    ),
    (
        "B-frames, 59.94 after 29.97",
        Made(rate=Fraction(30_000, 1001), sound="aac"),
        Made(rate=Fraction(60_000, 1001), sound="aac", layout="stereo"),
    ),
)
SAMPLED = {"24 after 24", "23.976 after VFR, the second silent, odd sides"}
FRAMES = 12


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(before, after, id=name, marks=() if name in SAMPLED else pytest.mark.sweep)
        for name, before, after in SEAMS
    ],
)
def test_each_frame_is_shown_once_and_as_long(before: Made, after: Made, tmp_path: Path) -> None:
    """Of the second video all but the first frame, which is the last one of the first."""
    first = video(tmp_path / "first", before, range(FRAMES))
    second = video(tmp_path / "second", after, range(FRAMES - 1, 2 * FRAMES))
    found = seen(join((first, second), tmp_path))
    assert found.numbers == list(range(2 * FRAMES))
    times, more = before.times(FRAMES), after.times(FRAMES + 1)
    wanted = [*times, *(times[-1] + time - more[1] for time in more[2:])]
    assert [*found.times, found.ends] == pytest.approx([float(time) for time in wanted], abs=2e-3)
    assert found.size == max(before.size, after.size)
    heard = bool(before.sound or after.sound)
    assert found.sound_s == pytest.approx(float(wanted[-1]) * heard, abs=0.05)


def test_what_is_heard_stays_in_step(tmp_path: Path) -> None:
    """Silence where a part has no sound, exactly as long as that part is seen."""
    heard = Made(options=Q, sound="aac", layout="stereo")
    silent = Made(rate=Fraction(30), options=Q)
    parts = (
        video(tmp_path / "one", heard, range(24)),
        video(tmp_path / "two", silent, range(23, 54)),
        video(tmp_path / "three", heard, range(53, 78)),
    )
    joined = join(parts, tmp_path)
    assert seen(joined).numbers == list(range(78))
    levels = loudness(joined)
    assert min(levels[5:97]) > LOUD
    assert max(levels[104:197]) < LOUD / 10
    assert min(levels[205:295]) > LOUD


HEARD = Made(options=Q, sound="aac")
SILENT = Made(options=Q)
BRIEF = replace(HEARD, sounds_for=Fraction(1, 2))


@pytest.mark.parametrize(
    ("before", "after"), [(HEARD, HEARD), (HEARD, SILENT), (SILENT, HEARD), (BRIEF, HEARD)]
)
def test_no_click_is_heard_at_a_seam(before: Made, after: Made, tmp_path: Path) -> None:
    """No step from sample to sample is larger there than within the parts, and none is moved."""
    first = video(tmp_path / "one", before, range(FRAMES))
    second = video(tmp_path / "two", after, range(FRAMES - 1, 2 * FRAMES))
    joined = join((first, second), tmp_path)
    assert seen(joined).numbers == list(range(2 * FRAMES))
    samples = heard_in(joined)
    seam, near = FRAMES * RATE_HZ // 24, RATE_HZ // 50
    within = [
        samples[near : seam // 2 - near],
        samples[seam // 2 + 2 * near : seam - near],
        samples[seam + near : 2 * seam - near],
    ]
    whole = samples[near : 2 * seam - near]
    assert largest_jump(whole) <= 1.02 * max(map(largest_jump, within))
    heard = [bool(before.sound), before == HEARD, bool(after.sound)]
    assert [max(part) > LOUD for part in within] == heard


def test_another_shape_gets_bars(tmp_path: Path) -> None:
    """The picture keeps its shape: what is joined to it stands in the middle, in black."""
    wide = video(tmp_path / "wide", Made(options=Q, size=(640, 360)), range(3))
    tall = video(tmp_path / "tall", Made(options=Q, size=(180, 320)), range(2, 5))
    sides: list[int] = []

    def read(image: Image.Image) -> int:
        sides.append(image.convert("L").crop((9, 179, 10, 180)).tobytes()[0])
        narrow = image.crop((219, 0, 421, 360)) if len(sides) > 3 else image
        return number_in(narrow)

    assert seen(join((wide, tall), tmp_path), read).numbers == [0, 1, 2, 3, 4]
    assert max(sides[3:]) < 20


def test_the_last_frame_is_the_last_that_is_shown(tmp_path: Path) -> None:
    """Upright and exact, as an image that Kling takes; and when it is shown."""
    made = Made(options=Q, size=(640, 480), rate=Fraction(25))
    cut = last_frame(video(tmp_path / "clip", made, range(37)))
    with Image.open(io.BytesIO(cut.data)) as image:
        assert number_in(image) == 36
        assert image.size == (cut.width, cut.height) == (640, 480)
    assert cut.media_type == "image/png"
    assert cut.seconds == pytest.approx(36 / 25)


def test_what_is_no_video_is_not_joined(tmp_path: Path) -> None:
    """It is refused like any other file, and nothing is left behind."""
    good = video(tmp_path / "good", Made(options=Q), range(3))
    bad = tmp_path / "bad"
    bad.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")
    folder = tmp_path / "out"
    folder.mkdir()
    for paths in ((good, bad), (bad, good)):
        with pytest.raises(MediaRefused) as refusal:
            join(paths, folder)
        assert refusal.value.code == "clip_unreadable"
    with pytest.raises(MediaRefused):
        last_frame(bad)
    assert list(folder.iterdir()) == []


def test_numbers_can_be_read() -> None:
    """The tests above count by them."""
    numbers = [0, 1, 1365, 4095]
    assert [number_in(numbered(number, (320, 240))) for number in numbers] == numbers
