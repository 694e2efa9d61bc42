"""One page's websocket: its requests, their answers, and events."""

import asyncio
import json
import logging
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord import LocalRefusal, Message
from sandbox.discord.refusal import Refusal
from sandbox.playground.actions import Actions
from sandbox.playground.forms import Forms
from sandbox.playground.refused import Refused, told
from sandbox.playground.scenery import Scene
from sandbox.playground.uploads import Uploads
from sandbox.playground.view import View
from sandbox.playground.workbench import Drawer, Workbench
from sandbox.process import BotEnded

log = logging.getLogger(__name__)

Json = dict[str, Any]
MALFORMED = (KeyError, ValueError, TypeError, AttributeError, OverflowError)


class Session:
    """Serves the protocol of docs/playground.md to one page until it disconnects.

    Frames leave in the order of events, through one queue. Requests run concurrently: a slow answer
    delays nothing else.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        scene: Scene,
        workbench: Workbench,
        uploads: Uploads,
        forms: Forms,
    ) -> None:
        bot = workbench.bot
        self._socket = socket
        self._discord = bot.discord
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._view: View | None = None
        self._actions = Actions(scene, workbench, uploads, forms)
        self._drawer = Drawer(workbench, self._send)
        self._scene = scene
        self._told: dict[str, Any] = {}

    async def run(self) -> None:
        """Send the page everything, then serve it."""
        self._discord.posts.listeners.append(self._on_message)
        self._discord.store.listeners.append(self._on_change)
        writer = asyncio.create_task(self._write())
        answering: set[asyncio.Task[None]] = set()
        try:
            async for frame in self._socket:
                if frame.type is WSMsgType.TEXT:
                    task = asyncio.create_task(self._answer(frame.data))
                    answering.add(task)
                    task.add_done_callback(answering.discard)
        finally:
            self._discord.posts.listeners.remove(self._on_message)
            self._discord.store.listeners.remove(self._on_change)
            self._drawer.close()
            for task in (ending := (writer, *answering)):
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    def _look(self, request: Json) -> Json:
        """Switch to a member (default: the first), in the page's language."""
        members = {str(person.id): person for person in self._scene.members}
        member = members.get(str(request.get("member"))) or self._scene.members[0]
        member.locale = str(request.get("locale") or member.locale)
        self._view = View(self._discord, self._scene, member)
        everything = self._view.everything()
        self._told = {key: everything[key] for key in ("presence", "commands", "channels")}
        return everything

    async def _answer(self, frame: str) -> None:
        try:
            request = json.loads(frame)
        except (ValueError, RecursionError):
            return
        if not isinstance(request, dict):
            return
        answer: Json = {"type": "answer", "id": request.get("id")}
        try:
            answer["ok"] = await self._do(request)
        except (Refused, LocalRefusal, Refusal) as refused:
            answer |= told(refused)
        except BotEnded as ended:
            answer |= told(Refused("bot_ended", words=ended))
        except MALFORMED as problem:
            answer |= told(Refused("malformed", problem=repr(problem)))
        except TimeoutError:
            answer |= told(LocalRefusal("no_answer"))
        except Exception:
            log.exception("a request of the page failed")
            answer |= told(Refused("failed"))
        self._send(answer)

    async def _do(self, request: Json) -> Json:
        if request.get("do") == "view":
            return self._look(request)
        if self._view is None:
            raise Refused("no_view")
        if self._drawer.knows(request):
            return self._drawer.act(request)
        return await self._actions.act(self._view, request)

    def _on_message(self, event: str, message: Message) -> None:
        if self._view is None or not self._view.sees(message):
            return
        kind = event.removeprefix("MESSAGE_").lower()
        if kind == "delete":
            ids = {"id": str(message.id), "channel_id": str(message.channel.id)}
            self._send({"type": "message", "event": kind, "message": ids})
        else:
            self._send(
                {"type": "message", "event": kind, "message": self._discord.payload(message)}
            )

    def _on_change(self) -> None:
        """Send changes that have no event of their own: presence, commands, channels."""
        if self._view is not None:
            self._tell("presence", self._view.presence())
            self._tell("commands", self._view.commands())
            self._tell("channels", self._view.channels())

    def _tell(self, kind: str, data: Json | list[Json]) -> None:
        if self._told.get(kind) != data:
            self._told[kind] = data
            self._send({"type": kind, kind: data})

    def _send(self, frame: Json) -> None:
        self._outgoing.put_nowait(json.dumps(frame))

    async def _write(self) -> None:
        while True:
            await self._socket.send_str(await self._outgoing.get())
