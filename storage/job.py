"""The job: what it is, the states of its life, and the legal transitions between them.

    preparing → queued → creating → running → ready → posting → done
        └──── waiting(face) ──┘  └ waiting(unsure)       └ waiting(pickup)
    cancelled: from preparing, waiting, queued

Standard library only, no I/O: everything else in the project builds on this module.
"""

import base64
import enum
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from storage.contents import Content, size_of
from storage.delivery import Delivery, Form, Venue
from storage.errors import IllegalTransition
from storage.kinds import Kind as Kind  # noqa: PLC0414 - part of the job, for all who read it
from storage.kinds import Pack as Pack  # noqa: PLC0414 - as above

__all__ = [
    "ASKED_IN",
    "CARD_GONE",
    "ENDED",
    "ID_ALPHABET",
    "ID_CHARACTERS",
    "TRANSITIONS",
    "WAITING_EXITS",
    "Card",
    "Delivery",
    "Form",
    "Job",
    "Kind",
    "Origin",
    "Pack",
    "State",
    "StoredInput",
    "Venue",
    "WaitsFor",
    "check_transition",
    "is_job_id",
    "new_job_id",
]

ID_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
ID_CHARACTERS: Final = 16
ID_BYTES: Final = 10
"""16 characters of 5 bits: 80 random bits, short enough for a Discord nonce (25 characters)."""


class State(enum.StrEnum):
    """Where a job is in its life."""

    PREPARING = "preparing"
    WAITING = "waiting"
    QUEUED = "queued"
    CREATING = "creating"
    RUNNING = "running"
    READY = "ready"
    POSTING = "posting"
    DONE = "done"
    CANCELLED = "cancelled"


class WaitsFor(enum.StrEnum):
    """The question that a waiting job asks; there is one waiting state for all questions."""

    FACE = "face"
    UNSURE = "unsure"
    PICKUP = "pickup"


_S = State
TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    # Inputs are there; a person must choose a face; or there is a problem to be told.
    _S.PREPARING: frozenset({_S.QUEUED, _S.WAITING, _S.READY, _S.CANCELLED}),
    # The answer leads on to the queue (face; unsure: send again), back to preparing (the face
    # session is over) or creating (unsure: look again), to the task that was found after all, to
    # posting (pickup), or to an end.
    _S.WAITING: frozenset(State) - {_S.WAITING},
    # A slot is free; the face session expired in the queue; the job can never be sent.
    _S.QUEUED: frozenset({_S.CREATING, _S.PREPARING, _S.READY, _S.CANCELLED}),
    # The task id is known; Kling refused for good; Kling said later; the outcome is unknown.
    _S.CREATING: frozenset({_S.RUNNING, _S.READY, _S.QUEUED, _S.WAITING}),
    _S.RUNNING: frozenset({_S.READY}),
    # Delivered in messages, or, if the member stopped following, not at all.
    _S.READY: frozenset({_S.POSTING, _S.DONE}),
    # Every message is there, or there is no venue left.
    _S.POSTING: frozenset({_S.DONE, _S.WAITING}),
    # A late result after giving up; deliver again.
    _S.DONE: frozenset({_S.READY, _S.POSTING}),
    _S.CANCELLED: frozenset(),
}
WAITING_EXITS: Final[Mapping[WaitsFor, frozenset[State]]] = {
    # Chosen; asked again because the session expired; timed out; cancelled.
    WaitsFor.FACE: frozenset({_S.QUEUED, _S.PREPARING, _S.READY, _S.CANCELLED}),
    # Send again; look again; the task was found; given up. "Cancelled" would not be honest.
    WaitsFor.UNSURE: frozenset({_S.QUEUED, _S.CREATING, _S.RUNNING, _S.READY}),
    # Picked up; never picked up.
    WaitsFor.PICKUP: frozenset({_S.POSTING, _S.DONE}),
}
ASKED_IN: Final[Mapping[State, WaitsFor]] = {
    State.PREPARING: WaitsFor.FACE,
    State.CREATING: WaitsFor.UNSURE,
    State.POSTING: WaitsFor.PICKUP,
}
"""The one question that each state may stop to ask."""
CARD_GONE: Final = "gone"
"""What the card of a job wants that is to go out of Discord, and shows once nothing is there."""
ENDED: Final = frozenset({State.DONE, State.CANCELLED})


def check_transition(from_state: State, to_state: State, waits_for: WaitsFor | None = None) -> None:
    """Let a legal move pass; raise `IllegalTransition` for any other.

    `waits_for` is the question of the waiting state on either side of the move. On the way out it
    may be omitted, because the row knows it.
    """
    legal = to_state in TRANSITIONS[from_state]
    if to_state is State.WAITING:
        legal = legal and ASKED_IN[from_state] is waits_for
    elif from_state is State.WAITING and waits_for is not None:
        legal = legal and to_state in WAITING_EXITS[waits_for]
    if not legal:
        raise IllegalTransition(from_state, to_state)


