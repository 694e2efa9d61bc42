"""Jobs as plain values, to decide about."""

from typing import Any

from storage.job import Card, Job, Kind, Origin, Pack, State

NOW = 1_800_000_000.0


def make_job(state: State = State.RUNNING, card: Card | None = None, **changes: Any) -> Job:
    origin = Origin(
        interaction_id=1,
        application_id=2,
        user_id=3,
        channel_id=4,
        guild_id=5,
        locale="en-US",
        can_post=True,
        answer_limit_bytes=10,
        post_limit_bytes=10,
    )
    base: dict[str, Any] = {
        "id": "a" * 16,
        "kind": Kind.IMAGE,
        "origin": origin,
        "card": card or Card(),
        "request": {},
        "route": "images/generations",
        "model": "kling-v3",
        "pack": Pack.IMAGE,
        "slots": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Job(state=state, **(base | changes))
