"""What a painting of the local Kling takes from the words of its prompt."""

import pytest
from PIL import Image, ImageStat

from sandbox.kling.painting import paint

SIZE = (96, 54)
NEAR = 32.0  # of 255: two compositions in the same colours
FAR = 64.0
PAIRS = {
    "a ship at night": "夜里的船",
    "a winter forest": "冬天的森林",
    "a golden desert": "金色的沙漠",
}


def sky(prompt: str) -> list[float]:
    """The mean of each channel in the upper quarter."""
    return ImageStat.Stat(upper(paint(prompt, 0, SIZE))).mean


def upper(painted: Image.Image) -> Image.Image:
    return painted.crop((0, 0, SIZE[0], SIZE[1] // 4))


def apart(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("english", PAIRS)
def test_chinese_words_are_painted_as_english_ones(english: str) -> None:
    """A prompt has the sky of its words in either language, and not that of other words."""
    chinese = {words: sky(words) for words in PAIRS.values()}
    there = {words: apart(sky(english), seen) for words, seen in chinese.items()}
    assert there.pop(PAIRS[english]) < NEAR
    assert min(there.values()) > FAR
