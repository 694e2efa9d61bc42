"""The request that goes on from a video: a part whose first frame is the last one of that. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain.catalogue import Catalogue
from bot.domain.catalogue.model import DEFAULT_DURATION_S
from bot.domain.requests import (
    CITATION,
    ClipRequest,
    EditRequest,
    Request,
    SoundtrackRequest,
    StoryboardRequest,
    VideoRequest,
    options_of,
)
from bot.domain.rules.changes import PROMPT
from bot.domain.rules.parse import video_request

FIRST_FRAME: Final = "image"
KEPT: Final = ("mode", "sound", "negative_prompt", "cfg_scale")
"""What the part has from the video before it, where that was made by the same model."""
SECONDS: Final = "duration"


def makes_the_next(catalogue: Catalogue, request: Request) -> bool:
    """Tell whether the model of a request makes a video from an image, too.

    One that the catalogue does not know is asked, if it makes videos from prompts.
    """
    if not isinstance(request, ClipRequest | EditRequest):
        return False
    known = catalogue.video_model(request.model)
    return isinstance(request, ClipRequest) if known is None else known.image


def next_part(
    catalogue: Catalogue, request: Request, filled: Mapping[str, Any], *, model_here: str
) -> VideoRequest:
    """Return a part after what a request made: with its model, mode and words, if it can have them.

    `filled` are other values by option; `model_here` takes the place of a model that makes nothing
    from an image. Which jobs it is joined to is not said yet.
    """
    same = makes_the_next(catalogue, request)
    values: dict[str, Any] = {PROMPT: " ".join(CITATION.sub("", _words(request)).split())}
    if same:
        fields = {option.name: option.field for option in options_of(VideoRequest)}
        values |= {name: getattr(request, fields[name], None) for name in KEPT}
        known = catalogue.video_model(request.model)
        length_s = getattr(request, "duration_s", None)
        if known is None or length_s in known.lengths_s(references=False):
            values[SECONDS] = length_s
    model = request.model if same else model_here
    given = {**values, "model": model, **filled}
    return video_request(catalogue, given, {FIRST_FRAME}, default_model=model)


def _words(request: Request) -> str:
    """Return what was to be seen last; nothing where the words were for ears."""
    if isinstance(request, StoryboardRequest):
        return request.shots[-1].words if request.shots else ""
    seen = any(option.name == PROMPT for option in options_of(request))
    return request.prompt if seen and not isinstance(request, SoundtrackRequest) else ""


def joined_to(
    part: VideoRequest, job_id: str, request: Request, clip_s: float | None
) -> VideoRequest:
    """Return a part as it is joined to the video of this job, and to all that comes before it.

    `clip_s` is how long Kling says that the video is, without its own earlier parts; None: it did
    not say. It counts in whole seconds, as it was bought.
    """
    own_s = round(_nominal_s(request) if clip_s is None else clip_s)
    before, before_s = (
        (request.continues, request.earlier_s) if isinstance(request, VideoRequest) else ((), 0)
    )
    return replace(part, continues=(*before, job_id), earlier_s=before_s + own_s)


def _nominal_s(request: Request) -> float:
    """Return how long its video should be; what is made of a whole video is as long as that."""
    asked_s = getattr(request, "duration_s", None)
    as_long = not (isinstance(request, EditRequest) and request.is_reference)
    given_s = getattr(request, "video_s", None) if as_long else None
    return asked_s or given_s or DEFAULT_DURATION_S
