"""Makes outside text safe to show: no mention, no mark-up, no hidden or reordering characters."""

import re
import unicodedata
from typing import Final

HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Control, format (zero-width, bidi), surrogate, private use and unassigned characters."""
KEPT: Final = frozenset({"\n", "\u200d"})
"""Line ends, and the joiner that emoji are built with."""
MARKUP: Final = re.compile(r"([\\`*_~|\[\]<@])")
"""What means something to Discord anywhere in a line."""
LINE_MARKUP: Final = re.compile(r"(?m)^(\s*)([>#+-])")
"""What means something at the beginning of a line only: quotes, headings, lists, small print."""
LINK: Final = re.compile(r"(?i)(://|\bdiscord(?:app)?\.(?:gg|com)(?=/))")
"""What makes an address, or an invitation, which Discord unfolds without a scheme too."""
NO_LINK: Final = "\u2060"
"""A joiner of no width: it keeps an address from being one."""
ELLIPSIS: Final = "…"


def visible(text: str) -> str:
    """Return the text without characters that hide, reorder or forge what is read."""
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if normal.replace("\n", "").isprintable():
        return normal  # the usual case, and quick: Python calls none of those categories printable
    return "".join(
        c for c in normal if c in KEPT or unicodedata.category(c) not in HIDDEN_CATEGORIES
    )


def inert(text: str) -> str:
    """Return visible text that Discord shows letter by letter: no mark-up, mention or link."""
    unlinked = LINK.sub(lambda found: found[0][0] + NO_LINK + found[0][1:], visible(text))
    return LINE_MARKUP.sub(r"\1\\\2", MARKUP.sub(r"\\\1", unlinked))


def shorten(text: str, characters_max: int) -> str:
    """Return the text, ended with … when it was longer than `characters_max` characters."""
    if len(text) <= characters_max:
        return text
    return text[: characters_max - 1].rstrip() + ELLIPSIS


def quoted(text: str, characters_max: int) -> str | None:
    """Return outside text as a Discord quote of at most `characters_max`, or None if too long."""
    lines = [f"> {line}" if line else ">" for line in inert(text).strip().split("\n")]
    quote = "\n".join(lines)
    return quote if len(quote) <= characters_max else None


def shortened_quote(text: str, characters_max: int) -> str:
    """Return outside text as a quote, cut with … where it would be longer than the limit."""
    whole = quoted(text, characters_max)
    length = len(text)
    while whole is None and length > 1:
        length = length * 3 // 4
        whole = quoted(shorten(visible(text), max(1, length)), characters_max)
    return whole or ""
