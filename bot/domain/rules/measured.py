"""Rules for a video whose header has been read: what it is, and what Discord did not say of it."""

from collections.abc import Iterator

from bot.domain.catalogue import Catalogue
from bot.domain.edits import ClipFacts
from bot.domain.operations.character import shape_problems
from bot.domain.requests import CharacterRequest, EditRequest, Offered, UrlTaker
from bot.domain.rules.attachments import model_clip_problems
from bot.errors import Problem


def measured_problems(
    catalogue: Catalogue, request: UrlTaker, facts: ClipFacts
) -> Iterator[Problem]:
    """Yield what is wrong with the video, beside its length: that is a matter of the request.

    Of an attachment Discord has said how large it and its frames are, and it was judged by that.
    """
    option = "video" if request.video_attached else "video_url"
    if not facts.is_clip:
        yield Problem("clip_type", {"option": option})
    elif not request.video_attached:
        found = Offered(
            option,
            "",
            request.video_url,
            facts.size_bytes or 0,
            width=facts.width,
            height=facts.height,
        )
        if isinstance(request, EditRequest):
            yield from model_clip_problems(found, catalogue.edit_model(request.model))
        else:
            row = catalogue.operation_model(request.kind, request.model)
            yield from model_clip_problems(found, row)
            if isinstance(request, CharacterRequest):
                yield from shape_problems(found)
