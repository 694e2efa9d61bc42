"""What is tried on the real Kling, from free to dear, each step with the most it can cost.

Every step goes through the product's own client. Where Kling should refuse, the refusal is what is
wanted; any other KlingError is for the caller to report.
"""

import contextlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from bot.clock import Clock
from bot.domain.catalogue import price
from bot.domain.policy.recovery import MADE_AFTER_S, MADE_BEFORE_S
from bot.domain.requests import REFERENCE_OPTIONS, LipSyncRequest, Route
from bot.errors import (
    KlingNotFound,
    KlingRefusedRequest,
    KlingTaken,
    KlingTakesNoId,
    Problem,
)
from bot.jobs.faces import place_sound
from bot.kling.client import Kling
from bot.kling.dialects import Dialect, list_path, query_path
from bot.kling.tasks import Faces, LipSyncChoice, Task, TaskStatus
from bot.settings.default_sections import DefaultsSettings
from sandbox.kling.samples import portrait, speech
from storage.job import Pack
from tests.commands.live.orders import ORDERS, shipped

LEGACY: Final = [route for route in Route if not route.newer]
"""The newer generation has no list and no query by product."""
DEADLINE_S: Final = 3600.0
"""For one task; Kling names no upper limit, and its clips take minutes."""
POLL_S: Final = 5.0
SOUND_MS: Final = 3_000
PICTURE_SIDES_PX: Final = (512, 640)
CFG_SCALE: Final = 0.5
"""What the gateways send that always send one."""
FAR_PAGE: Final = 1000
"""The last page number of Kling's documentation (2026-09)."""


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
        inputs = dict.fromkeys(
            ("image", *REFERENCE_OPTIONS[:1]), portrait("live", PICTURE_SIDES_PX)
        )
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


async def not_found(stage: Stage) -> None:
    for route in LEGACY:
        await stage.ask(query_path(Dialect.OFFICIAL, route, "live-nobody"))


async def lists(stage: Stage) -> None:
    for route in LEGACY:
        await stage.ask(list_path(route, page=1, page_size=2))
    await stage.ask(list_path(Route.LIP_SYNC, page=FAR_PAGE, page_size=2))


async def same_id(stage: Stage) -> None:
    stage.task("image")
    with contextlib.suppress(KlingTaken):
        await stage.order("image")
        raise NotDone("Kling took an external id twice: the bot must not rely on it")


async def look_up(stage: Stage) -> None:
    task_id = stage.task("image").task_id
    await stage.ask(list_path(Route.GENERATIONS, page=1, page_size=2))
    await stage.ask(query_path(Dialect.OFFICIAL, Route.TEXT2VIDEO, task_id))
    found = await stage.kling.find(Route.GENERATIONS, stage.ids["image"])
    if found is None or found.task_id != task_id:
        raise NotDone("a task is not found by its external id: the bot must not rely on it")


async def image2video(stage: Stage) -> None:
    """As gateways that always send `cfg_scale` order the default model; else without it.

    A refusal costs nothing, and a clip that is made is the clip of this step.
    """
    ordered = None
    with contextlib.suppress(KlingRefusedRequest):
        ordered = await stage.order("image2video", cfg_scale=CFG_SCALE)
    await stage.make("image2video", ordered=ordered)


async def identify_face(stage: Stage) -> None:
    stage.faces = await stage.kling.identify_face(video_id=stage.task("text2video").media[0].id)


async def lip_sync(stage: Stage) -> None:
    if stage.faces is None or not stage.faces.faces:
        raise NotDone("no face was found")
    request = LipSyncRequest(video_url="")
    choice = place_sound(request, stage.faces.session_id, stage.faces.faces[0], SOUND_MS)
    if isinstance(choice, Problem):
        raise NotDone(f"the sound does not fit the face: {choice.code}")
    await stage.make("lip-sync", choice)
    await stage.kling.find(Route.LIP_SYNC, stage.ids["lip-sync"])


async def together(stage: Stage) -> None:
    """Ask for a legacy task through `/tasks`; an empty answer is an answer too."""
    await stage.kling.query_many([stage.task("image").task_id])


async def ordered_with_id(stage: Stage, name: str) -> Task:
    """Order with an id, and without where the id is refused, which costs nothing."""
    try:
        return await stage.order(name)
    except KlingTakesNoId:
        return await stage.order(name)


