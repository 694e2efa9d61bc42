"""Turns the numbers of a picture into sRGB, by whatever its file says about its colours."""

import io
from collections.abc import Callable

from PIL import Image, ImageChops, ImageCms

from bot.media.colour_spaces import (
    HLG,
    PQ,
    SRGB,
    Colour,
    Gamma,
    curve_of,
    power,
    primaries_of,
    srgb_light,
)
from bot.media.icc_profiles import code_points, matrix_profile, table_profile
from bot.media.tone_mapping import PEAK_NITS, TABLE_SIDE, toned

Conversion = Callable[[Image.Image], Image.Image]

SAME_WITHIN = 2  # of 255: profiles called sRGB differ from each other by this much
_PROBE_STEPS = 6
_MODE_OF_SPACE = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}


def conversion(colour: Colour, mode: str) -> Conversion | None:
    """How colours of `mode` (without alpha) become RGB in sRGB.

    None where nothing is to be done: the numbers are sRGB already, or what the file says about
    them cannot be read or does not fit.
    """
    try:
        convert = _conversion(colour, mode)
        if convert is None or _changes_nothing(convert, mode):
            return None
    except (ImageCms.PyCMSError, OSError, ValueError, ArithmeticError, TypeError):
        return None  # a broken description is no reason to refuse the picture
    return convert


def in_srgb(image: Image.Image, convert: Conversion) -> Image.Image:
    """The picture converted, colour and transparency apart."""
    if colour_mode(image.mode) == image.mode:
        return convert(image)
    alpha = image.getchannel("A")
    colours = convert(image.convert(colour_mode(image.mode)))
    colours.putalpha(alpha)
    return colours


def colour_mode(mode: str) -> str:
    """The mode without its alpha."""
    return {"LA": "L", "La": "L", "RGBA": "RGB", "RGBa": "RGB"}.get(mode, mode)


def _conversion(colour: Colour, mode: str) -> Conversion | None:
    if isinstance(colour, bytes):
        named = code_points(colour)
        if named is None or named.transfer not in {PQ, HLG}:
            return _by_profile(colour, mode)
        colour = named
    if colour is None or mode not in {"L", "RGB"}:
        return None
    if isinstance(colour, Gamma):
        return _by_profile(matrix_profile(colour.primaries, power(colour.exponent)), mode, own=True)
    if colour.transfer in {PQ, HLG}:
        lights = toned(colour, TABLE_SIDE, colour.peak_nits or PEAK_NITS)
        # "Optimised", our table would be replaced by one of colours that were cut off at 0.
        profile = table_profile(TABLE_SIDE, lights)
        return _by_profile(profile, mode, own=True, flags=ImageCms.Flags.NOOPTIMIZE)
    primaries, curve = primaries_of(colour.primaries), curve_of(colour.transfer)
    if primaries == SRGB and curve is srgb_light:
        return None
    return _by_profile(matrix_profile(primaries, curve), mode, own=True)


def _by_profile(
    profile: bytes,
    mode: str,
    *,
    own: bool = False,
    flags: ImageCms.Flags = ImageCms.Flags.NONE,
) -> Conversion | None:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    takes = _MODE_OF_SPACE.get(source.profile.xcolor_space.strip())
    if takes is None or (takes != mode and (takes, mode) != ("RGB", "L")):
        return None
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC if own else ImageCms.Intent.PERCEPTUAL
    target = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(source, target, takes, "RGB", intent, flags)

    def convert(image: Image.Image) -> Image.Image:
        fitting = image if image.mode == takes else image.convert(takes)
        converted = ImageCms.applyTransform(fitting, transform)
        if converted is None:  # only if it had been asked to work in place
            raise ValueError("no picture")
        return converted

    return convert


def _changes_nothing(convert: Conversion, mode: str) -> bool:
    """Whether no colour would be seen to change: the profile is sRGB by another name."""
    if mode not in {"L", "RGB"}:
        return False
    probe = _probe().convert(mode)
    difference = ImageChops.difference(convert(probe), probe.convert("RGB"))
    return max(band[1] for band in _extrema(difference)) <= SAME_WITHIN


def _probe() -> Image.Image:
    shades = [step * 255 // (_PROBE_STEPS - 1) for step in range(_PROBE_STEPS)]
    colours = [bytes((red, green, blue)) for red in shades for green in shades for blue in shades]
    return Image.frombytes("RGB", (_PROBE_STEPS**2, _PROBE_STEPS), b"".join(colours))


def _extrema(image: Image.Image) -> list[tuple[int, int]]:
    return [(int(low), int(high)) for low, high in image.getextrema()]  # type: ignore[misc] # RGB has three
