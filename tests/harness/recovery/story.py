"""What is told of one operation: what people do, and how it must end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sandbox.kling import Switches
from tests.harness.recovery.people import People
from tests.harness.recovery.scene import DONE

Play = Callable[[People], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """One operation from its command to its end."""

    play: Play
    reach: Play | None = None
    """What happened before: it leaves a dead bot, and the moments are those of the next one."""
    cards: tuple[str, ...] = (DONE,)
    """What the cards say in the end, in the order of the commands."""
    posts: int = 1
    shown: int = 0
    """How many copies are in the showcase in the end."""
    hidden: bool = False
    """Whether each of these messages is behind a spoiler in the end."""
    creates: int = 1
    sent_again: int = 0
    """How many creates may come on top, because the operator said so, at the price of it."""
    env: dict[str, str] = field(default_factory=dict)
    foreign: bool = False
    """Kling is reached through a gateway that drops our id."""
    switches: Switches | None = None
    """How Kling answers what is not known for certain; None: as by default."""
