"""What of a command a draft keeps until its member answers, and how it is read again."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from bot.domain.defaulted import noting
from bot.domain.requests import ClipTaker, Offered, Request, attached, from_json, to_json
from bot.jobs.checks import Asked
from bot.jobs.clip_source import ID_TYPE, kept_id
from bot.jobs.inputs import CLIP
from storage.drafts import Draft
from storage.job import StoredInput, new_job_id

QUESTION_LIFE_S: Final = 15 * 60.0
"""How long a question can be answered."""
FORM_LIFE_S: Final = 3_600.0
"""How long what was filled into a form is kept."""
VIDEO_URL: Final = "video_url"
OFFERED: Final = "offered"
AT_KLING: Final = "at_kling"
FORM_OF_MENU: Final = "menu"
"""Among the sources of a draft: it is the form of this command in the menu of a message."""


def draft_of(asked: Asked, variants: Mapping[str, Mapping[str, Any]], *, now: float) -> Draft:
    """Return a draft of a command, with its permitted variants by tag.

    What was filled into a form about a draft takes its place, under the same id.
    """
    stored = {one.name: one for one in asked.stored}
    offered = {name: one for name, one in asked.offered.items() if name not in stored}
    sources: dict[str, Any] = {OFFERED: {name: asdict(one) for name, one in offered.items()}}
    if isinstance(asked.request, ClipTaker) and asked.request.video_url:
        sources[VIDEO_URL] = asked.request.video_url
    video = stored.get(CLIP)
    if video is not None and video.media_type == ID_TYPE and isinstance(video.data, bytes):
        sources[AT_KLING] = {"is": video.data.decode(), "until": video.until}
    own_id = asked.job_id if asked.by_form else None
    return Draft(
        id=own_id or new_job_id(),
        user_id=asked.origin.user_id,
        channel_id=asked.origin.channel_id,
        guild_id=asked.origin.guild_id,
        kind=asked.request.kind,
        request=noting(to_json(asked.request), asked.defaulted),
        until=now + (FORM_LIFE_S if asked.by_form else QUESTION_LIFE_S),
        variants=variants,
        parent_id=asked.parent_id,
        sources=sources,
    )


def request_of(draft: Draft) -> tuple[Request, dict[str, Offered]]:
    """Return what a draft asks for, with its attachments."""
    request = from_json(draft.kind, draft.request)
    if isinstance(request, ClipTaker) and draft.sources.get(VIDEO_URL):
        request = replace(request, video_url=draft.sources[VIDEO_URL])
    offered = {name: Offered(**one) for name, one in draft.sources.get(OFFERED, {}).items()}
    return request, offered


def clip_of(draft: Draft) -> tuple[StoredInput, ...]:
    """Return what the draft's video is to Kling, where it is one that Kling has."""
    kept = draft.sources.get(AT_KLING)
    return (kept_id(kept["is"], kept["until"]),) if kept else ()


def with_files_of(asked: Asked, request: Request) -> Asked:
    """Return the command with this request, and of its files those that the request takes."""
    taken = {*attached(request), CLIP}
    return replace(
        asked,
        request=request,
        offered={name: one for name, one in asked.offered.items() if name in taken},
        stored=tuple(one for one in asked.stored if one.name in taken),
    )
