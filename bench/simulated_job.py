"""A job as a simulation asks for it."""

import random

from storage.job import Card, Job, Kind, Origin, Pack, State, new_job_id


def video_job(user_id: int, server: int, now: float) -> Job:
    """Return a video of a member of a server, accepted at `now` (Unix seconds) and queued."""
    return Job(
        id=new_job_id(),
        kind=Kind.VIDEO,
        state=State.QUEUED,
        origin=Origin(
            interaction_id=random.getrandbits(62),
            application_id=1,
            user_id=user_id,
            channel_id=server,
            guild_id=server,
            locale="en-US",
            can_post=True,
            answer_limit_bytes=0,
            post_limit_bytes=0,
        ),
        card=Card(token="", token_until=now),
        request={"prompt": "a fox in the snow, wide shot", "model": "kling-v2-5-turbo"},
        route="videos/text2video",
        model="kling-v2-5-turbo",
        pack=Pack.VIDEO,
        slots=1,
        created_at=now,
        updated_at=now,
        due_at=now,
        queued_at=now,
        callback_key=new_job_id(),
    )
