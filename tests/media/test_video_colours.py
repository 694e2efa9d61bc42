"""Laws of the colours of clips: whatever describes them, a plain screen shows what was meant."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import pytest

from bot.media.fit import _rung, fit
from bot.media.video import probe
from tests.harness.media.films import Film, coloured, half_noise, left, middle, poster_of, yuv

RED = (197, 58, 57)
PQ, HLG, BT2020 = 16, 18, 9
LIMITED, FULL = 1, 2
NEAR = 3
"""Numbers of 8 bits that chroma at half size and JPEG may take away."""

CHROMATICITIES = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
"""Of red, green and blue (ITU-T H.273, table 2); the white of all is D65."""
D65 = (0.3127, 0.3290)

Vector = list[float]
Matrix = list[Vector]


def near(colour: Sequence[float]) -> object:
    return pytest.approx(tuple(colour), abs=NEAR)


def unit(colour: Sequence[float]) -> tuple[float, float, float]:
    return colour[0] / 255, colour[1] / 255, colour[2] / 255


def solved(matrix: Matrix, wanted: Vector) -> Vector:
    """Cramer's rule."""

    def determinant(m: Matrix) -> float:
        (a, b, c), (d, e, f), (g, h, i) = m
        return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)

    whole = determinant(matrix)
    return [
        determinant([[wanted[r] if c == at else matrix[r][c] for c in range(3)] for r in range(3)])
        / whole
        for at in range(3)
    ]


def to_xyz(primaries: int) -> Matrix:
    columns = [(x / y, 1.0, (1 - x - y) / y) for x, y in CHROMATICITIES[primaries]]
    rows = [list(row) for row in zip(*columns, strict=True)]
    white = [D65[0] / D65[1], 1.0, (1 - D65[0] - D65[1]) / D65[1]]
    scale = solved(rows, white)
    return [[part * by for part, by in zip(row, scale, strict=True)] for row in rows]


def to_bt709(light: Sequence[float], primaries: int) -> Vector:
    xyz = [sum(a * b for a, b in zip(row, light, strict=True)) for row in to_xyz(primaries)]
    return solved(to_xyz(1), xyz)


def srgb(light: float) -> float:
    light = min(1.0, max(0.0, light))
    return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


def linear(number: float) -> float:
    return number / 12.92 if number <= 0.04045 else float(((number + 0.055) / 1.055) ** 2.4)


def pq(nits: float) -> float:
    """SMPTE ST 2084, equation 4.1 the other way round."""
    y = (nits / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375)


def hlg(nits: float) -> float:
    """ITU-R BT.2100: of a grey, on a screen of 1,000 nits."""
    scene = (nits / 1000) ** (1 / 1.2)
    if scene <= 1 / 12:
        return math.sqrt(3 * scene)
    return 0.17883277 * math.log(12 * scene - 0.28466892) + 0.55991073


def shown(nits: float, peak_nits: float = 1000) -> float:
    """SMPTE ST 2094-50 without instructions, on a screen that ends at paper white.

    Below paper white a factor; above it the curve through three points, solved by bisection.
    """
    paper, peak = nits / 203, peak_nits / 203
    factor = 1 - min(1.0, math.log(peak) / math.log(1000 / 203)) / 2
    if paper <= 1:
        return paper * factor
    points = (1, factor), (0.35 + 0.65 / factor, 0.35 * factor + 0.65), (peak, 1)

    def along(part: float, axis: int) -> float:
        weights = (1 - part) ** 2, 2 * part * (1 - part), part**2
        return sum(weight * point[axis] for weight, point in zip(weights, points, strict=True))

    low, high = 0.0, 1.0
    for _ in range(50):
        between = (low + high) / 2
        low, high = (between, high) if along(between, 0) < paper else (low, between)
    return along(low, 1)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("size", "matrix"),
    [
        ((640, 480), 6),
        ((854, 480), 6),
        ((1280, 640), 6),
        ((1280, 720), 1),
        ((640, 720), 1),
        ((480, 854), 1),
    ],
)
def test_what_says_nothing_is_read_as_chromium_does(
    tmp_path: Path, size: tuple[int, int], matrix: int
) -> None:
    """Clips of 720 lines and more are BT.709, smaller ones BT.601."""
    path = coloured(tmp_path / "a.mp4", yuv(unit(RED), matrix), Film(size))
    assert middle(poster_of(path)) == near(RED)


@pytest.mark.sweep
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("range_", [LIMITED, FULL])
@pytest.mark.parametrize("tags", [(1, 1, 1), (6, 6, 6), (5, 6, 5), (1, 13, 1)])
def test_what_is_said_is_believed(
    tmp_path: Path, tags: tuple[int, int, int], range_: int, bits: int
) -> None:
    """Matrix and range come from the file, whatever its size."""
    numbers = yuv(unit(RED), tags[2], bits, full=range_ == FULL)
    for size in ((320, 240), (1280, 720)):
        about = Film(size, (*tags, range_), bits=bits)
        assert middle(poster_of(coloured(tmp_path / "a.mp4", numbers, about))) == near(RED)


