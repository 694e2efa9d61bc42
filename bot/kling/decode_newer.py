"""Tasks in the form of Kling's newer generation, which shows those of any product. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog

from bot.domain.outcomes import add_units
from bot.errors import KlingNotFound, KlingUnclear
from bot.kling.decode import STATUSES, keys_of, resolved
from bot.kling.dialects import Dialect
from bot.kling.tasks import Cash, Media, Task, TaskStatus
from bot.kling.wire import Billed, NewerTask, Output

log = structlog.get_logger(__name__)


class Page(NamedTuple):
    """A page of the account's tasks."""

    tasks: tuple[Task, ...]
    cursor: str
    """Where the next page begins; empty where it is not said."""
    more: bool
    """False only where Kling says that this is the last page."""
    readable: bool
    """Every entry was a task with an id."""


def read_batch(payload: object, *, base: str = "") -> list[Task]:
    """Return the readable tasks of an answer to `batch_path`; URLs are read as by `read_task`.

    A gateway forwards the whole envelope. Raises KlingUnclear if it is no list.
    """
    if isinstance(payload, dict):
        payload = payload.get("data")
    if not isinstance(payload, list):
        raise KlingUnclear("no_page")
    tasks = _tasks(payload, base)
    for raw, task in tasks:
        _note_unreadable(raw, task)
    return [task for _, task in tasks]


def read_page(payload: object, *, base: str = "") -> Page:
    """Return one page of the account's tasks; raises KlingUnclear if it is no page.

    A gateway forwards the whole envelope.
    """
    if isinstance(payload, dict) and "result" not in payload:
        payload = payload.get("data")
    listed = payload.get("result") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(listed, list):
        raise KlingUnclear("no_page")
    tasks = [task for _, task in _tasks(listed, base)]
    cursor, more = payload.get("next_cursor"), payload.get("has_more")
    return Page(
        tuple(tasks),
        cursor=str(cursor) if isinstance(cursor, str | int) and cursor != "" else "",
        more=more is not False,
        readable=len(tasks) == len(listed),
    )


def only(tasks: Sequence[Task]) -> Task:
    """Return the one task that was asked for; raises KlingNotFound if it was left out."""
    if not tasks:
        raise KlingNotFound("not shown")
    return tasks[0]


def read_newer_task(dialect: Dialect, payload: object, *, base: str = "") -> Task:
    """Return the task of a create; raise KlingUnclear if it has no readable id.

    Kling's `data`, or in a gateway's answer the whole envelope.
    """
    if dialect is Dialect.GATEWAY and isinstance(payload, dict):
        payload = payload.get("data")
    task = _task(payload, base) if isinstance(payload, dict) else None
    if task is None:
        raise KlingUnclear("no_task_id")
    return task


def _tasks(listed: Sequence[object], base: str) -> list[tuple[Mapping[str, Any], Task]]:
    read = ((entry, _task(entry, base)) for entry in listed if isinstance(entry, dict))
    return [(entry, task) for entry, task in read if task is not None]


def _note_unreadable(raw: Mapping[str, Any], task: Task) -> None:
    """Log what a task that has succeeded shows instead of media: names, never what they hold."""
    if task.status is not TaskStatus.SUCCEED or task.media:
        return
    outputs = raw.get("outputs")
    first = outputs[0] if isinstance(outputs, list) and outputs else None
    log.warning("task.unreadable_result", keys=keys_of(raw), output=keys_of(first))


def _task(raw: Mapping[str, Any], base: str) -> Task | None:
    data = NewerTask.model_validate(raw)
    if data.id is None:
        return None
    status = STATUSES.get(data.status.strip().casefold(), TaskStatus.UNKNOWN)
    return Task(
        task_id=data.id,
        status=status,
        message=data.message,
        external_id=data.external_id,
        created_at=data.create_time,
        media=(*_media("video", data.outputs, base), *_media("image", data.outputs, base)),
        units=_units_of(data.billing),
        paid=tuple(
            Cash(one.amount, one.currency.strip().upper())
            for one in data.billing
            if one.charge_type == "cash" and one.amount and float(one.amount) > 0
        ),
        unknown_word=data.status if status is TaskStatus.UNKNOWN else "",
    )


def _media(kind: Any, outputs: tuple[Output, ...], base: str) -> list[Media]:
    of_kind = [output for output in outputs if output.type == kind]
    return [
        Media(kind=kind, url=url, id=output.id, duration_s=output.duration, index=place)
        for place, output in enumerate(of_kind)
        if (url := resolved(output.url, base)) is not None
    ]


def _units_of(billing: tuple[Billed, ...]) -> str | None:
    """Add up the units deducted; None where nothing says units."""
    amounts = [one.amount for one in billing if one.charge_type == "unit" and one.amount]
    return add_units(*amounts) if amounts else None
