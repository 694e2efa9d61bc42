"""The workbench: what happens behind the channel, and switches that interfere."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final

from sandbox.kling import RISK_CONTROL, Task
from sandbox.kling.orders import Dub, ElementMade, Made, PictureDrawing, Remake
from sandbox.playground.calls import Call, Calls
from sandbox.playground.refused import Refused
from sandbox.playground.trouble import Trouble
from sandbox.process import BotProcess

Json = dict[str, Any]
Send = Callable[[Json], None]

TASKS_SHOWN: Final = 50
TEXT_CHARACTERS_MAX: Final = 200
DELAY_S: Final = 60.0
LOG_BYTES: Final = 32_000
FAILED: Final = "Internal error"


class Workbench:
    """Watches both local worlds and the bot's process, once for all pages."""

    def __init__(self, bot: BotProcess) -> None:
        self.bot = bot
        self.calls = Calls(bot.discord)
        self.trouble = Trouble(bot.discord, bot.kling)
        self._watchers: list[Callable[[], None]] = []
        self._kling = bot.kling
        self._due_s = math.inf
        self._waiting: asyncio.Task[None] | None = None
        bot.discord.on_change(self.changed)
        bot.kling.on_change(self.changed)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` at every change from now on."""
        self._watchers.append(watcher)
        self.changed()

    def leave(self, watcher: Callable[[], None]) -> None:
        """Stop calling `watcher`."""
        self._watchers.remove(watcher)
        if not self._watchers:
            self._rest()

    def faults(self) -> dict[str, bool]:
        """Return whether each fault is active."""
        return self.trouble.state | {"killed": not self.bot.running}

    def tasks(self) -> list[Json]:
        """Return Kling's newest tasks, newest first."""
        return [self._task(task) for task in reversed(self._newest())]

    def steer(self, task_id: str, order: str) -> None:
        """Let a running task finish, fail, fail in moderation, or take a minute longer.

        Raises:
            Refused: when it has ended, or there is no such task or order.
        """
        orders: dict[str, Callable[[Task], None]] = {
            "finish": self._kling.finish,
            "fail": lambda task: self._kling.fail(task, FAILED),
            "moderate": lambda task: self._kling.fail(task, RISK_CONTROL),
            "delay": lambda task: self._kling.delay(task, DELAY_S),
        }
        task = self._kling.tasks.get(task_id)
        if task is None or order not in orders:
            raise Refused("no_task")
        if task.ended(self._kling.clock.now()):
            raise Refused("task_ended")
        orders[order](task)

    def changed(self) -> None:
        """Notify watchers now, and at the moment when a task changes by itself."""
        if not self._watchers:
            return
        for watcher in self._watchers:
            watcher()
        now_s = self._kling.clock.now()
        due_s = min((t.next_change_s(now_s) for t in self._newest()), default=math.inf)
        if self._waiting is not None and due_s == self._due_s:
            return
        self._rest()
        self._due_s = due_s
        if due_s < math.inf:
            self._waiting = asyncio.create_task(self._at(due_s - now_s))

    async def _at(self, seconds: float) -> None:
        await self._kling.clock.sleep(seconds)
        self._waiting = None
        self.changed()

    def _rest(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = None

    def _newest(self) -> list[Task]:
        return self._kling.creates[-TASKS_SHOWN:]

    def _task(self, task: Task) -> Json:
        state = task.status(self._kling.clock.now())
        return {
            "id": task.id,
            "product": task.product.value,
            "model": task.order.model,
            "prompt": task.order.prompt,
            "state": state,
            "created": task.created_s,
            "problem": task.problem if state == "failed" else None,
            "result": _result(task) if state == "succeed" else None,
        }


class Drawer:
    """The workbench as one page sees it: silent until the page opens it."""

    def __init__(self, workbench: Workbench, send: Send) -> None:
        self._workbench = workbench
        self._send = send
        self._text: str | None = None
        self._told: Json = {}
        self._table: dict[str, Callable[[Json], Json]] = {
            "workbench": self._look,
            "call": lambda request: workbench.calls.payload(int(request["call"])),
            "task": self._steer,
            "fault": self._switch,
            "log": lambda _: {"text": workbench.bot.last_words(LOG_BYTES)},
        }

    def knows(self, request: Json) -> bool:
        """Tell whether a request concerns the workbench."""
        return str(request.get("do")) in self._table

    def act(self, request: Json) -> Json:
        """Carry out the page's request and return the answer's content.

        Raises:
            Refused: if it is impossible, as text for the page.
        """
        return self._table[str(request["do"])](request)

    def close(self) -> None:
        """Send nothing more to the page."""
        if self._text is not None:
            self._text = None
            self._workbench.leave(self._on_change)
            self._workbench.calls.listeners.remove(self._on_call)

    def _look(self, request: Json) -> Json:
        """Open the workbench, with the calls that contain a text; or close it."""
        self.close()
        if not request["open"]:
            return {}
        self._text = str(request["text"]).casefold()[:TEXT_CHARACTERS_MAX]
        self._told = self._state()
        self._workbench.watch(self._on_change)
        self._workbench.calls.listeners.append(self._on_call)
        return {"calls": self._workbench.calls.with_text(self._text), **self._told}

    def _state(self) -> Json:
        return {"tasks": self._workbench.tasks(), "faults": self._workbench.faults()}

    def _steer(self, request: Json) -> Json:
        self._workbench.steer(str(request["task"]), str(request["order"]))
        return {}

    def _switch(self, request: Json) -> Json:
        self._workbench.trouble.switch(str(request["fault"]), on=bool(request["on"]))
        self._workbench.changed()
        return {}

    def _on_call(self, call: Call) -> None:
        if self._text is not None and call.has(self._text):
            self._send({"type": "call", "call": call.summary})

    def _on_change(self) -> None:
        for kind, data in self._state().items():
            if self._told[kind] != data:
                self._told[kind] = data
                self._send({"type": kind, kind: data})


def _result(task: Task) -> Json:
    """Return what was made: how many images or how many seconds, and their size in pixels."""
    drawing = task.order.drawing
    if isinstance(drawing, PictureDrawing):
        return {"pictures": drawing.count, "size": drawing.size}
    if isinstance(drawing, Dub):
        return {"seconds": drawing.clip_ms / 1000}
    if isinstance(drawing, Made):
        return _made(drawing)
    if isinstance(drawing, ElementMade):
        return {"pictures": len(drawing.looks)}
    if isinstance(drawing, Remake):
        return {"seconds": drawing.ms / 1000, "size": drawing.size}
    return {"seconds": drawing.seconds, "size": drawing.size}


def _made(drawing: Made) -> Json:
    if drawing.kind == "png":
        return {"pictures": drawing.count}
    return {"seconds": drawing.ms / 1000} if drawing.ms else {}
