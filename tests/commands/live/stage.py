"""The client under trial: orders a task, follows it to its end, and keeps what came of it."""

import contextlib
import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.clock import Clock
from bot.domain.requests import IMAGE_OPTIONS, REFERENCE_OPTIONS
from bot.errors import KlingNotFound, KlingRefusedRequest
from bot.kling.client import Kling
from bot.kling.tasks import Faces, LipSyncChoice, Task, TaskStatus
from bot.settings.default_sections import DefaultsSettings
from sandbox.kling.samples import portrait, speech
from tests.commands.live.orders import ORDERS

DEADLINE_S: Final = 3600.0
"""For one task; Kling names no upper limit, and its clips take minutes."""
POLL_S: Final = 5.0
SOUND_MS: Final = 3_000
PICTURE_SIDES_PX: Final = (512, 640)
PICTURES: Final = (*IMAGE_OPTIONS[:2], "end_image", *REFERENCE_OPTIONS[:3])


class NotDone(Exception):
    """A step lacks what an earlier one should have brought, or it came to nothing."""


@dataclass
class Stage:
    """The client under trial, and what the steps so far have brought."""

    kling: Kling
    clock: Clock
    defaults: DefaultsSettings
    ids: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    faces: Faces | None = None

    def task(self, name: str) -> Task:
        """Return what an earlier step made; raises `NotDone`."""
        if name not in self.tasks:
            raise NotDone(f"there is no task of the step {name}")
        return self.tasks[name]

    async def order(self, name: str, choice: LipSyncChoice | None = None, **changes: Any) -> Task:
        """Order a task with its pictures and sounds; the same name has the same external id."""
        inputs = dict.fromkeys(PICTURES, portrait("live", PICTURE_SIDES_PX))
        if choice is not None:
            inputs = {"audio": speech(SOUND_MS / 1000, "mp3")}
        return await self.kling.create(
            replace(ORDERS[name](self.defaults), **changes),
            external_id=self.ids.setdefault(name, f"live{secrets.token_hex(6)}"),
            inputs=inputs,
            choice=choice,
        )

    async def make(
        self, name: str, choice: LipSyncChoice | None = None, *, ordered: Task | None = None
    ) -> None:
        """Order a task and follow it to its end; raises `NotDone` unless that is a good one."""
        task = await self.follow(name, ordered or await self.order(name, choice))
        if task.status is TaskStatus.FAILED:
            raise NotDone(f"the task failed: {task.message}")
        self.tasks[name] = task

    async def follow(self, name: str, task: Task) -> Task:
        """Return a task of this order at its end, good or not; raises `NotDone` after an hour."""
        route = ORDERS[name](self.defaults).route
        until = self.clock.now() + DEADLINE_S
        while task.status not in {TaskStatus.SUCCEED, TaskStatus.FAILED}:
            if self.clock.now() > until:
                raise NotDone("the task takes longer than an hour")
            await self.clock.sleep(POLL_S)
            task = await self.kling.query(route, task.task_id)
        return task

    async def ask(self, path: str) -> None:
        """Ask for what the client has no method for; an answer of no is an answer too."""
        with contextlib.suppress(KlingNotFound, KlingRefusedRequest):
            await self.kling._exchange.ask(path)
