"""Pictures of two colours and what they are right: formats, depths, transparency, descriptions.

The right values are computed from the formulas of colour science (`colour_science.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.harness.media import colour_files as files
from tests.harness.media import colour_science as science
from tests.harness.media.colour_science import Rgb, Space, shown

LEFT, RIGHT = (200, 60, 60), (60, 120, 200)
LEFT_GREY, RIGHT_GREY = 120, 200
EXACT, LOSSY = 2, 4
HALF = 128
TURNED = {"PNG", "JPEG", "AVIF", "TIFF"}
"""What is turned by EXIF; WebP is not (`test_colours.py`), HEIC by itself."""

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

CODE_POINTS = (
    (1, 13, science.SRGB),
    (2, 2, science.SRGB),
    (1, 1, science.SRGB),  # stills are named like video and made for sRGB
    (12, 13, science.P3),
    (12, 1, science.P3),
    (9, 14, science.BT2020_SRGB),
    (1, 8, science.LINEAR),
)
"""Primaries and transfer as ITU-T H.273 numbers them, and how they are shown."""


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
                for orientation in (1, 6) if kind in TURNED else (1,):
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
    for primaries, transfer, space in CODE_POINTS:
        for mode in ("RGB", "RGBA"):
            tail = (HALF,) if mode == "RGBA" else ()
            image = files.halves((*LEFT, *tail), (*RIGHT, *tail), mode)
            for kind, coded in (("AVIF", files.avif), ("HEIC", files.heic)):
                name = f"{kind} {mode}, nclx {primaries} {transfer}"
                more = {"alpha": HALF if tail else 255, "tolerance": LOSSY}
                cases.append(right(name, partial(coded, image, primaries, transfer), space, **more))
    return cases
