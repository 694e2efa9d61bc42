"""Forms that the bot opened and that wait to be filled in."""

from collections import OrderedDict
from typing import Final

from bot.sandbox.discord import Interaction
from bot.sandbox.playground.refused import Refused

WAITING_MAX: Final = 100


class Forms:
    """Keeps the newest forms, whichever connection they were opened on; the oldest go."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Interaction] = OrderedDict()

    def keep(self, opened: Interaction) -> str:
        """Keep what a form answered and return the key with which the form is submitted."""
        key = str(opened.id)
        self._waiting[key] = opened
        if len(self._waiting) > WAITING_MAX:
            self._waiting.popitem(last=False)
        return key

    def find(self, key: str) -> Interaction:
        """Return what the form answered; one that was refused may be submitted again.

        Raises:
            Refused: when there is none.
        """
        opened = self._waiting.get(key)
        if opened is None:
            raise Refused("The form is no longer there; open it again")
        return opened

    def drop(self, key: str) -> None:
        """Keep a form no longer: it was submitted."""
        self._waiting.pop(key, None)
