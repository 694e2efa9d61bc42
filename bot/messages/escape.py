"""Makes outside text safe to show: no mention, no mark-up, no hidden or reordering characters."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Control, format (zero-width, bidi), surrogate, private use and unassigned characters."""
BLANK: Final = frozenset(
    map(
        chr,
        (
            0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164,
            *range(0xFE00, 0xFE10), 0xFFA0, *range(0xE0100, 0xE01F0),
        ),
    )
)  # fmt: skip
"""Letters and marks that show nothing (Unicode: Default_Ignorable_Code_Point); blank Braille."""
LINE_ENDS: Final = re.compile("\r\n|[\r\u0085\u2028\u2029]")
"""Every line separator of any system: all become the common one."""
JOINER: Final = "\u200d"
PICTURE_STYLE: Final = "\ufe0f"
"""The two hidden characters that emoji are built with; they are kept only between symbols."""
VIRAMA: Final = 9
"""Combining class of the sign after which a joiner is part of the spelling (RFC 5892, A.2)."""
SYMBOLS: Final = frozenset({"So", "Sk"})
MARKS: Final = frozenset({"Mn", "Me"})
MARKS_MAX: Final = 4
"""Marks on one letter: more of them would overlap the lines above and below."""
MARKUP: Final = re.compile(
    r"""(?imx)
    (?P<anywhere> [\\`*_~|\[\]<@]
        | :(?=//)                               # an address
        | :(?=[\w+-]+:)                         # the name of an emoji
        | (?<=discord)\.(?=[a-z]) | (?<=discordapp)\.(?=[a-z])  # an invitation needs no scheme
    )
    | ^(?P<before> [^\S\n]*) (?P<beginning> [>#+-] | (?P<number>\d+)\.(?=\s|$))
    """
)
"""What Discord interprets: anywhere, or at the beginning of a quote, heading or list."""
WORD_JOINT: Final = re.compile(r"(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])")
"""An underscore inside a name (`image_2`), which Discord does not interpret."""
URL_CHARACTERS: Final = "%:/?#[]@!$&'()*+,;=-._~"
"""The characters of a URL (RFC 3986), besides letters and digits."""
ELLIPSIS: Final = "…"


def visible(text: str) -> str:
    """Return the text without characters that hide, reorder, overlay or forge what is read."""
    normal = unicodedata.normalize("NFC", LINE_ENDS.sub("\n", text))
    if normal.isascii() and normal.replace("\n", "").isprintable():
        return normal  # the usual case, and fast
    while (seen := _without_hidden(normal)) != normal:
        normal = seen  # characters that are now adjacent may combine into something else
    return normal


def _without_hidden(normal: str) -> str:
    kept: list[str] = []
    marks = 0
    for place, character in enumerate(normal):
        category = unicodedata.category(character)
        if character in {JOINER, PICTURE_STYLE}:
            if not _glues(kept, character, normal[place + 1 : place + 2]):
                continue
        elif character in BLANK or (character != "\n" and category in HIDDEN_CATEGORIES):
            continue
        elif category in MARKS:
            marks += 1
            if marks > MARKS_MAX or not kept or kept[-1] == "\n":
                continue
        else:
            marks = 0
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def _glues(kept: list[str], character: str, following: str) -> bool:
    """Tell whether a hidden character is where an emoji, or a spelling, has it."""
    last = kept[-1] if kept else ""
    if character == JOINER and last and unicodedata.combining(last) == VIRAMA:
        return True
    if not last or (last != PICTURE_STYLE and unicodedata.category(last) not in SYMBOLS):
        return False
    if character == PICTURE_STYLE:
        return last != PICTURE_STYLE
    return following not in BLANK and unicodedata.category(following or "\0") in SYMBOLS


def inert(text: str) -> str:
    """Return visible text that Discord shows literally: no mark-up, mention or link."""
    return MARKUP.sub(_escaped, visible(text))


def _escaped(found: re.Match[str]) -> str:
    if found["anywhere"]:
        return f"\\{found[0]}"
    if found["number"]:
        return f"{found['before']}{found['number']}\\."
    return f"{found['before']}\\{found['beginning']}"


def one_line(text: str) -> str:
    """Return visible text as a single line."""
    return " ".join(visible(text).split())


def inert_line(text: str) -> str:
    """Return outside text as one escaped line, which may also stand between backticks.

    A name stays as it is. If nothing of the text is visible, … is returned: nothing between two
    backticks would open another code span.
    """
    line = one_line(text).replace("`", "'")
    name = WORD_JOINT.sub("", line)
    return (line if inert(name) == name else inert(line)) or (ELLIPSIS if text else "")


def clickable(url: str) -> str:
    """Return an upstream's URL so that Discord makes exactly one link of it."""
    return quote(url, safe=URL_CHARACTERS)


def shorten(text: str, characters_max: int) -> str:
    """Return the text, ended with … if it was longer than `characters_max` characters."""
    if len(text) <= characters_max:
        return text
    return text[: characters_max - 1].rstrip() + ELLIPSIS


def quoted(text: str, characters_max: int) -> str | None:
    """Return outside text as a Discord quote of at most `characters_max`, or None if too long."""
    lines = [f"> {line}" if line else ">" for line in inert(text).strip().split("\n")]
    quote = "\n".join(lines)
    return quote if len(quote) <= characters_max else None


def shortened_quote(text: str, characters_max: int) -> str:
    """Return outside text as a quote, cut with … if it would be longer than the limit."""
    whole = quoted(text, characters_max)
    length = len(text)
    while whole is None and length > 1:
        length = length * 3 // 4
        whole = quoted(shorten(visible(text), max(1, length)), characters_max)
    return whole or ""
