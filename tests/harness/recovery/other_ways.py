"""Which operations are killed only by the sweeps."""

from typing import Final

OTHER_WAYS: Final = frozenset(
    {
        "/edit, 4.0 takes an id",
        "/edit, 4.0 without an id",
        "/edit of our own video",
        "/edit, newer",
        "/effect",
        "/expand",
        "/image, a series with an id",
        "/motion",
        "/motion, newer",
        "/sound",
        "/storyboard, newer",
        "/video 4.0, no id, shared account",
        "/video 4.0, takes an id",
        "/video 4.0, takes an id, twins",
        "/video with references, 4.0 takes an id",
        "/video with references, 4.0 without an id",
        "/video with references, legacy",
        "animated",
        "continued, 4.0 takes an id",
        "continued, 4.0 without an id",
        "from the menu of a message",
        "lip-synced",
        "refused, and started without an option",
        "widened",
        "with sound",
    }
)
"""Operations that go through what another of the table goes through: played by the sweeps."""
