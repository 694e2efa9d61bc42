"""Rows and records: how a `Job`, a `Delivery` and a `StoredInput` map to their tables."""

import enum
import json
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from sqlalchemy import RowMapping

from storage.errors import RowUnreadable
from storage.job import (
    Card,
    Delivery,
    Form,
    Job,
    Kind,
    Origin,
    Pack,
    State,
    StoredInput,
    Venue,
    WaitsFor,
)


class Changes(TypedDict, total=False):
    """What a write may change besides the state: names of `Job`, and of its card as `card_…`.

    Origin, request and everything else not listed is written once, when the job is inserted.
    """

    due_at: float | None
    queued_at: float | None
    waits_until: float | None
    waits_then: str
    sources: Mapping[str, str]
    result_urls: tuple[str, ...]
    question: Mapping[str, Any]
    task_id: str | None
    sent_at: float
    submitted_at: float | None
    finished_at: float | None
    expected_at: float | None
    create_tries: int
    cost_begun: bool
    room_refusals: int
    room_refused_since: float | None
    aside: bool
    in_vain: Mapping[str, int]
    failures: int
    late: bool
    gave_up: bool
    stopped: bool
    unwanted: bool
    show_due_at: float | None
    show_tries: int
    outcome: Mapping[str, Any] | None
    card_token: str | None
    card_token_until: float
    card_message_id: int | None
    card_shows: str
    card_wants: str
    card_due_at: float | None
    card_tries: int


class StepChanges(Changes, total=False):
    """What a step may change; a move to `waiting` states the question."""

    waits_for: WaitsFor | None
    card_answered_at: float


CHANGEABLE: Final = StepChanges.__optional_keys__
_JSON_OBJECTS: Final = frozenset({"sources", "question", "in_vain"})
"""An empty value is stored as NULL, so that "cleared" has one spelling."""
_COLUMNS: Final = {"card_answered_at": "answered_at"}  # Where the names differ.


def columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns to write; raises `TypeError` for a name that may not change."""
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"not to be changed by a write: {', '.join(sorted(unknown))}")
    return {_COLUMNS.get(name, name): _stored(name, value) for name, value in changes.items()}


def _stored(name: str, value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if name in _JSON_OBJECTS:
        return dict(value) or None
    if name == "result_urls":
        return list(value) or None
    if name == "outcome" and value is not None:
        return dict(value)
    return value


def job_row(job: Job) -> dict[str, Any]:
    """Return the complete row of a new job."""
    origin, card = job.origin, job.card
    return {
        "id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "interaction_id": origin.interaction_id,
        "application_id": origin.application_id,
        "user_id": origin.user_id,
        "channel_id": origin.channel_id,
        "guild_id": origin.guild_id,
        "locale": origin.locale,
        "can_post": origin.can_post,
        "answer_limit_bytes": origin.answer_limit_bytes,
        "post_limit_bytes": origin.post_limit_bytes,
        "card_token": card.token,
        "card_token_until": card.token_until,
        "card_message_id": card.message_id,
        "answered_at": card.answered_at,
        "card_shows": card.shows,
        "card_wants": card.wants,
        "card_due_at": card.due_at,
        "card_tries": card.tries,
        "request": dict(job.request),
        "route": job.route,
        "model": job.model,
        "pack": job.pack.value,
        "slots": job.slots,
        "parent_id": job.parent_id,
        "callback_key": job.callback_key,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "due_at": job.due_at,
        "queued_at": job.queued_at,
        "turn": job.turn,
        "waits_for": job.waits_for.value if job.waits_for else None,
        "waits_until": job.waits_until,
        "waits_then": job.waits_then,
        "sources": _stored("sources", job.sources),
        "result_urls": _stored("result_urls", job.result_urls),
        "question": _stored("question", job.question),
        "task_id": job.task_id,
        "sent_at": job.sent_at,
        "submitted_at": job.submitted_at,
        "expected_at": job.expected_at,
        "finished_at": job.finished_at,
        "ended_at": job.ended_at,
        "create_tries": job.create_tries,
        "cost_begun": job.cost_begun,
        "room_refusals": job.room_refusals,
        "room_refused_since": job.room_refused_since,
        "aside": job.aside,
        "in_vain": _stored("in_vain", job.in_vain),
        "failures": job.failures,
        "late": job.late,
        "gave_up": job.gave_up,
        "stopped": job.stopped,
        "unwanted": job.unwanted,
        "show_due_at": job.show_due_at,
        "show_tries": job.show_tries,
        "outcome": _stored("outcome", job.outcome),
        "units_price": job.units_price,
        "units_held": job.units_held,
        "units_unclear": job.units_unclear,
        "units_spent": job.units_spent,
        "units_booked": job.units_booked,
        "lease_owner": job.lease_owner,
        "lease_until": job.lease_until,
    }


_ORIGIN: Final = (
    "interaction_id",
    "application_id",
    "user_id",
    "channel_id",
    "guild_id",
    "locale",
    "can_post",
    "answer_limit_bytes",
    "post_limit_bytes",
)
_CARD: Final = {
    "token": "card_token",
    "token_until": "card_token_until",
    "message_id": "card_message_id",
    "answered_at": "answered_at",
    "shows": "card_shows",
    "wants": "card_wants",
    "due_at": "card_due_at",
    "tries": "card_tries",
}
_OF_THE_STORE: Final = ("to_forget_since",)
"""Columns that no step needs to know."""
_READ_DIFFERENTLY: Final = frozenset({*_ORIGIN, *_CARD.values(), *_OF_THE_STORE})


class _Broken:
    """Stands for a text that should be JSON and is not."""

    def __repr__(self) -> str:
        return "broken JSON"


BROKEN: Final = _Broken()


def read_json(text: str) -> Any:
    """Return the value, or `BROKEN`: an error here would take every other row along."""
    try:
        return json.loads(text)
    except ValueError:
        return BROKEN


def job(row: Mapping[Any, Any]) -> Job:
    """Return the job stored in the row; raises `RowUnreadable`."""
    try:
        return _job(row)
    except (ValueError, TypeError, KeyError) as error:
        raise RowUnreadable(row["id"], str(error)) from error


def _job(row: Mapping[Any, Any]) -> Job:
    broken = [name for name, value in row.items() if value is BROKEN]
    if broken:
        raise ValueError(f"broken JSON in {', '.join(broken)}")
    plain = {name: value for name, value in row.items() if name not in _READ_DIFFERENTLY}
    plain["kind"] = Kind(row["kind"])
    plain["state"] = State(row["state"])
    plain["pack"] = Pack(row["pack"])
    plain["waits_for"] = WaitsFor(row["waits_for"]) if row["waits_for"] else None
    plain |= {name: row[name] or {} for name in _JSON_OBJECTS}
    plain["result_urls"] = tuple(row["result_urls"] or ())
    return Job(
        origin=Origin(**{name: row[name] for name in _ORIGIN}),
        card=Card(**{name: row[column] for name, column in _CARD.items()}),
        **plain,
    )


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """Return the row of one message that a job owes, without the time of planning.

    The token it is fetched by is kept only as long as it is useful.
    """
    fetching = delivery.told_at is None and delivery.venue is Venue.ANSWER
    return {
        "job_id": delivery.job_id,
        "kind": delivery.kind,
        "part": delivery.part,
        "venue": delivery.venue.value,
        "items": list(delivery.items),
        "form": delivery.form.value,
        "tries": delivery.tries,
        "broke_off": delivery.broke_off,
        "first_tried_at": delivery.first_tried_at,
        "first_tried_there": delivery.first_tried_there,
        "last_tried_there": delivery.last_tried_there,
        "channel_id": delivery.channel_id,
        "message_id": delivery.message_id,
        "told_at": delivery.told_at,
        "token": delivery.token if fetching else None,
        "token_until": delivery.token_until,
        "gone_at": delivery.gone_at,
    }


_OF_A_PLAN: Final = frozenset({"planned_at", "again_by"})
"""Columns of a delivery that no step needs to know."""


def delivery(row: RowMapping) -> Delivery:
    """Return the delivery stored in the row; raises `RowUnreadable`."""
    plain = {name: value for name, value in row.items() if name not in _OF_A_PLAN}
    try:
        plain["venue"] = Venue(row["venue"])
        plain["form"] = Form(row["form"])
        plain["items"] = tuple(row["items"])
        return Delivery(**plain)
    except (ValueError, TypeError) as error:
        raise RowUnreadable(row["job_id"], str(error)) from error


def input_row(job_id: str, entry: StoredInput) -> dict[str, Any]:
    """Return the row of an input of this job."""
    return {
        "job_id": job_id,
        "name": entry.name,
        "media_type": entry.media_type,
        "data": entry.data,
        "facts": dict(entry.facts),
        "until": entry.until,
    }
