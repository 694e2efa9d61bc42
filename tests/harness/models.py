"""Models of the catalogue by what they can do: tests name no model, so that rows come and go."""

from collections.abc import Callable
from decimal import Decimal

from bot.domain import limits
from bot.domain.catalogue import ImageModel, VideoModel
from bot.kling.catalogue_files import load_catalogue
from bot.settings.default_sections import DefaultsSettings
from storage.job import Kind, Pack

CATALOGUE = load_catalogue()
VIDEO_MODELS = CATALOGUE.video
IMAGE_MODELS = CATALOGUE.image
DEFAULTS = DefaultsSettings()
UNKNOWN = "kling-v9"
"""The catalogue has never heard of it."""
VIDEO_NAMES = [model.name for model in VIDEO_MODELS]
IMAGE_NAMES = [model.name for model in IMAGE_MODELS]


def video_that(can: Callable[[VideoModel], bool]) -> str:
    """The newest video model of which this is true."""
    return next(model.name for model in VIDEO_MODELS if can(model))


def image_that(can: Callable[[ImageModel], bool]) -> str:
    """The newest image model of which this is true."""
    return next(model.name for model in IMAGE_MODELS if can(model))


def takes_anything(model: VideoModel) -> bool:
    able = model.text and model.image and model.cfg_scale is not False and model.end_image
    lengths = model.durations_s == tuple(range(3, 16)) and model.modes == limits.MODES
    return bool(able and lengths) and not model.camera_text and not model.camera_image


def needs_pro(model: VideoModel) -> bool:
    for_end = model.end_image and model.end_image.modes == ("pro",)
    return bool(for_end) and model.sound_modes == ("pro",) and 7 not in model.durations_s


def needs_pro_for_end(model: VideoModel) -> bool:
    return model.end_image is not None and model.end_image.modes == ("pro",)


def has_presets(model: VideoModel) -> bool:
    return model.camera_text is not None and len(model.camera_text.types) > 1


def plain(model: ImageModel) -> bool:
    return not model.omni and model.text and model.image and model.ratios == limits.IMAGE_RATIOS


VIDEO = video_that(takes_anything)
"""Text and image, 3 to 15 s, every mode, a last frame, sound, `cfg_scale`; no camera."""
SHORT = video_that(
    lambda m: needs_pro(m) and not m.newer and m.cfg_scale is False and "4k" not in m.modes
)
"""Not 7 s, not 4k, no `cfg_scale`; sound and a last frame only in pro."""
SILENT = video_that(
    lambda m: not m.sound_modes and not m.always_sounds and needs_pro_for_end(m) and m.text
)
NO_END = video_that(lambda m: m.end_image is None and m.text and m.image and not m.newer)
NEWER = video_that(lambda m: m.newer and bool(m.shots_max))
"""Of the newer generation: ids, a last frame, sound that can be switched."""
SHOTS = video_that(lambda m: bool(m.shots_max) and not m.newer)
"""Several shots, 3 to 15 s; of the legacy generation."""
MIDDLE = video_that(lambda m: m.middle_max > 1)
"""Images between the first frame and the last; always sounds."""
REFERENCES = video_that(lambda m: m.references_max > 1)
"""Images that the prompt cites, without frames beside them."""
REFERENCES_AND_ENDS = video_that(lambda m: m.references_max > 1 and m.frames_with_references > 1)
"""References beside a first and a last frame; the ratio has to be said without."""
LEGACY_REFERENCES = video_that(lambda m: m.references_max > 1 and not m.newer)
"""References, and a first frame that counts as one of them; no API key needed."""
FIRST_ONLY = video_that(
    lambda m: m.frames_with_references == 1 and m.newer and 7 not in m.lengths_s(references=False)
)
"""References beside a first frame; not 7 s without them."""
SHORT_END = video_that(lambda m: m.end_image is not None and m.end_image.durations_s == (5,))
CAMERA = video_that(has_presets)
"""Axes and presets, in std and at 5 s, from words."""
CAMERA_OF_A_PICTURE = video_that(lambda m: m.camera_image is not None)
"""Axes only, in pro and at 5 s, from a picture."""
FROM_A_PICTURE = video_that(lambda m: not m.text)
ONLY_VIDEO = video_that(lambda m: m.name not in IMAGE_NAMES)

IMAGE = image_that(lambda m: plain(m) and len(m.resolutions_image) == 2 and not m.references)
"""Eight ratios, 1k and 2k, no reference."""
OMNI = image_that(lambda m: m.omni and not m.auto_needs_image and not m.newer)
LARGE = image_that(lambda m: m.newer)
"""Of the newer generation: 2k to 8k, ten images, a series of ten."""
OMNI_AUTO = image_that(lambda m: m.omni and m.auto_needs_image)
"""`auto` only with a picture; 4k."""
REFERENCE = image_that(lambda m: bool(m.references) and not m.reference_needed)
REFERENCE_NEEDED = image_that(lambda m: m.reference_needed)
SMALLER_WITH_A_PICTURE = image_that(lambda m: plain(m) and len(m.resolutions_image) == 1)
KEEPS_SHAPE = image_that(lambda m: not m.ratios)
NO_WIDE = image_that(lambda m: bool(m.ratios) and "21:9" not in m.ratios)
ONLY_IMAGE = image_that(lambda m: m.omni and not m.newer and m.name not in VIDEO_NAMES)

USD = {Pack.VIDEO: Decimal("0.14"), Pack.IMAGE: Decimal("0.0035")}
"""What a unit costs, as in the default settings."""
EDITS = next(m.name for m in CATALOGUE.edit if not m.newer)
"""Makes a video from another; of the legacy generation."""
NEWER_EDITS = next(m.name for m in CATALOGUE.edit if m.newer and not m.charges_input)
"""The same of the newer generation; the seconds of the result are charged."""
DEAR_EDITS = next(m.name for m in CATALOGUE.edit if m.charges_input)
"""The same where the seconds of both videos are charged."""
LEGACY_MOTION = next(m.name for m in CATALOGUE.operation_models(Kind.MOTION) if not m.newer)
NEWER_MOTION = next(m.name for m in CATALOGUE.operation_models(Kind.MOTION) if m.newer)
"""Moves an image like a video; of the legacy generation."""
SCENES = [m for m in CATALOGUE.operation_models(Kind.EFFECT) if m.withdrawn is None]
SCENE = next(m.name for m in SCENES if m.images == 1)
"""An effect of one image."""
DUAL_SCENE = next(m.name for m in SCENES if m.images == 2)
"""An effect of two."""
WITHDRAWN_SCENE = next(
    m.name for m in CATALOGUE.operation_models(Kind.EFFECT) if m.withdrawn is not None
)
EDIT_NAMES = [model.name for model in CATALOGUE.edit]
