"""REST of commands: registered all at once or one by one, global or of a server."""

from typing import Any

from sandbox.discord import refusal
from sandbox.discord.refusal import FieldErrors, Refusal
from sandbox.discord.rest import Call, Created, Reply, Route
from sandbox.discord.store import Store
from sandbox.discord.validation import CHAT_INPUT, check_commands

LOCALIZATIONS = ("name_localizations", "description_localizations")
GUILD_INSTALL, USER_INSTALL = 0, 1

Command = dict[str, Any]


class CommandRoutes:
    """Responses for commands. With `user_installs` one that names no installation offers both.

    Switch: `refuses` has by a command's name what this Discord has against its first option, as a
    rule would that is newer than the bot.
    """

    def __init__(self, store: Store, *, user_installs: bool) -> None:
        self.installs = [GUILD_INSTALL, USER_INSTALL] if user_installs else [GUILD_INSTALL]
        self.refuses: dict[str, str] = {}
        self._store = store

    def routes(self) -> list[Route]:
        """Return every route of this surface."""
        routes = []
        application = "/applications/{application_id}"
        for all_ in (f"{application}/commands", f"{application}/guilds/{{guild_id}}/commands"):
            one = f"{all_}/{{command_id}}"
            routes += [
                Route("GET", all_, self.read_all),
                Route("PUT", all_, self.put_all),
                Route("POST", all_, self.register),
                Route("GET", one, self.read),
                Route("PATCH", one, self.change),
                Route("DELETE", one, self.delete),
            ]
        return routes

    def read_all(self, call: Call) -> Reply:
        """Return the registered commands; their translations only if they are asked for."""
        listed = self._list(call)
        if call.query.get("with_localizations", "").lower() in ("1", "true"):
            return list(listed)
        return [_without_localizations(command) for command in listed]

    def put_all(self, call: Call) -> Reply:
        """Replace all commands; a command that keeps its name and type keeps its id."""
        check_commands(call.json)
        errors = FieldErrors()
        for number, command in enumerate(call.json):
            if command["name"] in self.refuses:
                path = (number, "options", 0, "description")
                errors.add(path, "BASE_TYPE_BAD_LENGTH", self.refuses[command["name"]])
        errors.raise_if_any()
        known = self._list(call)
        registered = [self._registered(call, command, known) for command in call.json]
        self._keep(call, registered)
        return list(registered)

    def register(self, call: Call) -> Reply:
        """Add a command, or replace the one of its name and type."""
        known = self._list(call)
        before = _twin(call.json, known)
        self._checked(call, [c for c in known if c is not before])
        command = self._registered(call, call.json, known)
        self._keep(call, [*(c for c in known if c is not before), command])
        return command if before else Created(command)

    def read(self, call: Call) -> Reply:
        """Return one command."""
        return self._one(call)

    def change(self, call: Call) -> Reply:
        """Change the given fields of one command."""
        before = self._one(call)
        others = [c for c in self._list(call) if c is not before]
        self._checked(call, others, before)
        command: Command = before | call.json | {"version": str(self._store.ids.mint())}
        self._keep(call, [*others, command])
        return command

    def delete(self, call: Call) -> Reply:
        """Delete one command."""
        gone = self._one(call)
        self._keep(call, [c for c in self._list(call) if c is not gone])
        return None

    def _checked(self, call: Call, others: list[Command], before: Command | None = None) -> None:
        """Refuse the command of this call as Discord would: its errors have no number in front."""
        command = (before or {}) | call.json
        try:
            check_commands([command, *others])
        except Refusal as refused:
            tree = refused.body.get("errors", {})
            raise Refusal(*refusal.INVALID_FORM_BODY, tree.get("0", tree)) from None

    def _one(self, call: Call) -> Command:
        wanted = call.params["command_id"]
        found = next((c for c in self._list(call) if c["id"] == wanted), None)
        if found is None:
            raise Refusal(*refusal.UNKNOWN_COMMAND)
        return found

    def _list(self, call: Call) -> list[Command]:
        if call.params["application_id"] != str(self._store.application_id):
            raise Refusal(*refusal.MISSING_ACCESS)
        guild_id = call.params.get("guild_id")
        if guild_id is None:
            return self._store.commands
        return self._store.guild_commands.get(self._store.guild(guild_id).id, [])

    def _keep(self, call: Call, commands: list[Command]) -> None:
        guild_id = call.params.get("guild_id")
        if guild_id is None:
            self._store.commands = commands
        else:
            self._store.guild_commands[int(guild_id)] = commands
        self._store.changed()

    def _registered(self, call: Call, command: Command, known: list[Command]) -> Command:
        twin = _twin(command, known)
        permissions = command.get("default_member_permissions")
        fresh = {
            "id": twin["id"] if twin else str(self._store.ids.mint()),
            "application_id": str(self._store.application_id),
            "version": str(self._store.ids.mint()),
            "type": command.get("type", CHAT_INPUT),
            "description": command.get("description") or "",
            "default_member_permissions": None if permissions is None else str(permissions),
            "nsfw": command.get("nsfw", False),
            "integration_types": command.get("integration_types") or self.installs,
        }
        if "guild_id" in call.params:
            fresh["guild_id"] = call.params["guild_id"]
        return command | fresh


def _twin(command: Command, known: list[Command]) -> Command | None:
    kind = command.get("type", CHAT_INPUT)
    same = (c for c in known if (c["type"], c["name"]) == (kind, command["name"]))
    return next(same, None)


def _without_localizations(node: Command) -> Command:
    kept = {key: value for key, value in node.items() if key not in LOCALIZATIONS}
    for key in ("options", "choices"):
        if node.get(key):
            kept[key] = [_without_localizations(below) for below in node[key]]
    return kept
