"""Rules of `/edit` for all models: one video, images in order, citations, what an edit keeps."""

from collections.abc import Iterator, Mapping

from bot.domain.edits import EDIT_IMAGES, EditRequest, cited_videos
from bot.domain.given_clip import clip_choice_problems
from bot.domain.requests import Offered
from bot.domain.rules.citations import citation_problems, gap_problems
from bot.errors import Problem


def edit_problems(request: EditRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    """Yield what is wrong with the combination of options."""
    if not request.of_task:
        yield from clip_choice_problems(request, offered)
    yield from gap_problems(EDIT_IMAGES, request.images)
    yield from citation_problems(request.prompt, len(request.images))
    for number in cited_videos(request.prompt):
        if number != 1:
            yield Problem("video_citation", {"citation": number})
    if not request.is_reference:
        for option, value in (
            ("duration", request.duration_s),
            ("aspect_ratio", request.aspect_ratio),
        ):
            if value is not None:
                yield Problem("edit_keeps", {"option": option})
