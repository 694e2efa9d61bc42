"""The voices of text to speech: rows of `data/voices.toml`."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from bot.domain.catalogue.model import Name

CHINESE: Final = "zh"
ENGLISH: Final = "en"
HAN: Final = re.compile("[\u3400-\u9fff]")
"""Chinese characters."""
Language = Literal["zh", "en"]


def language_of_words(text: str) -> Language:
    """Return the language in which words are spoken: Kling has two."""
    return "zh" if HAN.search(text) else "en"


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice, by Kling's id."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Name
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("zh", "en")
    title: str = ""
    """What Kling calls it in English."""
    title_zh: str = ""
    sex: Literal["female", "male", ""] = ""

    def speaks(self, language: Language) -> bool:
        """Tell whether it has this language."""
        return language in self.languages

    def language_for(self, text: str) -> Language:
        """Return the language of the words, or the only one that the voice has."""
        language = language_of_words(text)
        return language if self.speaks(language) else self.languages[0]