@pytest.mark.parametrize("primaries", [9, 12])
def test_wide_colours_are_brought_into_srgb(tmp_path: Path, primaries: int) -> None:
    """The same red is written with other numbers where red itself is redder."""
    numbers = yuv(unit((200, 60, 60)), 9)
    path = coloured(tmp_path / "a.mp4", numbers, Film(tags=(primaries, 1, 9, LIMITED)))
    light = to_bt709([linear(part) for part in unit((200, 60, 60))], primaries)
    assert middle(poster_of(path)) == near([srgb(part) for part in light])


@pytest.mark.sweep
@pytest.mark.parametrize("nits", [0, 1, 10, 50, 100, 203, 400, 600, 1000])
@pytest.mark.parametrize(("transfer", "curve"), [(PQ, pq), (HLG, hlg)])
def test_brighter_than_a_screen_is_mapped(
    tmp_path: Path, transfer: int, curve: Callable[[float], float], nits: float
) -> None:
    """From black to the peak of a film each grey has its place, and none is cut off."""
    grey = curve(nits)
    numbers = yuv((grey, grey, grey), 9, 10)
    path = coloured(tmp_path / "a.mp4", numbers, Film(tags=(9, transfer, 9, LIMITED), bits=10))
    assert middle(poster_of(path)) == near([srgb(shown(nits))] * 3)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("said", "peak"),
    [
        ("max-cll=400,100", 400),
        (
            "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)",
            4000,
        ),
    ],
)
def test_a_film_says_how_bright_it_gets(tmp_path: Path, said: str, peak: float) -> None:
    """White is what it says, and not what another film would have there."""
    about = Film(tags=(9, PQ, 9, LIMITED), bits=10, codec="libx265", said=f"hdr10=1:{said}")
    for nits in (100, 203, peak * 0.9, peak):
        path = coloured(tmp_path / "a.mp4", yuv((pq(nits),) * 3, 9, 10), about)
        assert middle(poster_of(path)) == near([srgb(shown(nits, peak))] * 3)


@pytest.mark.sweep
def test_bright_colours_keep_their_hue(tmp_path: Path) -> None:
    """The brightest of the three parts says how much darker all of them become."""
    light = (203.0, 50.0, 10.0)
    numbers = yuv((pq(light[0]), pq(light[1]), pq(light[2])), 9, 10)
    path = coloured(tmp_path / "a.mp4", numbers, Film(tags=(9, PQ, 9, LIMITED), bits=10))
    darker = shown(max(light)) / max(light)
    expected = to_bt709([part * darker for part in light], 9)
    assert middle(poster_of(path)) == near([srgb(part) for part in expected])


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ((1, 1, 1, LIMITED), (1, 1, 1)),
        ((1, 13, 1, LIMITED), (1, 13, 1)),
        ((5, 6, 5, LIMITED), (5, 6, 6)),  # two names of one matrix
        ((6, 6, 6, FULL), (6, 6, 6)),
        (None, (6, 6, 6)),
        ((9, 14, 9, LIMITED), (1, 1, 1)),
        ((9, PQ, 9, LIMITED), (1, 1, 1)),
        ((9, HLG, 9, LIMITED), (1, 1, 1)),
    ],
)
def test_a_smaller_clip_has_the_same_colours(
    tmp_path: Path, tags: tuple[int, int, int, int] | None, said: tuple[int, int, int]
) -> None:
    """After encoding it is described again, and looks as its poster did before."""
    matrix, full = (tags[2], tags[3] == FULL) if tags else (6, False)
    bits = 10 if tags and tags[1] in {PQ, HLG} else 8
    about = Film((320, 240), tags, bits=bits, frames=16)
    path = half_noise(tmp_path / "a.mp4", yuv(unit(RED), matrix, bits, full=full), about)
    fitted = fit(path, tmp_path, path.stat().st_size // 2)
    assert fitted is not None
    assert described(fitted) == (*said, LIMITED)
    assert left(poster_of(fitted)) == pytest.approx(left(poster_of(path)), abs=5)


@pytest.mark.sweep
@pytest.mark.parametrize(("transfer", "bits", "lines"), [(PQ, 10, 1080), (1, 8, 1200)])
def test_a_large_bright_clip_becomes_smaller(
    tmp_path: Path, transfer: int, bits: int, lines: int
) -> None:
    """A worker has memory for the table's colours in 1080 lines, and for plain ones in more."""
    tags = (9, transfer, 9, LIMITED) if bits == 10 else (1, 1, 1, LIMITED)
    about = Film((1600, 1200), tags, bits=bits, frames=1)
    found = probe(coloured(tmp_path / "a.mp4", yuv(unit(RED), tags[2], bits), about))
    rung = _rung(found, budget_bytes=10_000_000)
    assert rung is not None
    assert (rung.width, rung.height) == (lines * 4 // 3, lines)


def described(path: Path) -> tuple[int, int, int, int]:
    with av.open(str(path)) as file:
        video = file.streams.video[0].codec_context
        return video.color_primaries, video.color_trc, video.colorspace, video.color_range
