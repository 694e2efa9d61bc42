"""Rules of `/image` for all models: options that need or exclude each other."""

from collections.abc import Iterator

from bot.domain.requests import IMAGE_OPTIONS, ImageRequest, cited_images
from bot.errors import Problem


def image_problems(request: ImageRequest) -> Iterator[Problem]:
    """Yield what is wrong with the combination of options."""
    yield from _pictures(request)
    if request.series is not None and request.n is not None:
        yield Problem("series_and_n")
    if not request.omni:
        yield from _generations(request)


def _pictures(request: ImageRequest) -> Iterator[Problem]:
    expected = IMAGE_OPTIONS[: len(request.images)]
    missing = next((name for name in expected if name not in request.images), None)
    if missing is not None:
        yield Problem("image_gap", {"missing": missing, "given": ", ".join(request.images)})
    for number in cited_images(request.prompt):
        if number == 0:
            yield Problem("citation_zero")
        elif number > len(request.images):
            facts = {"citation": number, "attached": len(request.images)}
            yield Problem("citation_missing", facts)


def _generations(request: ImageRequest) -> Iterator[Problem]:
    """What images/generations accepts only with an image (Kling's API documentation, 2026-09)."""
    if not request.images:
        for option in ("fidelity", "reference"):
            if getattr(request, option) is not None:
                yield Problem(f"{option}_without_image")
    if request.human_fidelity is not None and request.reference != "subject":
        yield Problem("human_fidelity_needs_subject")
