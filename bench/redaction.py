"""What the redactor takes for one very long word: ten times the length may cost ten times as much.

A pattern that looks at each character from each start costs a hundred times as much, and holds the
loop for seconds. CPU time; the fastest round counts.
"""

import time
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bot.log import Redactor

SHORT: Final = 8_000
LONG: Final = 80_000
"""Characters of a word."""
RATIO_MAX: Final = 1.5 * LONG / SHORT
ROUNDS_PER: Final = 4
WORDS: Final = {
    "one letter": "a",
    "base64": "aZ09-_",
    "dots": "abc.",
    "a URL": "https://a.example/",
    "user and host": "a:b@",
    "postgresql": "postgresql://a:b@",
    "JWT": "eyJa.",
    "query": "&sig=a?",
    "interaction": "aW50ZXJhY3Rpb24/webhooks/1/",
}
"""Words by what they are made of, again and again."""


async def measure(_folder: Path, amount: Amount) -> dict[str, Any]:
    """Return milliseconds by kind of word, for both lengths."""
    redactor = Redactor(["a-secret-of-the-settings"])
    rounds = max(1, amount.growth_rounds // ROUNDS_PER)
    found = {
        name: [_fastest_ms(redactor, (part * size)[:size], rounds) for size in (SHORT, LONG)]
        for name, part in WORDS.items()
    }
    return {"characters": [SHORT, LONG], "fastest_ms": found}


def _fastest_ms(redactor: Redactor, word: str, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        started_s = time.thread_time()
        redactor.text(word)
        taken.append(1_000 * (time.thread_time() - started_s))
    return min(taken)
