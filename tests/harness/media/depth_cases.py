"""Pictures of every depth and kind of transparency, and what they are right: see `colour_cases`."""

import itertools
from functools import partial

from tests.harness.media import colour_files as files
from tests.harness.media import deep_pictures as deep
from tests.harness.media.colour_cases import (
    CODE_POINTS,
    GREY_PROFILES,
    HALF,
    LEFT,
    LEFT_GREY,
    LOSSY,
    PNG_CHUNKS,
    PROFILES,
    RIGHT,
    RIGHT_GREY,
    Case,
    grey,
    right,
)
from tests.harness.media.colour_science import shown

PALETTE_COLOURS = {
    "none": PROFILES["none"],
    "icc p3": (files.iccp(PROFILES["icc p3"][0]), PROFILES["icc p3"][1]),
    "icc linear": (files.iccp(PROFILES["icc linear"][0]), PROFILES["icc linear"][1]),
    "cicp p3": PNG_CHUNKS["cicp p3"],
    "gama 1": PNG_CHUNKS["gama 1"],
}
"""By the chunks before the pixels."""


def depth_cases() -> list[Case]:
    """Palettes, colour keys and samples of any depth, with every description that they can have."""
    return [*palette_cases(), *key_cases(), *tiff_cases(), *deep_cases()]


def palette_cases() -> list[Case]:
    return [
        right(
            f"PNG palette of {depth} bits, alpha {alpha}, {named}",
            partial(deep.with_palette, LEFT, RIGHT, depth, alpha, before),
            space,
            alpha=alpha,
        )
        for depth in (1, 2, 4, 8)
        for alpha in (255, HALF)
        for named, (before, space) in PALETTE_COLOURS.items()
    ]


def key_cases() -> list[Case]:
    """The key is white, and beside it are the colours that the file describes."""
    cases = []
    for depth in (1, 2, 4, 8, 16):
        most = (1 << depth) - 1
        for named, (before, space) in PALETTE_COLOURS.items():
            for is_grey in (True, False) if depth >= 8 else (True,):
                scale = 257 if depth == 16 else 1
                left, other = (tuple(part * scale for part in side) for side in (LEFT, RIGHT))
                if is_grey:
                    left, other = (0,), (round(0.7 * most),)
                byte = tuple(round(part * 255 / most) for part in other)
                seen = shown(grey(byte[0]) if is_grey else (byte[0], byte[1], byte[2]), space)
                name = f"PNG key of {depth} bits, {'grey' if is_grey else 'colours'}, {named}"
                made = partial(deep.with_key, left, other, depth, before)
                cases.append(Case(name, made, grey(255), seen))
    return cases


def tiff_cases() -> list[Case]:
    """Grey of 16 bits with alpha is not among them: Pillow does not read it."""
    cases = []
    for depth, is_grey, alpha, orientation in itertools.product(
        (8, 16), (0, 1), (255, HALF), (1, 6)
    ):
        if (depth, is_grey, alpha) == (16, 1, HALF):
            continue
        scale, tail = (257 if depth == 16 else 1), ((HALF,) if alpha == HALF else ())
        pairs = ((LEFT_GREY,), (RIGHT_GREY,)) if is_grey else (LEFT, RIGHT)
        left, other = (tuple(part * scale for part in (*pair, *tail)) for pair in pairs)
        for named, (profile, space) in (GREY_PROFILES if is_grey else PROFILES).items():
            made = partial(
                deep.tiff,
                left,
                other,
                depth=depth,
                alpha=bool(tail),
                profile=profile,
                orientation=orientation,
            )
            name = f"TIFF of {depth} bits, {'grey' if is_grey else 'colours'}, alpha {alpha}"
            more = {"grey": is_grey, "alpha": alpha, "orientation": orientation}
            cases.append(right(f"{name}, {named}, turned {orientation}", made, space, **more))
    return cases


def deep_cases() -> list[Case]:
    cases = []
    for primaries, transfer, space in CODE_POINTS:
        about = {"primaries": primaries, "transfer": transfer}
        for bits in (10, 12):
            for tail, orientation in (((), 1), ((), 6), ((HALF,), 1)):
                made = partial(
                    deep.deep_heic,
                    (*LEFT, *tail),
                    (*RIGHT, *tail),
                    bits=bits,
                    orientation=orientation,
                    **about,
                )
                alpha = HALF if tail else 255
                name = f"HEIC of {bits} bits, nclx {primaries} {transfer}, alpha {alpha}"
                more = {"alpha": alpha, "tolerance": LOSSY, "orientation": orientation}
                cases.append(right(f"{name}, turned {orientation}", made, space, **more))
        for bits in (8, 10):
            made = partial(deep.deep_avif, LEFT, RIGHT, bits=bits, **about)
            name = f"AVIF of {bits} bits from video, nclx {primaries} {transfer}"
            cases.append(right(name, made, space, tolerance=LOSSY))
    return cases
