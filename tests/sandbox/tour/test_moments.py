"""What the tour says of moments."""

import pytest

from sandbox.tour.moments import MOMENT, relative, said_at


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "now"),
        (1, "in 1 second"),
        (44, "in 44 seconds"),
        (60, "in 1 minute"),
        (-125, "2 minutes ago"),
        (3_569, "in 59 minutes"),
        (3_590, "in 1 hour"),
        (31 * 60, "in 31 minutes"),
        (3 * 3_600 + 5, "in 3 hours"),
        (-86_399, "1 day ago"),
        (-86_400, "1 day ago"),
        (3 * 86_400, "in 3 days"),
    ],
)
def test_a_moment_is_as_far_away_as_it_is(seconds: float, words: str) -> None:
    """The largest unit that fits, with its number, before or after."""
    assert relative(seconds) == words


def test_only_moments_are_replaced() -> None:
    """Every moment of a text gets words, everything else stays."""
    text = "ready <t:1060:R>, asked <t:940:R>, until <t:4500:t> <t:1:F>"
    said = MOMENT.sub(said_at(1_000.0), text)
    assert said == "ready in 1 minute, asked 1 minute ago, until 01:15 <t:1:F>"
