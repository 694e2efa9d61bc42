"""The shots of one clip, as each generation writes them: a list of objects, or a text.

Kling's API documentation (2026-09): at most six; each at least a second; together as long as the
clip. The prompts of the list have at most 512 characters; the text is "shot n, m, words;" for each,
n its number and m its seconds.
"""

import re

from sandbox.kling import fields
from sandbox.kling.errors import Refusal, bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.orders import Shot

SHOT_PROMPT_MAX_CHARS = 512
SHOTS_MAX = 6
_TEXT = re.compile(r"\s*shot\s+(\d+)\s*,\s*(\d+)\s*,([^;]*);\s*")
_BEGINS = re.compile(r"\s*shot\s+\d+\s*,\s*\d+\s*,")


def listed_shots(body: JsonObject, seconds: int) -> tuple[Shot, ...]:
    """Return the shots of `multi_prompt`, in the order of the list."""
    given = fields.objects(body, "multi_prompt", SHOTS_MAX)
    wrong = bad_value("multi_prompt is invalid")
    try:
        lengths = [int(shot["duration"]) for shot in given if isinstance(shot["duration"], str)]
        words = [fields.text(shot, "prompt", max_chars=SHOT_PROMPT_MAX_CHARS) for shot in given]
        in_order = [shot["index"] for shot in given] == list(range(1, len(given) + 1))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise wrong from None
    if len(lengths) != len(words) or not in_order:
        raise wrong
    return _checked(tuple(map(Shot, words, lengths)), seconds, wrong)


def written_shots(prompt: str, seconds: int) -> tuple[Shot, ...]:
    """Return the shots that a prompt spells out; none where it is an ordinary prompt."""
    if not _BEGINS.match(prompt):
        return ()
    wrong = bad_value("the shots of the prompt are invalid")
    found = list(_TEXT.finditer(prompt))
    numbers = [int(one[1]) for one in found]
    if "".join(one[0] for one in found) != prompt or numbers != list(range(1, len(found) + 1)):
        raise wrong
    if len(found) > SHOTS_MAX:
        raise wrong
    return _checked(tuple(Shot(one[3].strip(), int(one[2])) for one in found), seconds, wrong)


def _checked(shots: tuple[Shot, ...], seconds: int, wrong: Refusal) -> tuple[Shot, ...]:
    lengths = [shot.seconds for shot in shots]
    if not all(shot.words for shot in shots) or min(lengths, default=0) < 1:
        raise wrong
    if sum(lengths) != seconds:
        raise wrong
    return shots


def in_one(shots: tuple[Shot, ...]) -> str:
    """Return the words of all shots as one prompt, for what reads prompts; `""` without shots."""
    return " / ".join(shot.words for shot in shots)
