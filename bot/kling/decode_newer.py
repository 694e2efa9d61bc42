"""Tasks in the form of Kling's newer generation, which shows those of any product. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.domain.outcomes import add_units
from bot.errors import KlingUnclear
from bot.kling.decode import STATUSES, resolved
from bot.kling.dialects import Dialect
from bot.kling.tasks import Cash, Media, Task, TaskStatus
from bot.kling.wire import Billed, NewerTask, Output


def read_batch(payload: object, *, base: str = "") -> list[Task]:
    """Return the readable tasks of an answer to `batch_path`; URLs are read as by `read_task`.

    A gateway forwards the whole envelope. Raises KlingUnclear if it is no list.
    """
    if isinstance(payload, dict):
        payload = payload.get("data")
    if not isinstance(payload, list):
        raise KlingUnclear("no_page")
    found = (_task(entry, base) for entry in payload if isinstance(entry, dict))
    return [task for task in found if task is not None]


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
