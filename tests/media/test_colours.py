"""Formats, depths, transparency, colour descriptions and orientations, against right values.

The right values are computed from the formulas of colour science (`colour_science.py`), or, where
a formula leaves room (HDR on a screen without it, files that contradict themselves), measured
once: Chromium 156.0.8078.108, the picture drawn on white in a canvas of sRGB.
"""

import io
import itertools
import re
from collections import Counter
from functools import partial

import pytest
from PIL import Image

from bot.media.images import prepare_picture
from bot.media.products import Picture
from tests.harness.media import colour_files as files
from tests.harness.media.colour_cases import (
    GREY_PROFILES,
    LEFT,
    LOSSY,
    RIGHT,
    Case,
    code_point_cases,
    grey,
    pillow_cases,
    png_cases,
)
from tests.harness.media.colour_science import Rgb
from tests.harness.media.deep_pictures import deep_avif, deep_heic
from tests.harness.media.depth_cases import depth_cases


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
        *(
            Case(
                f"PNG saturated PQ, primaries {primaries}, {one} and {other}",
                partial(files.png, one, other, colour_type=2, before=files.cicp(primaries, 16)),
                shown,
                others,
                tolerance=3,
            )
            for primaries, one, other, shown, others in (
                (12, (142, 135, 82), (129, 166, 99), (173, 149, 12), (69, 229, 0)),
                (12, (154, 103, 69), (139, 164, 103), (224, 70, 0), (120, 224, 27)),
                (9, (142, 135, 82), (129, 166, 99), (184, 148, 0), (0, 233, 0)),
                (9, (154, 103, 69), (139, 164, 103), (248, 34, 0), (57, 228, 0)),
            )
        ),
        Case(
            "AVIF whose matrix follows from its primaries, shown as it is written",
            partial(files.avif, files.halves(LEFT, grey(128), "RGB"), 12, 13, matrix=12),
            (210, 71, 58),
            grey(128),
            LOSSY,
        ),
        *(
            Case(
                f"{named} of 10 bits, BT.2020, {transfer}",
                partial(coded, grey(one), grey(other), bits=10, primaries=9, transfer=transfer),
                grey(shown),
                grey(others),
                LOSSY,
            )
            for named, coded in (
                ("HEIC", partial(deep_heic, orientation=1)),
                ("AVIF", deep_avif),
            )
            for transfer, one, other, shown, others in (
                (16, 128, 168, 132, 226),
                (18, 128, 224, 99, 228),
            )
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


def paired(cases: list[Case]) -> list[Case]:
    """Return few of the cases: any two words that meet in a name of all meet in one of theirs."""
    pairs = [
        {*itertools.combinations(sorted({*re.split("[ ,]+", case.name)}), 2)} for case in cases
    ]
    left = Counter(itertools.chain(*pairs))
    chosen = []
    for case, its in zip(cases, pairs, strict=True):
        if any(left[pair] == 1 for pair in its):
            chosen.append(case)
        else:
            left.subtract(its)
    return chosen


MADE = paired([*pillow_cases(), *png_cases(), *code_point_cases(), *depth_cases()])
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
