"""Rules of images that a prompt cites by their number: no gaps, and none that is not there."""

from collections.abc import Iterator, Sequence

from bot.domain.requests import cited_images
from bot.errors import Problem


def gap_problems(options: Sequence[str], given: Sequence[str]) -> Iterator[Problem]:
    """Yield the first option that was skipped: the numbers in a prompt are those of the options."""
    expected = options[: len(given)]
    missing = next((name for name in expected if name not in given), None)
    if missing is not None:
        yield Problem("image_gap", {"missing": missing, "given": ", ".join(given)})


def citation_problems(
    prompt: str, attached: int, *, missing: str = "citation_missing"
) -> Iterator[Problem]:
    """Yield each cited number that no image has; `missing` is the code that says so."""
    for number in cited_images(prompt):
        if number == 0:
            yield Problem("citation_zero")
        elif number > attached:
            yield Problem(missing, {"citation": number, "attached": attached})