def new_job_id() -> str:
    """Return an id that can't be guessed and is unique for one Kling account: 80 random bits."""
    return base64.b32encode(secrets.token_bytes(ID_BYTES)).decode().lower()


def is_job_id(text: str) -> bool:
    """Tell whether the text has the form of a job id; it need not exist."""
    return len(text) == ID_CHARACTERS and all(c in ID_ALPHABET for c in text)


@dataclass(frozen=True, slots=True)
class Origin:
    """The requester, where they asked, and how to reach them. Ids are Discord snowflakes."""

    interaction_id: int
    application_id: int
    user_id: int
    channel_id: int
    guild_id: int | None
    locale: str
    can_post: bool
    """The bot itself can write in the channel, as a member or in its DM, and the job is public."""
    answer_limit_bytes: int
    """Largest file an edit of the answer may carry: the interaction's `attachment_size_limit`.

    0 if Discord named none.
    """
    post_limit_bytes: int
    """discord.py's idea of the largest file that the bot may post there."""


@dataclass(frozen=True, slots=True)
class Card:
    """The answer to the command: what it shows and whether it can still be edited."""

    token: str | None = field(default=None, repr=False)
    """Interaction token; cleared when the job ends or the token expires."""
    token_until: float = 0.0
    """Unix seconds."""
    message_id: int | None = None
    answered_at: float | None = None
    """When the answer was recorded (Unix seconds); until then the job does not move."""
    shows: str = ""
    wants: str = ""
    """If what it shows differs from what it wants, an edit is due."""
    due_at: float | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One generation, from the command to its last message. Times are Unix seconds."""

    id: str
    kind: Kind
    state: State
    origin: Origin
    card: Card
    request: Mapping[str, Any]
    """The whole request as JSON; `bot.domain.requests` knows its shape."""
    route: str
    """The Kling route, for example `videos/text2video`."""
    model: str
    pack: Pack
    slots: int
    created_at: float
    updated_at: float
    due_at: float | None = None
    queued_at: float | None = None
    turn: float | None = None
    """Its start tag among fair turns (`storage.turns`), once it has gone."""
    waits_for: WaitsFor | None = None
    waits_until: float | None = None
    waits_then: str = ""
    """What happens if no answer comes by `waits_until`: a word of `bot.domain.policy.polling`."""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    """URLs of inputs that are not stored: option → URL. Cleared when the job ends."""
    result_urls: tuple[str, ...] = field(default=(), repr=False)
    """Signed URLs of the results, in order. Cleared when the job ends."""
    question: Mapping[str, Any] = field(default_factory=dict)
    """Faces with their session and, once chosen, the choice."""
    task_id: str | None = None
    sent_at: float | None = None  # When the last create was begun.
    submitted_at: float | None = None  # When Kling accepted the task.
    expected_at: float | None = None
    finished_at: float | None = None
    """When the media were first seen, for estimates; None for any other outcome."""
    ended_at: float | None = None
    """When the job reached `done` or `cancelled`; None while it is open."""
    create_tries: int = 0
    in_vain: Mapping[str, int] = field(default_factory=dict)
    """Failed attempts in a row by what was waited for: `bot.domain.policy.in_vain`."""
    room_refusals: int = 0  # How often, with none of its model in flight, and since when.
    room_refused_since: float | None = None
    aside: bool = False
    """It needs more places at once than there seem to be: smaller orders of its model go first."""
    cost_begun: bool = False
    """A call that costs something without making a task was begun, if perhaps not answered."""
    failures: int = 0
    """Failed attempts in a row at the current step, for the backoff."""
    late: bool = False
    gave_up: bool = False
    stopped: bool = False
    """The member stopped following: nothing is posted; the task keeps its slot until it ends."""
    unwanted: bool = False
    """It is to be taken out of Discord, and emptied, once it has ended."""
    show_due_at: float | None = None  # When its copy in the showcase is due; None: none is owed.
    show_tries: int = 0
    outcome: Mapping[str, Any] | None = None
    """Media or a problem to deliver, as JSON; `bot.domain.requests` knows its shape."""
    units_price: int | None = None
    units_held: int = 0  # Hundredths of a unit, all five: `storage.money.Amounts`.
    units_unclear: int = 0
    units_spent: int = 0
    units_booked: int | None = None
    parent_id: str | None = None
    callback_key: str = field(default="", repr=False)
    lease_owner: str | None = None
    lease_until: float | None = None


@dataclass(frozen=True, slots=True)
class StoredInput:
    """An image or audio file, normalised; of a video where it is found (`bot.jobs.clip_source`)."""

    name: str
    """Its option: `image`, `image_2`, `end_image`, `audio`, `video`."""
    media_type: str
    data: Content = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Width and height in pixels, or seconds of audio, and what was changed."""
    until: float | None = None
    """After this moment (Unix seconds) it is useless and deleted; None: deleted with the others."""

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return size_of(self.data)
