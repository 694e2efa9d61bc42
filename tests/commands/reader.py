"""Who reads the pictures, and what stands on the page for them: its words and the bot's."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.messages.translations import load_translations

WORDS: Final = Path(__file__).parents[2] / "sandbox" / "playground" / "page" / "js" / "words"
WORD: Final = re.compile(r'^  "([^"]+)": "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
MARKS: Final = re.compile(r"\{[^}]*\}|\*\*|\(\{|\}\)|[\[\]]")
"""What of a text does not stand on the page as it is written."""
BOT: Final = load_translations()


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a language of Discord's."""

    locale: str
    folder: str = ""
    """Where their pictures are, below those of everybody."""

    def window(self, window: dict[str, Any]) -> dict[str, Any]:
        """Return what a browser of theirs is opened with."""
        return window | {"locale": self.locale}

    def word(self, key: str, **facts: str) -> str:
        """Return a phrase of the page itself."""
        file = WORDS / ("zh.js" if self.locale == "zh-CN" else "en.js")
        phrases: dict[str, str] = dict(WORD.findall(file.read_text(encoding="utf-8")))
        return phrases[key].format_map(facts)

    def text(self, key: str) -> str:
        """Return the longest part of a text of the bot that is the same whatever the facts."""
        return max(MARKS.split(BOT.template(key, self.locale)), key=len).strip()

    def either(self, english: str, chinese: str) -> str:
        """Return what they type."""
        return chinese if self.locale == "zh-CN" else english


ENGLISH: Final = Reader("en-US")
CHINESE: Final = Reader("zh-CN", "zh-CN")
READERS: Final = (ENGLISH, CHINESE)
