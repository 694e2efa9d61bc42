"""What Discord makes of a text, told from the outside: written from how clients behave.

Knows nothing of `bot.messages.escape`. It is stricter than a client:
a sign that could mean something counts as if it did, paired or not.
"""

import re
import unicodedata
from collections import Counter

ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
CODE = re.compile(r"(`+)(.*?[^`])\1(?!`)", re.DOTALL)
EVERYWHERE: dict[str, re.Pattern[str]] = {
    "timestamp": re.compile(r"<t:-?\d+(?::[a-zA-Z])?>"),
    "mention": re.compile(r"<@!?\d+>"),
    "link": re.compile(r"(?:https?|steam|discord)://[^\s<]+", re.IGNORECASE),
    "invitation": re.compile(r"discord(?:app)?\.(?:gg|com|new|gift|media)[/\\]?\S*", re.IGNORECASE),
    "emoji": re.compile(r":[\w+-]+:"),
    "angle": re.compile(r"<"),
    "at": re.compile(r"@"),
    # An underscore inside a word is no style to Discord either: `image_2`.
    "style": re.compile(r"[*~|`]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])"),
    "bracket": re.compile(r"[\[\]]"),
}
AT_THE_BEGINNING: dict[str, re.Pattern[str]] = {
    "quote": re.compile(r"[^\S\n]*>"),
    "heading": re.compile(r"[^\S\n]*#{1,3}"),
    "small": re.compile(r"[^\S\n]*-#"),
    "list": re.compile(r"[^\S\n]*(?:[-+*]|\d+\.)(?=\s)"),
}
RAW: dict[str, re.Pattern[str]] = {
    # What Discord's server looks for in the letters as they were sent, escapes and all.
    "unfolded": re.compile(r"https?://\S+", re.IGNORECASE),
    "invited": EVERYWHERE["invitation"],
}
INVISIBLE = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
"""Unicode's Default_Ignorable_Code_Point, line separators, and the blank Braille pattern."""
BIDI = frozenset({"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"})
VIRAMA = 9
"""Unicode's combining class of the sign after which a joiner is part of the spelling."""
EMOJI_GLUE = frozenset("\u200d\ufe0f")


def read(text: str) -> tuple[str, Counter[str]]:
    """Return the letters that are shown, and how often each kind of thing means something."""
    shown: list[str] = []
    active: Counter[str] = Counter(
        {name: len(pattern.findall(text)) for name, pattern in RAW.items()}
    )
    at = 0
    while at < len(text):
        if at == 0 or text[at - 1] == "\n":
            # A quote holds another beginning: `> # loud`.
            inside = at
            if text.startswith("> ", at):
                active["quote"] += 1
                inside = at + 2
            for name, pattern in AT_THE_BEGINNING.items():
                if pattern.match(text, inside):
                    active[name] += 1
            if inside > at:
                at = inside
                continue
        escape, code = ESCAPE.match(text, at), CODE.match(text, at)
        if escape:
            shown.append(escape[1])
            at = escape.end()
            continue
        if code:
            active["code"] += 1
            shown.append(code[2])
            at = code.end()
            continue
        found = next(
            ((n, m) for n, p in EVERYWHERE.items() if (m := p.match(text, at)) is not None), None
        )
        if found is not None:
            active[found[0]] += 1
            shown.append(found[1][0])
            at = found[1].end()
            continue
        shown.append(text[at])
        at += 1
    return "".join(shown), +active


def hidden(text: str) -> list[str]:
    """Return every character that is not seen or moves others, but for emoji and spelling."""
    found = []
    for at, character in enumerate(text):
        if character in EMOJI_GLUE and at and unicodedata.category(text[at - 1]) in {"So", "Sk"}:
            continue
        if character == "\u200d" and text[at - 1 : at] == "\ufe0f":
            continue
        if character == "\u200d" and unicodedata.combining(text[at - 1 : at] or "a") == VIRAMA:
            continue
        code = ord(character)
        unseen = any(low <= code <= high for low, high in INVISIBLE)
        control = character != "\n" and unicodedata.category(character) in {"Cc", "Cf", "Cs"}
        if unseen or control or unicodedata.bidirectional(character) in BIDI:
            found.append(f"U+{code:04X}")
    return found
