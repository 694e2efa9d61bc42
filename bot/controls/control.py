"""What a control is: its name, where it is shown, who may use it, what it does, its words."""

import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.controls.pages import Pages
from bot.domain.catalogue import Catalogue
from bot.domain.requests import Offered
from bot.domain.rules_of_place import NO_RULES, RulesOfPlace
from bot.errors import Problem
from bot.jobs.actions import Actions, Told
from bot.jobs.hiding import Hiding
from bot.jobs.intake import Answer as PlainAnswer
from bot.jobs.my_data import MyData
from bot.jobs.ordering import Orders
from bot.jobs.posted_media import PostedMedia
from bot.jobs.stars import Stars
from bot.messages.cards import Cards
from bot.messages.controls import Place
from bot.messages.form import Form
from bot.messages.menu_forms import MenuForms
from bot.messages.message import Style
from bot.messages.request_forms import RequestForms
from bot.messages.translations import Translations
from bot.settings.default_sections import DefaultsSettings
from storage.drafts import Draft
from storage.job import Job, Origin

Label = Callable[[Job], str | None]
"""Whether a job shows the control, and under which key of the catalogue."""
Reply = Told | Problem | None
"""What the member is told; None: the control has answered by itself."""


class Who(enum.Enum):
    """Who may use a control; it is looked up again at every press."""

    REQUESTER = enum.auto()
    """The member who asked for the job."""
    THERE = enum.auto()
    """Anyone in the job's channel, because the button is there, and the requester anywhere.

    A private job has no channel.
    """
    IN_SERVER = enum.auto()
    """Anyone in the job's server, unless the job is private."""
    REQUESTER_OR_MODERATORS = enum.auto()
    """The member who asked, anywhere; and people with "Manage Messages" in the job's server, unless
    it is private."""
    MANAGERS = enum.auto()
    """People with "Manage Server", about jobs of their server that are not private."""
    ASKED = enum.auto()
    """The member who was asked; the control is about a draft."""
    ANYBODY = enum.auto()
    """Concerns only the person who presses; the id isn't looked up."""


class Answer(PlainAnswer, Protocol):
    """The one answer to an interaction."""

    async def form(self, form: Form) -> None:
        """Open a form; `PostImpossible`, `PostUnclear`."""
        ...


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed, an option that was chosen, or a form that was sent."""

    action: str
    about: str
    """The id in the `custom_id`: not looked up yet."""
    tag: str
    origin: Origin
    """Who pressed, and where."""
    token: str = field(repr=False)
    answer: Answer
    rules: RulesOfPlace = NO_RULES
    """What was set for this place and member."""
    manages: int | None = None
    """The server that the person manages, if the press came from there."""
    moderates: int | None = None
    """The server in whose channel the person may delete messages, if the press came from there."""
    chosen: str = ""
    """The value that was chosen from a menu."""
    shown: tuple[Offered, ...] = field(default=(), repr=False)
    """The files of the message under which it was pressed, each named by its file name."""
    fields: Mapping[str, str] | None = None
    """What was filled in; None: no form was sent."""
    uploads: Mapping[str, Offered] = field(default_factory=dict, repr=False)
    """The files that were put into the form, by field."""
    found: Job | Draft | None = None
    """The job or the draft, once it is known that this person may do this."""

    @property
    def job(self) -> Job:
        """The job that the control is about."""
        if not isinstance(self.found, Job):
            raise TypeError(f"{self.action} is about no job")
        return self.found

    @property
    def draft(self) -> Draft:
        """The draft that the control is about."""
        if not isinstance(self.found, Draft):
            raise TypeError(f"{self.action} is about no draft")
        return self.found

    @property
    def user_id(self) -> int:
        """Who pressed."""
        return self.origin.user_id

    @property
    def locale(self) -> str:
        """In which language they read."""
        return self.origin.locale


@dataclass(frozen=True, slots=True)
class Desk:
    """What controls work with."""

    actions: Actions
    orders: Orders
    cards: Cards
    words: Translations
    pages: Pages
    my_data: MyData
    catalogue: Catalogue
    forms: RequestForms
    menu_forms: MenuForms
    posted: PostedMedia
    defaults: DefaultsSettings
    stars: Stars
    hiding: Hiding


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One entry of the table of controls."""

    name: str
    """The action in `kling:ACTION:JOB`: at most 16 of a-z and _, never renamed."""
    who: Who
    does: Callable[[Desk, Press], Awaitable[Reply]]
    shown: Mapping[Place, Label] = field(default_factory=dict)
    """Its buttons; a menu of its own, as for faces, is composed where it is shown."""
    style: Style = Style.PLAIN
    of_drafts: bool = False
    """Whether with the tag `OF_DRAFT` it is about a draft of the member's own."""
    marks: bool = False
    """Whether its button bears the tag by which a message is found again: exactly one does."""
    for_showcase: bool = False
    """Whether it is shown only where the server has a showcase."""
    open_to_blocked: bool = False
    """Whether members who are blocked may use it."""
    form: Callable[[Desk, Press], Awaitable[Form | Reply]] | None = None
    """What a press opens; `does` then gets what was filled in."""
    aged: Callable[[Desk, Press], Awaitable[Reply]] | None = None
    """What it does about a job that is not known, as it may have been deleted by its age; it asks
    by itself who may."""

    def label(self, place: Place, job: Job) -> str | None:
        """Return the key of its label, or None where this job does not show it."""
        label = self.shown.get(place)
        return label(job) if label else None
