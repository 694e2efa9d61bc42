"""The controls of a job as a message shows them: which buttons, in which order. Pure.

`bot.controls.table` declares the controls; the messages only ask them what they are called here.
"""

import enum
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from bot.messages.message import SELECT_OPTIONS_MAX, Button, Option, Select, Style, custom_id
from storage.job import Job

MORE: Final = "more"
"""The menu with the controls that have no button of their own; choosing one is pressing it."""
OPEN: Final = "list"
"""The control that shows one job with all that can be done to it."""
STAR: Final = "star"
"""The control by which members show a result to all; its button marks the copy."""


OF_DRAFT: Final = "draft"
"""The tag of a control that is otherwise about a job, where it is about a draft: once that was
started, its id is a job's too."""


class Place(enum.Enum):
    """Where a control can be shown."""

    CARD = enum.auto()
    """Under the answer to the command."""
    PAGE = enum.auto()
    """On the job's page of `/jobs`."""
    RESULT = enum.auto()
    """Under a message that delivers an outcome."""
    MORE = enum.auto()
    """In the menu under a result."""
    SHOWCASE = enum.auto()
    """Under the copy of a result in the showcase of a server."""


class Shown(Protocol):
    """What a message needs to know about a control."""

    @property
    def name(self) -> str:
        """The action in its `custom_id`."""
        ...

    @property
    def style(self) -> Style:
        """How its button looks on the card."""
        ...

    @property
    def marks(self) -> bool:
        """Whether its button bears the tag by which a message is found again."""
        ...

    @property
    def for_showcase(self) -> bool:
        """Whether it is shown only where the server has a showcase."""
        ...

    def label(self, place: Place, job: Job) -> str | None:
        """Return the key of its label, or None where this job does not show it."""
        ...


class Buttons:
    """Lays out the controls of a job, in the order of the table."""

    def __init__(self, controls: Sequence[Shown]) -> None:
        self._controls = controls

    def row(
        self,
        place: Place,
        job: Job,
        say: Callable[[str], str],
        tag: str = "",
        *,
        showcase: bool = False,
    ) -> tuple[Button, ...]:
        """Return the buttons that this job shows in this place; one of them bears the tag.

        `showcase`: the server has one.
        """
        copy = place is Place.SHOWCASE
        return tuple(
            Button(
                custom_id(control.name, job.id, tag if control.marks or copy else ""),
                say(label),
                control.style if place is Place.CARD else Style.PLAIN,
            )
            for control in self._controls
            if (label := control.label(place, job)) is not None
            and (showcase or copy or not control.for_showcase)
        )

    def more(self, job: Job, say: Callable[[str], str], tag: str) -> Select | None:
        """Return the menu with the rest of the controls, or None if there are none."""
        options = tuple(
            Option(control.name, say(label))
            for control in self._controls
            if (label := control.label(Place.MORE, job)) is not None
        )
        if not options:
            return None
        placeholder = say("select.more.placeholder")
        shown = options[:SELECT_OPTIONS_MAX]
        return Select(custom_id(MORE, job.id, tag), placeholder, shown, below=True)
