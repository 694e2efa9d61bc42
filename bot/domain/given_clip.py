"""Rules of a video that is attached or given by its URL: exactly one of the two."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

from bot.domain.offered import Offered
from bot.errors import Problem

VIDEO_OPTION: Final = "video"


class ClipTaker(Protocol):
    """A request with a video."""

    @property
    def video_url(self) -> str:
        """The URL of the video; empty where there is none."""
        ...


def clip_url(given: Mapping[str, object], offered: Mapping[str, Offered]) -> str:
    """Return the URL of the video; a typed one takes precedence over the attachment.

    `check` refuses the two together, so the member decides which one was meant.
    """
    attached = offered.get(VIDEO_OPTION)
    typed = str(given.get("video_url") or "").strip()
    return typed or (attached.url if attached else "")


def clip_choice_problems(request: ClipTaker, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    """Yield that there is no video, that there are two, or that the URL is none."""
    attached = offered.get(VIDEO_OPTION)
    if not request.video_url.strip():
        yield Problem("clip_missing")
    elif attached is not None and request.video_url != attached.url:
        yield Problem("clip_both")
    elif attached is None and not _is_web_address(request.video_url):
        yield Problem("url_scheme")


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme in {"http", "https"}
    except ValueError:
        return False
