"""A row of the tables of orders: what a member asks, and what Kling is then told."""

from dataclasses import dataclass
from typing import Any

from sandbox.discord import Upload
from tests.harness.town import Town, named


@dataclass(frozen=True)
class Row:
    """These options of this command become exactly these fields on this path."""

    command: str
    options: dict[str, Any]
    path: str
    fields: dict[str, Any]


async def sent(town: Town, row: Row, uploads: dict[str, Upload]) -> tuple[str, dict[str, Any]]:
    """Ask, and return path and body of the order that Kling got; pictures are told by name.

    The external id is looked at here: it is the id of the one job that is new.
    """
    known = {job.id for job in await town.store.list_jobs()}
    before = len(town.orders())
    asked = await town.ask(row.command, **row.options)
    assert not asked.ephemeral, town.card_of(asked).content
    await town.kling.until(lambda: len(town.orders()) > before)
    path, body = town.orders()[before]
    [job_id] = {job.id for job in await town.store.list_jobs()} - known
    assert body.pop("external_task_id") == job_id
    return path, named(body, uploads)
