"""Which model names are known, and which to suggest while a member types."""

from collections.abc import Collection, Iterable
from typing import Final

from bot.domain.catalogue.image_models import IMAGE_MODELS
from bot.domain.catalogue.model import ImageModel, VideoModel
from bot.domain.catalogue.video_models import OMNI_VIDEO_MODELS, VIDEO_MODELS
from bot.domain.requests import cited_images
from storage.job import Kind

SUGGESTIONS_MAX: Final = 25
"""Discord's limit of autocomplete choices."""

_VIDEO: Final = {model.name: model for model in VIDEO_MODELS}
_IMAGE: Final = {model.name: model for model in IMAGE_MODELS}
LIP_SYNC_MODEL: Final = "advanced-lip-sync"
_KNOWN: Final = frozenset({*_VIDEO, *_IMAGE, *OMNI_VIDEO_MODELS, LIP_SYNC_MODEL})


def video_model(name: str) -> VideoModel | None:
    """Return the model of text2video and image2video with this name, if there is one."""
    return _VIDEO.get(name)


def image_model(name: str) -> ImageModel | None:
    """Return the model of the image routes with this name, if there is one."""
    return _IMAGE.get(name)


def is_known(name: str) -> bool:
    """Tell whether the catalogue knows the model, on any route.

    An unknown name is sent to Kling unchecked; the operator's log should say so.
    """
    return name in _KNOWN


def is_omni_model(name: str) -> bool:
    """Tell whether the model draws on images/omni-image."""
    model = _IMAGE.get(name)
    return model is not None and model.omni


def suggest(
    prefix: str, kind: Kind, *, pictures: int | None = None, default: str = ""
) -> list[str]:
    """Return at most 25 model names for autocomplete, the most likely first.

    Pressing Enter takes the first one, so a name typed in full leads whatever else is set. Then
    come names that begin with what was typed, then names that contain it. Within each group,
    models that can do what the member has set so far come before those that cannot, the
    configured default leads, and newer models come before older ones.

    Args:
        prefix: What the member has typed; matched anywhere in the name, ignoring case.
        kind: The command.
        pictures: How many images are attached; None if that is not known.
        default: The model that is sent if the member chooses none.

    """
    fits = {
        Kind.VIDEO: [(m.name, _video_fits(m, pictures)) for m in VIDEO_MODELS],
        Kind.IMAGE: [(m.name, _image_fits(m, pictures)) for m in IMAGE_MODELS],
        Kind.LIPSYNC: [],
    }[kind]
    return ranked(fits, prefix, default)[:SUGGESTIONS_MAX]


def ranked(fits: Iterable[tuple[str, bool]], prefix: str, default: str = "") -> list[str]:
    """Return the names that contain what was typed, in the order that `suggest` promises.

    `fits` are lower-case names, newest first, each with whether the model can do what was set.
    """
    typed = prefix.strip().lower()

    def rank(row: tuple[str, bool]) -> tuple[bool, ...]:
        name, fit = row
        return name != typed, not name.startswith(typed), not fit, name != default

    return [name for name, _ in sorted((row for row in fits if typed in row[0]), key=rank)]


def _video_fits(model: VideoModel, pictures: int | None) -> bool:
    return pictures is None or (model.image if pictures else model.text)


def _image_fits(model: ImageModel, pictures: int | None) -> bool:
    if pictures is None:
        return True
    return model.image and pictures <= model.pictures_max if pictures else model.text


def needs_omni(prompt: str, images: Collection[str]) -> bool:
    """Tell whether only images/omni-image accepts this: several images, or a citation."""
    return len(images) > 1 or bool(cited_images(prompt))
