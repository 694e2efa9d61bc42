"""What is tried on the real Kling, from free to dear, each step with the most it can cost."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final

from bot.domain.catalogue import price
from bot.settings.default_sections import DefaultsSettings
from storage.job import Pack
from tests.commands.live.orders import ORDERS, shipped
from tests.commands.live.stage import Stage
from tests.commands.live.tries import (
    EDITED,
    character,
    edit,
    failed_task,
    flash_with_id,
    identify_face,
    image2video,
    image_4_0,
    lip_sync,
    lists,
    look_up,
    not_found,
    refused_or_made,
    same_id,
    together,
)


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
        return (cost.pack, cost.units) if cost else None


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
    Step("edit", "that clip, changed", "edit", partial(edit, name="edit"), needs=EDITED),
    Step("character", "a character, a picture of it, and its end", "character", character),
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
        "image-4.0-two",
        "two pictures that cite the second of two",
        "image-4.0-two",
        partial(refused_or_made, name="image-4.0-two"),
        settles=("image_v4_takes_n",),
        newer=True,
    ),
    Step("references", "a clip of 3 s that cites the second of two", "references", newer=True),
    Step("shots", "a clip of two shots", "shots", newer=True),
    *(
        Step(name, does, name, partial(refused_or_made, name=name), newer=True)
        for name, does in (
            ("3.0-omni-frames", "both frames beside three references; free if refused"),
            ("4.0-frames", "a frame beside a reference; free if refused"),
        )
    ),
    *(
        Step(name, does, name, partial(edit, name=name), needs=EDITED, newer=True)
        for name, does in (
            ("edit-3.0", "the clip of 3 s, changed"),
            ("edit-4.0", "the same, charged by both videos"),
        )
    ),
    Step(
        "failed",
        "a task that may fail, and what that costs",
        "failed",
        failed_task,
        settles=("failed_tasks_charged",),
    ),
)
