"""Characters in a prompt: who is cited as `@name`, and how Kling is told. Pure.

An `@` before a name that the member may use is a citation; anything else is plain text, because
people write `@` for other things. Kling calls a character an element.
"""

import difflib
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from storage.character import NAME_CHARACTERS_MAX, folded

SIGN: Final = "@"
OWN_MAX: Final = 20
"""Ours: how many characters a member may have."""
ALIKE: Final = 0.75
"""From which share of common letters on a name that is not known is taken for a slip."""
ALIKE_FROM: Final = 3
"""So many letters a name must have for that."""
LIKE_NAMES_MAX: Final = 2 * NAME_CHARACTERS_MAX
"""Letters; a longer word shares too few with any name."""
WORDS_COMPARED_MAX: Final = 20
NAMES_COMPARED_MAX: Final = 100
"""So many different words of a command are compared with so many names, the member's own first:
the loop that answers everybody stands still for it. All of them take about 20 ms."""
DENSE_FROM: Final = "\u2e80"
"""From here on are scripts that put no spaces between words: a name may be followed by any."""
EMPTY: Final = ""
LEGACY_FORM: Final = "<<<element_{number}>>>"
NEWER_FORM: Final = "@element_{number}"
"""How Kling's two generations cite an element (Kling's API documentation, 2026-09)."""


class Element(NamedTuple):
    """A character as a request cites it."""

    name: str
    element_id: str
    """Kling's id; not secret."""
    of_clip: bool


@dataclass(frozen=True, slots=True)
class Cited:
    """Where a text cites a character."""

    start: int
    end: int
    name: str
    """As it is stored."""


def is_name(name: str) -> bool:
    """Tell whether a character may be called so: letters, digits and `_`, from a letter on."""
    plain = all(sign.isalnum() or sign == "_" for sign in name)
    return 0 < len(name) <= NAME_CHARACTERS_MAX and name[0].isalpha() and plain


def citations(text: str, names: Collection[str]) -> Iterator[Cited]:
    """Yield where the text cites one of these names, whatever the case; the longest name counts."""
    by_length: dict[int, dict[str, str]] = {}
    for name in names:
        by_length.setdefault(len(name), {}).setdefault(folded(name), name)
    lengths = sorted(by_length, reverse=True)
    for start in _signs(text):
        for length in lengths:
            end = start + 1 + length
            found = by_length[length].get(folded(text[start + 1 : end]))
            if found is not None and _ends(text, end):
                yield Cited(start, end, found)
                break


def slips(text: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each word after an `@` that is no name but nearly one, and that name; each word once.

    Only so many words and names are compared; what is beyond is text.
    """
    known = {folded(name): name for name in itertools.islice(names, NAMES_COMPARED_MAX)}
    cited = {one.start for one in citations(text, names)}
    words: dict[str, str] = {}
    for start in _signs(text):
        word = _word(text, start + 1)
        if start not in cited and ALIKE_FROM <= len(word) <= LIKE_NAMES_MAX:
            words.setdefault(folded(word), word)
    for form, word in itertools.islice(words.items(), WORDS_COMPARED_MAX):
        near = difflib.get_close_matches(form, known, n=1, cutoff=ALIKE)
        if near:
            yield word, known[near[0]]


def in_order(texts: Iterable[str], usable: Sequence[Element]) -> tuple[Element, ...]:
    """Return the elements that these texts cite, in the order in which they come up first."""
    by_name = {one.name: one for one in usable}
    found: dict[str, Element] = {}
    for text in texts:
        for one in citations(text, by_name):
            found.setdefault(one.name, by_name[one.name])
    return tuple(found.values())


def cited_so(text: str, elements: Sequence[Element], form: str) -> str:
    """Return the text with each citation in this form, which has the place of the number."""
    numbers = {one.name: number for number, one in enumerate(elements, start=1)}
    parts, after = [], 0
    for one in citations(text, numbers):
        written = form.format(number=numbers[one.name])
        gap = " " if _goes_on(text, one.end) else EMPTY
        parts += [text[after : one.start], written, gap]
        after = one.end
    return EMPTY.join([*parts, text[after:]])


def element_list(elements: Sequence[Element]) -> dict[str, Any]:
    """Return the field of a legacy body; ids are numbers there, where they are numbers."""
    ids = [
        int(one.element_id) if one.element_id.isdecimal() else one.element_id for one in elements
    ]
    return {"element_list": [{"element_id": one} for one in ids]} if ids else {}


def element_contents(elements: Sequence[Element]) -> list[dict[str, Any]]:
    """Return the contents of a body of the newer generation, each named as it is cited there."""
    return [
        {
            "type": "element",
            "id": NEWER_FORM.removeprefix(SIGN).format(number=number),
            "element_id": one.element_id,
        }
        for number, one in enumerate(elements, start=1)
    ]


def _signs(text: str) -> Iterator[int]:
    """Yield each `@` at which a name may begin: not those of e-mail addresses and mentions."""
    for place, sign in enumerate(text):
        before = text[place - 1] if place else " "
        inside = (before.isalnum() and before < DENSE_FROM) or before in "<_"
        if sign == SIGN and not inside:
            yield place


def _ends(text: str, end: int) -> bool:
    """Tell whether a word ends here, as far as its script shows that."""
    return not _goes_on(text, end) or text[end] >= DENSE_FROM or text[end - 1] >= DENSE_FROM


def _goes_on(text: str, end: int) -> bool:
    return end < len(text) and (text[end].isalnum() or text[end] == "_")


def _word(text: str, start: int) -> str:
    end = start
    while _goes_on(text, end):
        end += 1
    return text[start:end]
