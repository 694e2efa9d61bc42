"""Which model names to suggest while a member types."""

from collections.abc import Iterable
from typing import Final

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.image_defaults import makes
from bot.domain.catalogue.model import ImageModel, VideoModel
from storage.job import Kind

SUGGESTIONS_MAX: Final = 25
"""Discord's limit of autocomplete choices."""


def suggest(
    catalogue: Catalogue,
    prefix: str,
    kind: Kind,
    *,
    pictures: int | None = None,
    references: int = 0,
    series: int | None = None,
    resolution: str | None = None,
    default: str = "",
) -> list[str]:
    """Return at most 25 model names for autocomplete, the most likely first.

    Pressing Enter takes the first one, so a name typed in full leads whatever else is set. Then
    come names that begin with what was typed, then names that contain it. Within each group,
    models that can do what the member has set so far come before those that cannot, the
    configured default leads, and newer models come before older ones.

    Args:
        catalogue: The models.
        prefix: What the member has typed; matched anywhere in the name, ignoring case.
        kind: The command.
        pictures: How many images are attached; None if that is not known.
        references: How many of a video's references are attached.
        series: How many images the series of an image command has; None: it is none.
        resolution: The resolution of an image command; None: any.
        default: The model that is sent if the member chooses none.

    """
    fits = {
        Kind.VIDEO: [
            (m.name, references <= m.references_max and _video_fits(m, pictures))
            for m in catalogue.video
        ],
        Kind.IMAGE: [
            (m.name, _image_fits(m, pictures) and makes(m, series, resolution, pictures or 0))
            for m in catalogue.image
        ],
        Kind.STORYBOARD: [
            (m.name, m.shots_max > 0 and _video_fits(m, pictures)) for m in catalogue.video
        ],
        Kind.EDIT: [(m.name, pictures is None or pictures <= m.images_max) for m in catalogue.edit],
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
    return model.image if pictures else model.text
