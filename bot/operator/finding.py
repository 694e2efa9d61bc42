"""Which of Kling's tasks is an unsure job's, for the operator: candidates, and taking one."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final, Protocol

from bot.domain.policy.recovery import Taking
from bot.errors import KlingError
from bot.kling.tasks import Task
from bot.messages.escape import visible
from storage.job import Job
from storage.store import JobStore

TAKEN: Final = {
    Taking.TAKEN: "Job {job} takes task {task}.",
    Taking.NO_SUCH_TASK: "Kling knows no task {task} of this product.",
    Taking.OTHER_PRODUCT: "Task {task} is of another product.",
    Taking.NOT_OF_THIS_JOB: (
        "Task {task} is not of job {job}: it was made before the job, or carries the id of another."
    ),
    Taking.UNDER_WAY: (
        "Task {task} may be another job's, whose order is not answered yet. Try again in a minute."
    ),
    Taking.OWNED: "Task {task} belongs to another job.",
    Taking.TOO_LATE: "Too late: job {job} has already moved on, or another job took the task.",
}
NO_CANDIDATE: Final = "No task that belongs to no job was made at that time."
NOT_ALL: Final = "Kling did not show all tasks of that time: there may be more."
NO_ANSWER: Final = "Kling did not answer: {why}."


class Found(Protocol):
    """Tasks that may be a job's, and whether they are surely all."""

    @property
    def tasks(self) -> Sequence[Task]:
        """Return them."""
        ...

    @property
    def complete(self) -> bool:
        """Tell whether they are all."""
        ...


class Finding(Protocol):
    """Finds tasks that no job owns."""

    async def candidates(self, job: Job) -> Found:
        """Return the tasks that may be the job's."""
        ...

    async def take(self, job: Job, task_id: str) -> Taking:
        """Give an unsure job this task, if it can be the job's."""
        ...


OpenFinding = Callable[[JobStore], AbstractAsyncContextManager[Finding]]


async def take(finding: Finding, job: Job, task_id: str) -> tuple[bool, str]:
    """Give the job the task; return whether it has it now, and what to say."""
    try:
        taking = await finding.take(job, task_id)
    except KlingError as error:
        return False, NO_ANSWER.format(why=visible(str(error)))
    said = TAKEN[taking].format(job=job.id, task=visible(task_id))
    return taking is Taking.TAKEN, said


async def candidate_lines(finding: Finding, job: Job) -> list[str]:
    """Return a line for each task that may be the job's, and what is not known."""
    try:
        found = await finding.candidates(job)
    except KlingError as error:
        return [NO_ANSWER.format(why=visible(str(error)))]
    lines = [_line(task) for task in found.tasks]
    if not lines and found.complete:
        lines = [NO_CANDIDATE]
    return lines if found.complete else [*lines, NOT_ALL]


def _line(task: Task) -> str:
    made = "at an unknown time"
    if task.created_at is not None:
        made = datetime.fromtimestamp(task.created_at, UTC).isoformat(timespec="seconds")
    lengths = [f"{m.duration_s:.1f} s" for m in task.media if m.duration_s is not None]
    told = ", ".join([f"made {made}", task.status.value, *lengths])
    return f"candidate {visible(task.task_id)}: {told}"
