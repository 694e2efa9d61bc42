"""Formats, depths, transparency, colour descriptions and orientations, against right values.

The right values are computed from the formulas of colour science (`colour_science.py`), or, where
a formula leaves room (HDR on a screen without it, files that contradict themselves), measured
once: Chromium 156.0.8078.108, the picture drawn on white in a canvas of sRGB.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from PIL import Image

from bot.media.images import Picture, prepare_picture
from tests.harness.media import colour_files as files
from tests.harness.media import colour_science as science
from tests.harness.media.colour_science import Rgb, Space, shown

LEFT, RIGHT = (200, 60, 60), (60, 120, 200)
LEFT_GREY, RIGHT_GREY = 120, 200
EXACT, LOSSY = 2, 4
HALF = 128

PROFILES = {
    "none": (b"", science.SRGB),
    "icc srgb": (files.profile("srgb", science.srgb_curve), science.SRGB),
    "icc p3": (files.profile("p3", science.srgb_curve), science.P3),
    "icc p3 gamma 1.8": (files.profile("p3", science.power(1.8)), science.P3_GAMMA),
    "icc linear": (files.profile("srgb", science.power(1.0)), science.LINEAR),
}
GREY_PROFILES = {
    "none": (b"", science.SRGB),
    "icc grey linear": (files.profile("grey", science.power(1.0)), science.LINEAR),
    "icc linear": (files.profile("srgb", science.power(1.0)), science.LINEAR),
}
PNG_CHUNKS = {
    "cicp srgb": (files.cicp(1, 13), science.SRGB),
    "cicp p3": (files.cicp(12, 13), science.P3),
    "cicp bt2020 video": (files.cicp(9, 14), science.BT2020_VIDEO),
    "cicp over icc": (files.iccp(PROFILES["icc linear"][0]) + files.cicp(12, 13), science.P3),
    "gama 1": (files.gama(1.0), science.LINEAR),
    "gama 1 srgb": (files.chunk(b"sRGB", b"\0") + files.gama(1.0), science.SRGB),
    "gama 0.5556 chrm p3": (files.gama(1 / 1.8) + files.P3_CHRM, science.P3_GAMMA),
    "gama 0.4545": (files.gama(0.45455), science.SRGB),
    "chrm alone": (files.P3_CHRM, science.SRGB),
    "icc over gama": (files.gama(1.0) + files.iccp(PROFILES["icc p3"][0]), science.P3),
    "broken icc and gama": (files.iccp(b"no profile" * 20) + files.gama(1.0), science.LINEAR),
    "gama of wrong checksum": (files.gama(1.0)[:-1] + b"!", science.SRGB),
}


@dataclass(frozen=True)
class Case:
    name: str
    made: Callable[[], bytes]
    """Makes the file: only when it is played, since coding it takes long."""
    left: Rgb
    right: Rgb
    tolerance: int = EXACT
    orientation: int = 1

    def __str__(self) -> str:
        return self.name


def grey(sample: int) -> Rgb:
    return sample, sample, sample


def right(name: str, made: Callable[[], bytes], space: Space, **more: int) -> Case:
    """A case of the two colours; `grey`, `alpha` (of 255) and the rest say how they are there."""
    alpha = more.pop("alpha", 255) / 255
    colours = (grey(LEFT_GREY), grey(RIGHT_GREY)) if more.pop("grey", 0) else (LEFT, RIGHT)
    left, right_ = (shown(colour, space, alpha) for colour in colours)
    return Case(name, made, left, right_, **more)


def pillow_cases() -> list[Case]:
    cases = []
    for kind, modes in {
        "PNG": ("RGB", "RGBA", "P"),
        "JPEG": ("RGB",),
        "WEBP": ("RGB", "RGBA"),
        "AVIF": ("RGB", "RGBA"),
        "TIFF": ("RGB", "RGBA"),
    }.items():
        tolerance = LOSSY if kind in {"JPEG", "AVIF"} else EXACT
        for mode in modes:
            alpha = HALF if mode == "RGBA" else 255
            tail = (alpha,) if mode == "RGBA" else ()
            image = files.halves((*LEFT, *tail), (*RIGHT, *tail), "RGB" if mode == "P" else mode)
            image = image.quantize(2) if mode == "P" else image
            for named, (profile, space) in PROFILES.items():
                for orientation in (1, 6) if kind in {"PNG", "JPEG"} else (1,):
                    made = partial(
                        files.saved, image, kind, profile=profile, orientation=orientation
                    )
                    name = f"{kind} {mode}, {named}, turned {orientation}"
                    more = {"tolerance": tolerance, "orientation": orientation}
                    cases.append(right(name, made, space, alpha=alpha, **more))
    for kind, mode in (("JPEG", "L"), ("PNG", "L"), ("PNG", "LA"), ("TIFF", "L")):
        tail = (HALF,) if mode == "LA" else ()
        one, other = (LEFT_GREY, *tail), (RIGHT_GREY, *tail)
        image = files.halves(one if tail else one[0], other if tail else other[0], mode)
        for named, (profile, space) in GREY_PROFILES.items():
            made = partial(files.saved, image, kind, profile=profile, orientation=1)
            alpha = HALF if tail else 255
            cases.append(right(f"{kind} {mode}, {named}", made, space, grey=1, alpha=alpha))
    return cases


def png_cases() -> list[Case]:
    cases = []
    for named, (before, space) in PNG_CHUNKS.items():
        for depth in (8, 16):
            scale = 257 if depth == 16 else 1
            for colour_type, is_grey, tail in ((0, 1, 0), (2, 0, 0), (4, 1, HALF), (6, 0, HALF)):
                pairs = [[LEFT_GREY], [RIGHT_GREY]] if is_grey else [list(LEFT), list(RIGHT)]
                samples = [
                    tuple(sample * scale for sample in (*pair, *([tail] if tail else [])))
                    for pair in pairs
                ]
                made = partial(
                    files.png,
                    samples[0],
                    samples[1],
                    depth=depth,
                    colour_type=colour_type,
                    before=before,
                )
                name = f"PNG type {colour_type} of {depth} bits, {named}"
                cases.append(right(name, made, space, grey=is_grey, alpha=tail or 255))
    return cases


def code_point_cases() -> list[Case]:
    cases = []
    for primaries, transfer, space in (
        (1, 13, science.SRGB),
        (2, 2, science.SRGB),
        (1, 1, science.SRGB),  # stills are named like video and made for sRGB
        (12, 13, science.P3),
        (12, 1, science.P3),
        (9, 14, science.BT2020_SRGB),
        (1, 8, science.LINEAR),
    ):
        for mode in ("RGB", "RGBA"):
            tail = (HALF,) if mode == "RGBA" else ()
            image = files.halves((*LEFT, *tail), (*RIGHT, *tail), mode)
            for kind, coded in (("AVIF", files.avif), ("HEIC", files.heic)):
                name = f"{kind} {mode}, nclx {primaries} {transfer}"
                more = {"alpha": HALF if tail else 255, "tolerance": LOSSY}
                cases.append(right(name, partial(coded, image, primaries, transfer), space, **more))
    return cases


def measured_cases() -> list[Case]:
    """What Chromium shows (version above) for numbers as they are written here."""
    bright = partial(
        files.png, (200, 100, 60), (128, 128, 128), colour_type=2, before=files.cicp(9, 16)
    )
    return [
        Case("PNG BT.2020 PQ", bright, (255, 0, 0), (132, 132, 132)),
        Case(
            "PNG BT.2020 PQ, bright",
            partial(files.png, grey(168), grey(184), colour_type=2, before=files.cicp(9, 16)),
            (226, 226, 226),
            (246, 246, 246),
        ),
        Case(
            "PNG BT.2020 PQ, dark",
            partial(
                files.png, (68, 32, 130), (51, 95, 151), colour_type=2, before=files.cicp(9, 16)
            ),
            (21, 0, 144),
            (0, 69, 205),
        ),
        Case(
            "PNG BT.2020 HLG",
            partial(
                files.png, (253, 119, 176), (118, 112, 235), colour_type=2, before=files.cicp(9, 18)
            ),
            (255, 0, 120),
            (55, 73, 235),
        ),
        Case(
            "PNG BT.2020 HLG, grey",
            partial(files.png, grey(128), grey(224), colour_type=2, before=files.cicp(9, 18)),
            (99, 99, 99),
            (228, 228, 228),
        ),
        *(
            Case(
                f"PNG BT.2020 PQ, {named}",
                partial(
                    files.png, grey(136), grey(160), colour_type=2, before=files.cicp(9, 16) + light
                ),
                grey(one),
                grey(other),
            )
            for named, light, one, other in (
                ("up to 400 nits", files.clli(400), 187, 249),
                ("mastered for 400 nits", files.mdcv(400), 187, 249),
                ("up to 400 nits, mastered for 4000", files.clli(400) + files.mdcv(4000), 187, 249),
                ("nothing brighter than white", files.clli(100), 208, 255),
            )
        ),
        Case(
            "AVIF BT.2020 PQ",
            partial(files.avif, files.halves(LEFT, grey(128), "RGB"), 9, 16),
            (255, 0, 0),
            (132, 132, 132),
            LOSSY,
        ),
        Case(
            "JPEG CMYK",
            partial(
                files.saved,
                files.halves((120, 60, 30, 0), (0, 0, 0, 100), "CMYK"),
                "JPEG",
                profile=b"",
                orientation=1,
            ),
            (135, 195, 225),
            (155, 155, 155),
            LOSSY,
        ),
        Case(
            "JPEG of colours with a profile of grey",
            partial(
                files.saved,
                files.halves(LEFT, RIGHT, "RGB"),
                "JPEG",
                profile=GREY_PROFILES["icc grey linear"][0],
                orientation=1,
            ),
            LEFT,
            RIGHT,
            LOSSY,
        ),
        Case(
            "GIF",
            partial(
                files.saved,
                files.halves(LEFT, RIGHT, "RGB").quantize(2),
                "GIF",
                profile=b"",
                orientation=1,
            ),
            LEFT,
            RIGHT,
        ),
        Case(
            "WebP, which no browser turns",
            partial(
                files.saved, files.halves(LEFT, RIGHT, "RGB"), "WEBP", profile=b"", orientation=6
            ),
            LEFT,
            RIGHT,
        ),
    ]


MADE = [*pillow_cases(), *png_cases(), *code_point_cases()]
MEASURED = measured_cases()
CASES = [*MADE, *MEASURED]
PLAYED = [*(pytest.param(case, marks=pytest.mark.sweep) for case in MADE), *MEASURED]


def seen(prepared: Picture, orientation: int) -> tuple[Rgb, Rgb]:
    """The two colours; they lie side by side, or one on the other if the picture was turned."""
    image = Image.open(io.BytesIO(prepared.data)).convert("RGB")
    width, height = image.size
    quarter = width // 4, height // 4
    places = (
        [(quarter[0], height // 2), (3 * quarter[0], height // 2)]
        if orientation == 1
        else [(width // 2, quarter[1]), (width // 2, 3 * quarter[1])]
    )
    one, other = (image.getpixel(place) for place in places)
    return one, other  # type: ignore[return-value] # RGB has three numbers


@pytest.mark.parametrize("case", PLAYED, ids=str)
def test_colours_are_those_that_are_shown(case: Case) -> None:
    """Whatever a file says about its colours, Kling gets them as a screen shows them."""
    prepared = prepare_picture(case.made())
    expected_size = (400, 300) if case.orientation == 1 else (300, 400)
    assert (prepared.width, prepared.height) == expected_size
    for got, wanted in zip(seen(prepared, case.orientation), (case.left, case.right), strict=True):
        assert max(abs(a - b) for a, b in zip(got, wanted, strict=True)) <= case.tolerance, (
            got,
            wanted,
        )
