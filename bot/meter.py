"""What can be measured while the bot runs, as calls that cost nothing where nobody measures."""

import enum
from typing import Final


class Traffic(enum.StrEnum):
    """Where bytes come from or go to."""

    MEMBERS_FILES = "members_files"
    """Downloaded: what members attach or link to."""
    RESULTS = "results"
    """Downloaded: what Kling made."""
    TO_DISCORD = "to_discord"
    TO_KLING = "to_kling"
    FROM_KLING = "from_kling"


class Meter:
    """Is told what happens. This one forgets it; `bot.web.metrics` counts.

    Moments are seconds of the event loop's clock, durations are seconds.
    """

    def arrived(self, interaction_id: int, at: float) -> None:
        """A member's command, press or form has arrived."""

    def answered(self, interaction_id: int, at: float) -> None:
        """Discord took our answer to this interaction."""

    def sent(self, pack: str, waited_s: float) -> None:
        """A job went to Kling for the first time, so long after it was queued."""

    def visible(self, waited_s: float) -> None:
        """A message with results was posted, so long after Kling had finished them."""

    def kling_called(self, route: str, code: str) -> None:
        """A request to Kling ended; `code` is `ok`, Kling's own code, or a word for none."""

    def rate_limited(self) -> None:
        """Discord answered 429."""

    def lease_lost(self) -> None:
        """A step found that its row was moved by someone else."""

    def moved(self, what: Traffic, count: int) -> None:
        """So many bytes were transferred."""


NO_METER: Final = Meter()
"""Measures nothing and has no state."""
