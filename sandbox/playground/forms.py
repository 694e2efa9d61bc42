"""Forms that the bot opened and that are waiting to be filled in."""

from typing import Final

from sandbox.discord import Interaction
from sandbox.playground.shelf import Shelf

WAITING_MAX: Final = 100


class Forms(Shelf[Interaction]):
    """Keeps the newest forms, whichever connection they were opened on."""

    def __init__(self) -> None:
        super().__init__(WAITING_MAX, lambda _: 1, "form_gone")

    def keep(self, opened: Interaction) -> str:
        """Keep a form and return the key with which it is submitted."""
        return self.put(str(opened.id), opened)
