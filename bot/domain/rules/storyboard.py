"""Rules of `/storyboard` for all models: no gaps, words for each shot, lengths only for shots."""

from collections.abc import Iterator

from bot.domain.requests import StoryboardRequest
from bot.errors import Problem


def storyboard_problems(request: StoryboardRequest) -> Iterator[Problem]:
    """Yield what is wrong with the shots among each other."""
    there = [number for number, words in enumerate(request.words, start=1) if words is not None]
    for number in range(1, max(there, default=0)):
        if number not in there:
            yield Problem("shot_gap", {"missing": f"shot_{number}", "last": f"shot_{there[-1]}"})
    for number, (words, seconds) in enumerate(
        zip(request.words, request.seconds, strict=True), start=1
    ):
        if words is None and seconds is not None:
            facts = {"length": f"seconds_{number}", "shot": f"shot_{number}"}
            yield Problem("seconds_without_shot", facts)
        if number > 1 and words is not None and not words.strip():
            yield Problem("text_empty", {"option": f"shot_{number}"})
