"""What a video model does not support of the shots of a storyboard."""

from collections.abc import Iterator

from bot.domain.catalogue.elements import Beside, element_problems
from bot.domain.catalogue.model import VideoModel
from bot.domain.catalogue.video_abilities import (
    mode_problems,
    ratio_problems,
    route_problems,
    seconds_text,
    sound_problems,
)
from bot.domain.citing import as_kling_reads
from bot.domain.limits import PROMPT_CHARACTERS_MAX
from bot.domain.requests import StoryboardRequest
from bot.domain.shot_text import SHOT_END, shots_text
from bot.errors import Fact, Problem


def shot_shortcomings(model: VideoModel, request: StoryboardRequest) -> list[Problem]:
    """Return everything in the request that the model does not support."""
    return [
        *route_problems(model, request),
        *mode_problems(model, request),
        *ratio_problems(model, request),
        *sound_problems(model, request),
        *_shots(model, request),
        *element_problems(
            model.name, model.elements, request.elements, Beside(frames=int(request.image))
        ),
    ]


def _shots(model: VideoModel, request: StoryboardRequest) -> Iterator[Problem]:
    request = as_kling_reads(request)
    shots = request.shots
    if not model.shots_max:
        yield Problem("shots_unsupported", {"model": model.name})
        return
    if len(shots) > model.shots_max:
        facts: dict[str, Fact] = {"given": len(shots), "max": model.shots_max}
        yield Problem("shots_too_many", {"model": model.name, **facts})
    if all(shot.seconds >= 1 for shot in shots) and request.duration_s not in model.durations_s:
        facts = {"given": request.duration_s, "allowed": seconds_text(model.durations_s)}
        yield Problem("shots_sum", {"model": model.name, **facts})
    yield from _each(model, request)
    yield from _together(model, request)


def _each(model: VideoModel, request: StoryboardRequest) -> Iterator[Problem]:
    longest = model.shot_characters_max
    for shot in request.shots:
        given = len(shot.words)
        if longest is not None and longest < given <= PROMPT_CHARACTERS_MAX:
            facts: dict[str, Fact] = {"shot": f"shot_{shot.number}", "given": given, "max": longest}
            yield Problem("shot_too_long", {"model": model.name, **facts})
        if model.newer and SHOT_END in shot.words:
            facts = {"shot": f"shot_{shot.number}", "sign": SHOT_END}
            yield Problem("shot_separator", {"model": model.name, **facts})


def _together(model: VideoModel, request: StoryboardRequest) -> Iterator[Problem]:
    """Yield that the whole is too long, unless a shot of it is too long for every model."""
    if not model.newer or any(len(s.words) > PROMPT_CHARACTERS_MAX for s in request.shots):
        return
    whole = model.shots_image_characters_max if request.image else model.shots_text_characters_max
    given = len(shots_text(request.shots))
    if whole is not None and given > whole:
        yield Problem("shots_too_long", {"model": model.name, "given": given, "max": whole})
