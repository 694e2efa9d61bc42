"""Databases as version 0.1.0 left them: its columns by name, told apart from today's code."""

import json
from typing import Any

from sqlalchemy import Connection, text

from storage.job import new_job_id
from storage.migrations import MIGRATIONS
from tests.harness.storage.making import MEMBER, NOW, SERVER, TOKEN, URL

FIRST = MIGRATIONS[:1]
VERSION_0_1_0 = MIGRATIONS[:2]
OTHER_MEMBER = MEMBER + 100
THIRD_MEMBER = MEMBER + 200
APPLICATION = 7_000_000_000_000_000_004
_OPEN = {"due_at": NOW, "answered_at": NOW}
_ENDED = {"answered_at": NOW, "due_at": None, "card_token": None, "ended_at": NOW + 9.0}
_MEDIA = {"outcome": json.dumps({"media": [{"kind": "video", "id": "m1"}]})}
_RESULTS = {**_MEDIA, "result_urls": json.dumps([URL]), "task_id": "t", "submitted_at": NOW}
ROWS: dict[str, dict[str, Any]] = {
    "unanswered": {"state": "preparing", "due_at": NOW},
    "preparing": {"state": "preparing", **_OPEN},
    "face": {
        "state": "waiting",
        "waits_for": "face",
        "waits_until": NOW + 99.0,
        "waits_then": "problem",
        "question": json.dumps({"faces": [{"face_id": "f"}]}),
        **_OPEN,
    },
    "unsure": {"state": "waiting", "waits_for": "unsure", "create_tries": 1, **_OPEN},
    "pickup": {"state": "waiting", "waits_for": "pickup", **_RESULTS, **_OPEN},
    "queued": {"state": "queued", "queued_at": NOW, **_OPEN},
    "creating": {"state": "creating", "queued_at": NOW, "create_tries": 1, **_OPEN},
    "running": {"state": "running", "task_id": "t", "submitted_at": NOW, **_OPEN},
    "ready": {"state": "ready", **_RESULTS, **_OPEN},
    "posting": {"state": "posting", **_RESULTS, **_OPEN},
    "done": {"state": "done", **_MEDIA, **_ENDED},
    "done without its end": {"state": "done", **_MEDIA, **_ENDED, "ended_at": None, "due_at": NOW},
    "given up": {"state": "done", "gave_up": True, "task_id": "t", **_ENDED, "due_at": NOW},
    "cancelled": {"state": "cancelled", **_ENDED},
}
"""A job in every state and with every question, by what is special about it."""


def fill(here: Connection) -> dict[str, str]:
    """Insert every row, with an input and a delivery each; return their ids by name."""
    return {
        name: insert(here, number, **changes) for number, (name, changes) in enumerate(ROWS.items())
    }


def insert(here: Connection, number: int, **changes: Any) -> str:
    """Insert a job with an input and a delivery; return its id."""
    job_id = new_job_id()
    row: dict[str, Any] = {
        "id": job_id,
        "kind": "video",
        "state": "queued",
        "interaction_id": 7_200_000_000_000_000_000 + number,
        "application_id": APPLICATION,
        "user_id": MEMBER,
        "channel_id": 7_000_000_000_000_000_005,
        "guild_id": SERVER,
        "locale": "en-GB",
        "can_post": True,
        "answer_limit_bytes": 10 * 1024 * 1024,
        "post_limit_bytes": 25 * 1024 * 1024,
        "card_token": TOKEN,
        "card_token_until": NOW + 900.0,
        "card_shows": "queued",
        "card_wants": "queued",
        "card_tries": 0,
        "request": json.dumps({"prompt": "a fox", "model": "kling-v2-5-turbo"}),
        "route": "videos/text2video",
        "model": "kling-v2-5-turbo",
        "pack": "video",
        "slots": 1,
        "callback_key": "",
        "created_at": NOW + number,
        "updated_at": NOW + number,
        "waits_then": "",
        "create_tries": 0,
        "failures": 0,
        "late": False,
        "gave_up": False,
        "stopped": False,
        **changes,
    }
    _insert(here, "jobs", row)
    picture = {"name": "image", "media_type": "image/png", "data": b"\x89PNG", "facts": "{}"}
    _insert(here, "inputs", {"job_id": job_id, **picture})
    message = {"kind": "r", "part": 0, "venue": "channel", "items": "[0]", "form": "as_is"}
    _insert(here, "deliveries", {"job_id": job_id, **message, "tries": 0, "planned_at": NOW})
    return job_id


def _insert(here: Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    json_columns = ("request", "sources", "result_urls", "question", "outcome", "facts", "items")
    if here.dialect.name == "postgresql":  # no column of JSON takes a text as it is
        values = ", ".join(
            f"CAST(CAST(:{name} AS TEXT) AS JSON)" if name in json_columns else f":{name}"
            for name in row
        )
    here.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608 - names of ours
