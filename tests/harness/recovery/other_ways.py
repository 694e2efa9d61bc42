"""Which operations are killed only by the sweeps."""

from typing import Final

OTHER_WAYS: Final = frozenset(
    {
        "/avatar",
        "/edit",
        "/edit of our own video",
        "/edit, 4.0 takes an id",
        "/edit, 4.0 without an id",
        "/edit, newer",
        "/effect",
        "/expand",
        "/image, a series with an id",
        "/image, a series without an id",
        "/lipsync, a face is chosen",
        "/motion",
        "/motion, newer",
        "/sound",
        "/storyboard",
        "/storyboard, newer",
        "/video 4.0, no id, shared account",
        "/video 4.0, takes an id",
        "/video 4.0, takes an id, twins",
        "/video with references",
        "/video with references, 4.0 takes an id",
        "/video with references, 4.0 without an id",
        "/video with references, legacy",
        "/video, newer, with an id",
        "animated",
        "continued",
        "continued, 4.0 takes an id",
        "continued, 4.0 without an id",
        "continued, newer",
        "delivered again",
        "from the menu of a message",
        "hidden with its copy in the showcase",
        "lip-synced",
        "no longer followed",
        "refused, and started without an option",
        "taken back from the showcase",
        "widened",
        "with sound",
    }
)
"""Operations that go through what another of the table goes through: played by the sweeps."""
