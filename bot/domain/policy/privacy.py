"""Who sees what comes of a job. Pure.

A private job has no channel: its card is a private answer, and what it owes goes there while the
interaction's token lives, then into a direct message, then it waits in `/jobs`.
"""

from typing import Final

from storage.job import Job

PRIVATE: Final = "private"
"""The field of a request that says so (`bot.domain.every_request`)."""


def is_private(job: Job) -> bool:
    """Tell whether only the requester may see anything of this job."""
    return job.request.get(PRIVATE) is True
