"""Jobs and deliveries for the tests, each unlike any other where it must be."""

import itertools
from typing import Any

from storage.job import (
    Card,
    Delivery,
    Job,
    Kind,
    Origin,
    Pack,
    State,
    StoredInput,
    Venue,
    new_job_id,
)
from storage.store import JobStore, Lane

NOW = 1_800_000_000.0
LEASE_S = 60.0
MEMBER = 7_000_000_000_000_000_001
SERVER = 7_000_000_000_000_000_002
MESSAGE = 7_000_000_000_000_000_003
TOKEN = "the-token-of-an-interaction"
URL = "https://results.example/clip.mp4?signature=secret"

_interactions = itertools.count(7_100_000_000_000_000_000)


def make_job(
    *,
    state: State = State.QUEUED,
    user_id: int = MEMBER,
    guild_id: int | None = SERVER,
    interaction_id: int | None = None,
    created_at: float = NOW,
    **changes: Any,
) -> Job:
    values: dict[str, Any] = {
        "id": new_job_id(),
        "kind": Kind.VIDEO,
        "state": state,
        "request": {"prompt": "a fox \u00e0 la \U0001f98a", "model": "kling-v2-5-turbo"},
        "route": "videos/text2video",
        "model": "kling-v2-5-turbo",
        "pack": Pack.VIDEO,
        "slots": 1,
        "updated_at": created_at,
        "due_at": created_at,
        "queued_at": created_at if state is State.QUEUED else None,
        **changes,
    }
    origin = Origin(
        interaction_id=interaction_id or next(_interactions),
        application_id=7_000_000_000_000_000_004,
        user_id=user_id,
        channel_id=7_000_000_000_000_000_005,
        guild_id=guild_id,
        locale="en-GB",
        can_post=True,
        answer_limit_bytes=10 * 1024 * 1024,
        post_limit_bytes=25 * 1024 * 1024,
    )
    card = Card(token=TOKEN, token_until=created_at + 900.0, wants="queued")
    return Job(origin=origin, card=card, created_at=created_at, **values)


async def answered(store: JobStore, job: Job) -> Job:
    """Let the job enter and be answered; it is then due."""
    await store.insert(job)
    assert await store.mark_answered(
        job.id, message_id=MESSAGE, now=job.created_at, due_at=job.created_at
    )
    return await fetched(store, job)


async def fetched(store: JobStore, job: Job) -> Job:
    found = await store.get(job.id)
    assert found is not None
    return found


async def claimed(store: JobStore, lane: Lane, *, now: float = NOW) -> Job:
    """Claim the one row that is due in the lane."""
    (job,) = await store.claim(lane, now=now, lease_s=LEASE_S, limit=2)
    return job


async def sent(store: JobStore, *, now: float = NOW, pack: Pack = Pack.VIDEO) -> Job:
    """Claim the head of the queue and move it to `creating`, still held."""
    (job,) = await store.claim_queued(pack, total_slots=5, now=now, lease_s=LEASE_S, limit=1)
    return await store.move(job, State.CREATING, now=now, keep=True)


async def running(store: JobStore, *, now: float = NOW) -> Job:
    """Bring the head of the queue to `running`, still held."""
    job = await sent(store, now=now)
    return await store.move(
        job, State.RUNNING, now=now, keep=True, task_id=f"task-{job.id}", submitted_at=now
    )


async def ready(store: JobStore, *, now: float = NOW) -> Job:
    """Bring the head of the queue to `ready` with one clip, still held."""
    job = await running(store, now=now)
    outcome = {"media": [{"kind": "video", "id": "m1"}]}
    return await store.move(
        job, State.READY, now=now, keep=True, outcome=outcome, result_urls=(URL,)
    )


async def posting(store: JobStore, *, now: float = NOW) -> Job:
    """Bring the head of the queue to `posting` with one planned message, still held."""
    job = await ready(store, now=now)
    return await store.plan(job, [make_delivery(job)], now=now)


async def done(store: JobStore, *, now: float = NOW) -> Job:
    """Bring the head of the queue to its end, without a lease."""
    return await store.move(await posting(store, now=now), State.DONE, now=now)


def make_delivery(job: Job, kind: str = "r", part: int = 1, **changes: Any) -> Delivery:
    return Delivery(
        **{
            "job_id": job.id,
            "kind": kind,
            "part": part,
            "venue": Venue.CHANNEL,
            "items": (part - 1,),
            **changes,
        }
    )


PICTURE = StoredInput("image", "image/png", b"\x89PNG\x00bytes", {"width": 512, "height": 300})
SOUND = StoredInput("audio", "audio/mpeg", b"ID3\x00sound", {"seconds": 4.5})
