"""What a terminal can show: not every encoding has every sign."""

import io
from typing import Final, TextIO

BEYOND_ASCII: Final = "✓ 猫"


def writable(stream: TextIO) -> TextIO:
    """Return the stream; it escapes a sign that its encoding lacks, instead of raising."""
    if isinstance(stream, io.TextIOWrapper) and not can_say(stream, BEYOND_ASCII):
        stream.reconfigure(errors="backslashreplace")
    return stream


def can_say(stream: TextIO, text: str) -> bool:
    """Tell whether the stream's encoding has all signs of the text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
