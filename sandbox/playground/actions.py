"""The page's requests: members act through their client, and the bot's process is controlled."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.discord import Channel, Interaction, LocalRefusal, Message, Role, Upload, User
from sandbox.playground.forms import Forms
from sandbox.playground.refused import Refused
from sandbox.playground.scenery import Scene
from sandbox.playground.uploads import Uploads
from sandbox.playground.view import View
from sandbox.playground.workbench import Workbench

Json = dict[str, Any]


class Actions:
    """Each public method is one request of the page; `do` names it, the rest are its fields."""

    def __init__(self, scene: Scene, workbench: Workbench, uploads: Uploads, forms: Forms) -> None:
        self._scene = scene
        self._bot = workbench.bot
        self._trouble = workbench.trouble
        self._discord = workbench.bot.discord
        self._uploads = uploads
        self._forms = forms
        self._table: dict[str, Callable[[View, Json], Awaitable[Json]]] = {
            "history": self._history,
            "say": self._say,
            "slash": self._slash,
            "autocomplete": self._autocomplete,
            "click": self._click,
            "choose": self._choose,
            "submit": self._submit,
            "menu": self._menu,
            "bot": self._steer,
        }

    async def act(self, view: View, request: Json) -> Json:
        """Carry out the page's request and return the answer's content.

        Raises:
            Refused, LocalRefusal, Refusal: if it is impossible, as text for the page.
        """
        action = self._table.get(str(request.get("do")))
        if action is None:
            raise Refused("unknown_request", name=request.get("do"))
        return await action(view, request)

    async def _history(self, view: View, request: Json) -> Json:
        return view.page(self._channel(request["channel"]), int(request["before"]))

    async def _say(self, view: View, request: Json) -> Json:
        reply_to = request.get("reply_to")
        uploads = [self._uploads.find(str(key)) for key in request.get("uploads") or []]
        message = await self._discord.say(
            view.member,
            self._channel(request["channel"]),
            str(request["content"]),
            *uploads,
            reply_to=self._message(reply_to) if reply_to else None,
        )
        return {"message": str(message.id)}

    async def _slash(self, view: View, request: Json) -> Json:
        options = {name: self._value(value) for name, value in request["options"].items()}
        channel = self._channel(request["channel"])
        return await self._outcome(
            await self._discord.slash(view.member, channel, str(request["command"]), options)
        )

    async def _autocomplete(self, view: View, request: Json) -> Json:
        options = {name: self._value(value) for name, value in request["options"].items()}
        return {
            "choices": await self._discord.autocomplete(
                view.member,
                self._channel(request["channel"]),
                str(request["command"]),
                options,
                str(request["focused"]),
            )
        }

    async def _click(self, view: View, request: Json) -> Json:
        message = self._message(request["message"])
        return await self._outcome(
            await self._discord.click(view.member, message, str(request["custom_id"]))
        )

    async def _choose(self, view: View, request: Json) -> Json:
        message = self._message(request["message"])
        given = [self._value(value) for value in request["values"]]
        values = [value for value in given if isinstance(value, str | User | Channel | Role)]
        return await self._outcome(
            await self._discord.choose(view.member, message, str(request["custom_id"]), values)
        )

    async def _submit(self, _: View, request: Json) -> Json:
        opened = self._forms.find(str(request["form"]))
        values = {
            key: [self._value(v) for v in value] if isinstance(value, list) else value
            for key, value in request["values"].items()
        }
        outcome = await self._outcome(await self._discord.submit_modal(opened, values))
        self._forms.drop(str(request["form"]))
        return outcome

    async def _menu(self, view: View, request: Json) -> Json:
        target: Message | User
        if "message" in request:
            target, channel = self._message(request["message"]), None
        else:
            target = self._person(request["user"])
            channel = self._channel(request["channel"])
        name = str(request["name"])
        return await self._outcome(
            await self._discord.context_menu(view.member, target, name, channel)
        )

    async def _steer(self, _: View, request: Json) -> Json:
        """Start, stop or kill; a start ends with the connection, unless the gateway refuses all."""
        shut_out = self._trouble.state["outage"]
        orders: dict[str, Callable[[], Awaitable[object]]] = {
            "start": self._bot.launch_bot if shut_out else self._bot.start_bot,
            "stop": self._bot.stop_bot,
            "kill": self._bot.kill_bot,
        }
        order = orders.get(str(request["order"]))
        if order is None:
            raise Refused("unknown_order", name=request["order"])
        await order()
        return {"running": self._bot.running}

    async def _outcome(self, interaction: Interaction) -> Json:
        """Wait for the bot's first response; a modal is passed on with a key to submit it."""
        await interaction.answered()
        if interaction.modal is None:
            return {}
        return {"form": self._forms.keep(interaction), "modal": interaction.modal}

    def _value(self, value: Any) -> str | int | float | bool | Upload | User | Role | Channel:
        """Return a value of an option or field; what is no plain value comes as {kind: key}."""
        if isinstance(value, str | int | float):
            return value
        ((kind, key),) = value.items()
        if kind == "upload":
            return self._uploads.find(str(key))
        if kind == "role":
            return self._role(key)
        return self._person(key) if kind == "user" else self._channel(key)

    def _person(self, key: Any) -> User:
        for person in (*self._scene.members, self._discord.bot):
            if str(person.id) == str(key):
                return person
        raise Refused("no_member")

    def _role(self, key: Any) -> Role:
        for role in self._scene.guild.roles.values():
            if str(role.id) == str(key):
                return role
        raise Refused("no_role")

    def _channel(self, key: Any) -> Channel:
        return self._discord.store.channel(str(key))

    def _message(self, key: Any) -> Message:
        message = self._discord.message(int(key))
        if message is None:
            raise LocalRefusal("message_gone")
        return message
