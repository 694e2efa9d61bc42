"""Words that a face speaks: their options, what is wrong with them, how long they take."""

from collections.abc import Iterator
from typing import Annotated, Final, Protocol

from bot.domain import limits
from bot.domain.options import Option
from bot.errors import Problem

Voice = Annotated[str | None, Option(wire=None)]
"""Kling's id of a voice."""
Speed = Annotated[float | None, Option(least=limits.SPEED_MIN, most=limits.SPEED_MAX, wire=None)]
SLOWEST_CHARACTERS_PER_S: Final = 10.0
"""English is spoken at about 15 characters a second; so this is at most."""
SLOWEST_HAN_PER_S: Final = 3.0
"""Chinese is spoken at about four characters a second."""
HAN_FROM: Final = "\u2e80"


class Speaking(Protocol):
    """A request with a sound or words, exactly one of the two."""

    @property
    def audio(self) -> bool:
        """Whether a sound is attached."""
        ...

    @property
    def text(self) -> str:
        """The words; empty where there are none."""
        ...

    @property
    def voice(self) -> str | None:
        """The voice that was chosen."""
        ...

    @property
    def speed(self) -> float | None:
        """The speed that was chosen."""
        ...


def words_or_sound(request: Speaking) -> Iterator[Problem]:
    """Yield that there is neither, both, or that a voice has nothing to say."""
    if not request.audio and not request.text.strip():
        yield Problem("audio_missing")
    elif request.audio and request.text:
        yield Problem("audio_and_text")
    if request.audio and not request.text:
        for option, value in (("voice", request.voice), ("speed", request.speed)):
            if value is not None:
                yield Problem("needs_text", {"option": option})


def about_seconds(text: str, speed: float | None) -> float:
    """Return about how long words take at most, in seconds."""
    han = sum(character >= HAN_FROM for character in text)
    plain_s = (len(text) - han) / SLOWEST_CHARACTERS_PER_S
    return (plain_s + han / SLOWEST_HAN_PER_S) / min(
        limits.SPEED_MAX, max(limits.SPEED_MIN, speed or 1.0)
    )
