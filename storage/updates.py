"""The columns that a write sets implicitly: the rules that hold for every job.

Pure: states and changes go in, column values and SQL expressions come out.
"""

from typing import Any, Final

from sqlalchemy import case, func, null

from storage.job import CARD_GONE, ENDED, State
from storage.rows import Changes, StepChanges, columns
from storage.schema import ENDING_EMPTIES, jobs

RELEASED: Final[dict[str, Any]] = {"lease_owner": None, "lease_until": None}
"""The columns that release the row, or take it from its holder."""


def moved(
    from_state: State, to: State, changes: Changes | StepChanges, *, now: float
) -> dict[str, Any]:
    """Return the columns of a legal move.

    A move resets the count of failures and clears the question. The first arrival in the queue is
    recorded, so that a job sent back keeps its place. Media seen for the first time by polling set
    `finished_at`, unless the task was known to have ended before. What is sent again, or runs after
    all, holds a slot; what has an outcome was not given up, unless the outcome is that.
    """
    values: dict[str, Any] = {"failures": 0, "in_vain": None, **columns(changes)}
    if from_state is State.WAITING:
        values = {"waits_for": None, "waits_until": None, "waits_then": "", **values}
    at_kling = from_state in {State.CREATING, State.RUNNING}
    if to in {State.QUEUED, State.RUNNING} or (to is State.READY and at_kling):
        values.setdefault("gave_up", False)
    if to is State.QUEUED and values.get("queued_at") is None:
        values["queued_at"] = func.coalesce(jobs.c.queued_at, now)
    if from_state is State.RUNNING and to is State.READY and values.get("result_urls"):
        values["finished_at"] = func.coalesce(jobs.c.finished_at, now)
    if from_state in ENDED:
        values["ended_at"] = None
    if to in ENDED:
        values = {"due_at": None, **values, "ended_at": now}
    values = _kept_secret(to, values)
    if to in ENDED:
        values = _taken_back(values, now)
    return {**values, "state": to.value, "updated_at": now}


def saved(state: State, changes: Changes | StepChanges, *, now: float) -> dict[str, Any]:
    """Return the columns of a write that keeps the state."""
    return {**_kept_secret(state, columns(changes)), "updated_at": now}


def card_shown(state: State, view: str, *, now: float) -> dict[str, Any]:
    """Return the columns of an edited card: no longer due, unless it wants more by now."""
    satisfied = jobs.c.card_wants == view
    values: dict[str, Any] = {
        "card_shows": view,
        "card_tries": 0,
        "card_due_at": case((satisfied, null()), else_=jobs.c.card_due_at),
        "updated_at": now,
    }
    if state in ENDED:
        values["card_token"] = case((satisfied, null()), else_=jobs.c.card_token)
    return values


def _taken_back(values: dict[str, Any], now: float) -> dict[str, Any]:
    """Have the end of a job that is to go make its card due, whatever the step knew of the wish."""
    unwanted = jobs.c.unwanted
    return {
        **values,
        "card_wants": case(
            (unwanted, CARD_GONE), else_=values.get("card_wants", jobs.c.card_wants)
        ),
        "card_due_at": case((unwanted, now), else_=values.get("card_due_at", jobs.c.card_due_at)),
        "card_tries": case((unwanted, 0), else_=values.get("card_tries", jobs.c.card_tries)),
        "card_token": case(
            (unwanted, jobs.c.card_token), else_=values.get("card_token", jobs.c.card_token)
        ),
    }


def _kept_secret(state: State, values: dict[str, Any]) -> dict[str, Any]:
    """Clear what an ended job may not keep.

    Signed URLs are cleared by the end itself. The card's token stays exactly as long as the card is
    owed an edit, which is as long as it has a due moment: the write that removes the moment,
    because the card is right or can't be edited any more, clears the token too.
    """
    if state not in ENDED:
        return values
    values = {**values, **dict.fromkeys(ENDING_EMPTIES)}
    if "card_due_at" not in values:
        owed = jobs.c.card_due_at.is_not(None)
        token = values.get("card_token", jobs.c.card_token)
        values["card_token"] = case((owed, token), else_=null())
    elif values["card_due_at"] is None:
        values["card_token"] = None
    return values
