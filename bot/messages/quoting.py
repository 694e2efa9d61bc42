"""What a message with results says of its prompt and of results that are links. Pure."""

from collections.abc import Sequence
from typing import Final

from bot.messages.escape import clickable, quoted, shortened_quote, visible
from bot.messages.message import CONTENT_CHARACTERS_MAX, File
from bot.messages.result_parts import Left, Why
from bot.messages.saying import Say

CARD_PROMPT_CHARACTERS_MAX: Final = 1_200
PROMPT_FILE: Final = "prompt.txt"
LINKS_CHARACTERS_MAX: Final = 1_200
"""Longer URLs go into a file, so that the rest of the message keeps its room."""
LINKS_FILE: Final = "links.txt"

Said = tuple[list[str], list[File]]
"""Lines, and files that hold what has no room there."""


def links(left: Left, whole: Sequence[str], say: Say, *, hidden: bool) -> Said:
    """Return the links to results that are no files, and to `whole` ones.

    Of `hidden` ones Discord shows no preview: it makes none of a URL in angle brackets.
    """
    found = [*((left.why, link) for link in left.links), *((Why.WHOLE, link) for link in whole)]
    shown = "||<{}>||" if hidden else "{}"
    lines = [say(why, url=shown.format(clickable(link))) for why, link in found]
    if sum(map(len, lines)) <= LINKS_CHARACTERS_MAX:
        return lines, []
    lines = [say(why, url=f"`{LINKS_FILE}`") for why in dict.fromkeys(why for why, _ in found)]
    every = "\n".join(link for _, link in found)
    return lines, [File(LINKS_FILE, data=every.encode())]


def prompt_after(content: Sequence[str], prompt: str, say: Say) -> Said:
    """Return the prompt below these lines: whole there, or whole in a file and shortened there."""
    if not prompt:
        return [], []
    room = CONTENT_CHARACTERS_MAX - len("\n".join(content)) - 1
    quote = quoted(prompt, room)
    if quote is not None:
        return [quote], []
    note = say("card.prompt_in_file")
    room = min(room - len(note) - 1, CARD_PROMPT_CHARACTERS_MAX)
    file = File(PROMPT_FILE, data=visible(prompt).encode())
    return [shortened_quote(prompt, room), note], [file]
