"""What every command that makes something takes, whatever it makes."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.options import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryRequest:
    """The base of all requests: its fields are options of each of these commands."""

    private: Annotated[bool | None, Option(wire=None, on_card=False, of_every=True)] = None
    """Only the member sees what comes of it: `bot.domain.policy.privacy`."""
