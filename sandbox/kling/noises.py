"""What text-to-audio refuses, the order, and the sound: the melody of its prompt."""

from decimal import Decimal
from functools import partial
from typing import Final

from sandbox.kling import fields
from sandbox.kling.clips import melody_of
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake
from sandbox.kling.orders import Made, Order, Product
from sandbox.kling.samples import sound_file
from sandbox.kling.switches import Switches

PROMPT_MAX_CHARS: Final = 200
SHORTEST_S: Final = 3.0
LONGEST_S: Final = 10.0
UNITS: Final = Decimal("0.25")
FORMS: Final = ("mp3", "wav")
"""A result is there in both."""


async def text_to_audio(body: JsonObject, _intake: Intake, _switches: Switches) -> Order:
    """Return the order for a sound."""
    prompt = fields.text(body, "prompt", max_chars=PROMPT_MAX_CHARS)
    if not prompt.strip():
        raise bad_value("prompt cannot be empty")
    if "duration" not in body:
        raise invalid("duration", None)
    seconds = fields.number(body, "duration", SHORTEST_S, LONGEST_S, 0)
    made = Made(partial(_draw, prompt, seconds), "mp3", round(seconds * 1000))
    return Order(Product.TEXT_TO_AUDIO, "text-to-audio", prompt, UNITS, 1, made)


def _draw(prompt: str, seconds: float, index: int, _every: int) -> bytes:
    return sound_file(melody_of(prompt, seconds), FORMS[index])