async def image_4_0(stage: Stage) -> None:
    await stage.make("image-4.0", ordered=await ordered_with_id(stage, "image-4.0"))


async def flash_with_id(stage: Stage) -> None:
    """Order with an id, and without where that is refused; then the list of that time shows it."""
    since = stage.clock.now()
    ordered = await ordered_with_id(stage, "4.0-flash")
    await stage.make("4.0-flash", ordered=ordered)
    until = stage.clock.now() + MADE_AFTER_S
    listed = await stage.kling.made_between("video", since - MADE_BEFORE_S, until)
    if not any(task.task_id == ordered.task_id for task in listed.tasks):
        raise NotDone("the list of tasks lacks it: kling.account_shared must stay true")


async def failed_task(stage: Stage) -> None:
    """What a failed task is charged; refused at once, or made all the same, it stays open."""
    with contextlib.suppress(KlingRefusedRequest):
        await stage.follow("failed", await stage.order("failed"))


@dataclass(frozen=True)
class Step:
    """One thing that is tried; `order` is what may be charged, were it accepted."""

    name: str
    does: str
    order: str = ""
    run: Callable[[Stage], Awaitable[None]] | None = None
    settles: tuple[str, ...] = ()
    """Open facts about Kling, by their switch in the local Kling."""
    needs: str = ""
    """The step without which this one is impossible."""
    newer: bool = False
    """It asks Kling's newer API, which takes an API key only."""

    @property
    def file(self) -> str:
        """The name of its recording; recordings in order of their names are in order of time."""
        return f"{STEPS.index(self) + 1:02}-{self.name}.json"

    async def take(self, stage: Stage) -> None:
        """Do it; raises `NotDone` or a KlingError."""
        await (self.run(stage) if self.run else stage.make(self.name))

    def most(self, defaults: DefaultsSettings) -> tuple[Pack, Decimal] | None:
        """Return the pack and the units it can cost; None where the catalogue has no price."""
        catalogue = shipped()
        if not self.order:
            call = catalogue.calls.identify_face
            return Pack.VIDEO, call if self.run is identify_face else Decimal(0)
        cost = price(catalogue, ORDERS[self.order](defaults))
        # A clip of 5 s is a little longer than that, and may be counted as two steps of 5 s.
        return (cost.pack, cost.units * (2 if cost.at_least else 1)) if cost else None


STEPS: Final = (
    Step("probe", "ask for a task that cannot exist", run=lambda stage: stage.kling.probe()),
    Step("not-found", "the same on every route", run=not_found),
    Step("lists", "list two tasks of every route", run=lists, settles=("past_end_refused",)),
    Step("image", "a picture from words", "image"),
    Step("image-to-image", "a picture from a picture", "image-to-image"),
    Step("omni-image", "a picture that cites a picture", "omni-image"),
    Step("same-id", "a used external id; free if refused", "image", same_id, needs="image"),
    Step(
        "look-up",
        "a task by our id",
        run=look_up,
        settles=("newest_first", "wrong_product_found"),
        needs="image-to-image",
    ),
    Step("text2video", "a clip of 5 s, std", "text2video"),
    Step(
        "image2video",
        "the same from a picture",
        "image2video",
        image2video,
        settles=("cfg_scale_on_v2",),
    ),
    Step("identify-face", "the faces of that clip", run=identify_face, needs="text2video"),
    Step(
        "lip-sync",
        "a face speaks",
        "lip-sync",
        lip_sync,
        settles=("lip_sync_by_external_id", "lip_sync_echoes_external_id"),
        needs="identify-face",
    ),
    Step("omni-video", "a clip of 3 s that cites a picture", "omni-video"),
    Step(
        "tasks",
        "a legacy task, read through /tasks",
        run=together,
        settles=("tasks_reads_legacy",),
        needs="image",
        newer=True,
    ),
    Step(
        "4.0-flash",
        "a clip of 3 s, with an id if it takes one",
        "4.0-flash",
        flash_with_id,
        settles=("v4_takes_ids",),
        newer=True,
    ),
    Step(
        "image-4.0",
        "a picture of 2k, at the path that is there",
        "image-4.0",
        image_4_0,
        settles=("images_by_input",),
        newer=True,
    ),
    Step(
        "failed",
        "a task that may fail, and what that costs",
        "failed",
        failed_task,
        settles=("failed_tasks_charged",),
    ),
)
