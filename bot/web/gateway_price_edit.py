"""What is asked for by a body of omni-video, as far as its price depends on it. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from bot.domain.requests import EditRequest
from bot.kling.encode_edit import LEGACY_USES, NEWER_USES

DEFAULT_LEGACY_MODEL: Final = "kling-video-o1"
DEFAULT_LEGACY_MODE: Final = "pro"
"""What the legacy omni-video takes where none is named (Kling's API documentation, 2026-09)."""
_LEGACY: Final = {kind: use for use, kind in LEGACY_USES.items()}
_NEWER: Final = {kind: use for use, kind in NEWER_USES.items()}


def edit_use(said: Mapping[str, Any]) -> str | None:
    """Return what the video in `contents` is used for; None: there is none."""
    contents = said.get("contents")
    kinds = [
        str(one.get("type"))
        for one in (contents if isinstance(contents, list) else [])
        if isinstance(one, dict)
    ]
    return next((_NEWER[kind] for kind in kinds if kind in _NEWER), None)


def newer_edit(model: str, use: str, mode: str, duration_s: int | None) -> EditRequest:
    """Return the edit of the newer generation."""
    return EditRequest("", model, use=use, mode=mode, duration_s=duration_s, newer=True)


def legacy_edit(said: Mapping[str, Any], duration_s: int | None) -> EditRequest:
    """Return the edit of the legacy generation; without a video it has no known price here."""
    videos = said.get("video_list")
    first = videos[0] if isinstance(videos, list) and videos else None
    model = str(said.get("model_name") or DEFAULT_LEGACY_MODEL)
    if not isinstance(first, dict):
        return EditRequest("", "")
    return EditRequest(
        "",
        model,
        use=_LEGACY.get(str(first.get("refer_type") or "base"), ""),
        mode=str(said.get("mode") or DEFAULT_LEGACY_MODE),
        duration_s=duration_s,
    )
