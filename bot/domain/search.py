"""Finds words in a prompt, in any case and any script. Pure."""

import unicodedata


class Words:
    """What somebody looks for: each of these words has to be somewhere in the text."""

    def __init__(self, text: str) -> None:
        self._words = _plain(text).split()

    def __bool__(self) -> bool:
        return bool(self._words)

    def are_in(self, text: str) -> bool:
        """Tell whether every word is somewhere in the text, if only as a part of another."""
        plain = _plain(text)
        return all(word in plain for word in self._words)


def _plain(text: str) -> str:
    """Without case, and with equal characters written alike: full width, composed or not."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
