"""Everything that media workers can be asked to do, for the bot to name.

Pillow and PyAV take 20 MB of memory, which the bot itself does without: each task loads its library
when it is called, and only workers call it (`bot.media.pool`).
"""

from pathlib import Path

from bot.media.products import (
    PICTURE_MAX_BYTES,
    SOUND_MAX_S,
    Cut,
    FilePart,
    Panel,
    Picture,
    Sound,
)


def prepare_picture(file: FilePart, max_bytes: int = PICTURE_MAX_BYTES) -> Picture:
    """Return the image as Kling accepts it: `bot.media.images.prepare_picture`."""
    from bot.media import images  # noqa: PLC0415 - loaded in the worker, as said above

    return images.prepare_picture(_bytes_of(file), max_bytes)


def prepare_sound(file: FilePart, max_s: float = SOUND_MAX_S) -> Sound:
    """Return the audio as Kling accepts it: `bot.media.sound.prepare_sound`."""
    from bot.media import sound  # noqa: PLC0415 - as above

    return sound.prepare_sound(_bytes_of(file), max_s)


def fit(path: Path, out_dir: Path, limit_bytes: int) -> Path | None:
    """Return a video of at most `limit_bytes`: `bot.media.fit.fit`."""
    from bot.media import fit as fitting  # noqa: PLC0415 - as above

    return fitting.fit(path, out_dir, limit_bytes)


def preview(path: Path, folder: Path, max_bytes: int) -> Path:
    """Return a smaller copy of a large image: `bot.media.preview.preview`."""
    from bot.media import preview as previewing  # noqa: PLC0415 - as above

    return previewing.preview(path, folder, max_bytes)


def poster(path: Path) -> bytes:
    """Return a JPEG that stands for a video: `bot.media.video.poster`."""
    from bot.media import video  # noqa: PLC0415 - as above

    return video.poster(path)


def last_frame(path: Path) -> Cut:
    """Return the last frame of a video: `bot.media.last_frame.last_frame`."""
    from bot.media import last_frame as cutting  # noqa: PLC0415 - as above

    return cutting.last_frame(path)


def join(paths: tuple[Path, ...], out_dir: Path) -> Path:
    """Return one video of several: `bot.media.joining.join`."""
    from bot.media import joining  # noqa: PLC0415 - as above

    return joining.join(paths, out_dir)


def draw_chart(panels: tuple[Panel, ...]) -> bytes:
    """Return a picture of a month's units: `bot.media.chart.draw_chart`."""
    from bot.media import chart  # noqa: PLC0415 - as above

    return chart.draw_chart(panels)


def _bytes_of(part: FilePart) -> bytes:
    with part.path.open("rb") as file:
        file.seek(part.start)
        return file.read(part.size_bytes)
