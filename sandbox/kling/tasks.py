"""The account's tasks: ids, states by the clock, slots, and what is left in the packs."""

import asyncio
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.clock import Clock
from sandbox.kling.errors import Refusal, bad_value
from sandbox.kling.orders import ElementMade, Order, Product
from sandbox.kling.preset_elements import preset_element
from sandbox.kling.switches import Switches

FIRST_ID = 845_014_248_110_960_707  # 18 decimal digits, as the live service counts
ID_STEP = 7_919
NEVER_S = math.inf


@dataclass(eq=False)
class Task:
    """One task. Its status is a function of the clock: nothing runs in the background."""

    id: str
    order: Order
    body: dict[str, Any]
    external_id: str | None
    created_s: float
    starts_s: float
    ends_s: float
    problem: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the end is moved, so that a waiting callback looks again."""

    @property
    def product(self) -> Product:
        """The route that created it; only that route finds it."""
        return self.order.product

    def status(self, now_s: float) -> str:
        """Return `submitted`, `processing`, `succeed` or `failed`."""
        if now_s < min(self.starts_s, self.ends_s):
            return "submitted"
        if now_s < self.ends_s:
            return "processing"
        return "failed" if self.problem is not None else "succeed"

    def ended(self, now_s: float) -> bool:
        """Tell whether the status will never change again."""
        return now_s >= self.ends_s

    def updated_s(self, now_s: float) -> float:
        """Return when the status last changed, in Unix seconds."""
        return max(at for at in (self.created_s, self.starts_s, self.ends_s) if at <= now_s)

    def next_change_s(self, now_s: float) -> float:
        """Return when the status changes next; infinity for a task that has or will not end."""
        return min((at for at in (self.starts_s, self.ends_s) if at > now_s), default=NEVER_S)

    def end_later(self, seconds: float, now_s: float) -> None:
        """Move the end of an unfinished task by `seconds`, but not into the past."""
        if not self.ended(now_s):
            self.ends_s = max(now_s, self.ends_s + seconds)
            self.changed.set()

    def media_id(self, index: int) -> str:
        """Return the id of a result, by which a finished clip can be named in other requests."""
        return str(int(self.id) + 1 + index)


class Account:
    """Every task ever accepted, and the limits under which the next one is."""

    def __init__(
        self,
        clock: Clock,
        switches: Switches,
        slots: dict[str, int],
        packs: dict[str, Decimal],
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._slots = slots
        self._ids: Iterator[int] = itertools.count(FIRST_ID, ID_STEP)
        self.packs = packs
        self.tasks: dict[str, Task] = {}
        self.deleted_elements: list[str] = []
        self._open: list[Task] = []
        self._by_external_id: dict[str, Task] = {}
        self._spent = dict.fromkeys(packs, Decimal(0))

    def new_id(self) -> str:
        """Return a fresh id of 18 digits."""
        return str(next(self._ids))

    def charged(self, pack: str) -> Decimal:
        """Return the units ended tasks have cost, and identified faces where `pack` is video."""
        self._settle()
        return self._spent[pack]

    def deduction(self, task: Task) -> Decimal:
        """Return what an ended task cost: nothing when it failed, unless switched otherwise."""
        failed = task.status(self._clock.now()) == "failed"
        kept = not failed or self._switches.failed_tasks_charged
        return task.order.units if kept else Decimal(0)

    def left(self, pack: str) -> Decimal:
        """Return the units a new task may still use: what runs is already set aside."""
        spent = self.charged(pack)
        return self.packs[pack] - spent - sum(task.order.units for task in self._running(pack))

    def _settle(self) -> None:
        """Book the tasks that have ended since the last time."""
        now_s = self._clock.now()
        for task in [task for task in self._open if task.ended(now_s)]:
            self._spent[task.product.pack] += self.deduction(task)
            self._open.remove(task)

    def _running(self, pack: str) -> list[Task]:
        self._settle()
        return [task for task in self._open if task.product.pack == pack]

    def pay_call(self, units: Decimal) -> None:
        """Charge a call that makes no task; raise Refusal 1102 if the pack is used up."""
        if self.left("video") < units:
            raise Refusal(1102, "Account balance not enough")
        self._spent["video"] += units

    def admit(self, order: Order, external_id: str | None) -> None:
        """Return if `order` may become a task now; otherwise raise the Refusal."""
        if external_id is not None and self.by_external_id(external_id) is not None:
            raise bad_value(f"External_task_id {external_id} already exists")
        pack = order.product.pack
        if self.left(pack) < order.units:
            raise Refusal(1102, "Account balance not enough")
        taken = sum(
            task.order.slots
            for task in self._running(pack)
            if not self._switches.slots_per_model or task.order.model == order.model
        )
        if taken + order.slots > self._slots[pack]:
            raise Refusal(1303, "parallel task over resource pack limit")

    def add(self, task: Task) -> None:
        """Accept a task; `admit` allowed it."""
        self.tasks[task.id] = task
        self._open.append(task)
        if task.external_id is not None:
            self._by_external_id[task.external_id] = task

    def by_external_id(self, external_id: str) -> Task | None:
        """Return the task created with this external id, on any route."""
        return self._by_external_id.get(external_id)

    def find(self, product: Product, name: str) -> Task | None:
        """Return the task of `product` that has `name` as its id or external id."""
        task = self.tasks.get(name)
        by_name = product is not Product.LIP_SYNC or self._switches.lip_sync_by_external_id
        if task is None and by_name:
            task = self.by_external_id(name)
        if task is None or (task.product is not product and not self._switches.wrong_product_found):
            return None
        return task

    def page(self, product: Product, number: int, size: int) -> list[Task]:
        """Return one page of a product's tasks; `number` counts from 1."""
        tasks = [task for task in self.tasks.values() if task.product is product]
        if self._switches.newest_first:
            tasks.reverse()
        found = tasks[(number - 1) * size : number * size]
        if not found and number > 1 and self._switches.past_end_refused:
            raise bad_value(f"pageNum value '{number}' is invalid")
        return found

    def element(self, element_id: str) -> ElementMade | None:
        """Return the element with this id, Kling's own or one of the account that is there."""
        own = preset_element(element_id)
        if own is not None:
            return own
        now_s = self._clock.now()
        made = (task for task in self.tasks.values() if task.product is Product.ELEMENTS)
        ended = (task for task in made if task.status(now_s) == "succeed")
        task = next((task for task in ended if task.media_id(0) == element_id), None)
        if task is None or element_id in self.deleted_elements:
            return None
        drawing = task.order.drawing
        return drawing if isinstance(drawing, ElementMade) else None

    def clip(self, media_id: str) -> Task | None:
        """Return the finished task whose clip has this id."""
        now_s = self._clock.now()
        tasks = (task for task in self.tasks.values() if task.product.pack == "video")
        return next(
            (t for t in tasks if t.media_id(0) == media_id and t.status(now_s) == "succeed"), None
        )
