"""The stripe beside a card, by what it shows. Pure."""

from typing import Final

from bot.messages.message import Colour

COLOURS: Final = {
    "done": Colour.DONE,
    "problem": Colour.PROBLEM,
    "gave_up": Colour.PROBLEM,
    "face": Colour.WAITING,
    "unsure": Colour.WAITING,
    "pickup": Colour.WAITING,
    "late": Colour.WAITING,
    "held": Colour.WAITING,
    "no_room": Colour.WAITING,
    "undelivered": Colour.WAITING,
    "cancelled": Colour.QUIET,
    "cancelled_faces": Colour.QUIET,
    "stopped": Colour.QUIET,
    "stopping": Colour.QUIET,
}
