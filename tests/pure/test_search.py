"""Words are found in a prompt whatever their case, script and spelling in Unicode."""

import pytest

from bot.domain.search import Words


@pytest.mark.parametrize(
    ("search", "text", "found"),
    [
        ("fox", "A FOX in the snow", True),
        ("snow fox", "A FOX in the snow", True),
        ("fox owl", "A FOX in the snow", False),
        ("ox", "a fox", True),
        ("ÉTÉ", "un été à la mer", True),
        ("\u00e9te\u0301", "un e\u0301t\u00e9", True),
        ("STRASSE", "eine Straße", True),
        ("ΣΊΣΥΦΟΣ", "καλημέρα σίσυφος", True),
        ("ИВА", "плакучая ива", True),
        ("\uff26\uff2f\uff38", "a fox", True),  # typed in full width
        ("狐狸", "雪地里的狐狸", True),
        ("狐狸", "雪地里的狼", False),
        ("100%", "100% wool", True),
        ("a_b", "a-b", False),
        ("%", "no percent", False),
        ("  ", "anything", True),
    ],
)
def test_every_word_has_to_be_somewhere(search: str, text: str, *, found: bool) -> None:
    """All of the words, each anywhere; nothing in them has a meaning of its own."""
    assert Words(search).are_in(text) is found


def test_blanks_are_no_words() -> None:
    """Nothing to look for finds everything, and says so."""
    assert not Words(" \t")
    assert Words("a")
