"""REST of the application itself: its identity, commands, servers and direct channels."""

from typing import Any

from sandbox.discord import payloads, refusal
from sandbox.discord.refusal import Refusal
from sandbox.discord.rest import Call, Reply, Route
from sandbox.discord.store import Store
from sandbox.discord.validation import check_commands

IDENTIFIES_PER_DAY = 1000
DAY_MS = 86_400_000


class ApplicationRoutes:
    """Responses for the application. Switch: `public`: anyone may invite the bot."""

    def __init__(self, store: Store, *, public: bool, user_installs: bool) -> None:
        self.public = public
        self.installs = [0, 1] if user_installs else [0]
        self.gateway_url = ""
        self._store = store

    def routes(self) -> list[Route]:
        """Return every route of this surface."""
        commands = "/applications/{application_id}/commands"
        own = "/applications/{application_id}/guilds/{guild_id}/commands"
        return [
            Route("GET", "/users/@me", lambda _: payloads.user(self._store.bot)),
            Route("GET", "/users/@me/guilds", self.guilds),
            Route("POST", "/users/@me/channels", self.open_dm),
            Route("GET", "/users/{user_id}", self.user),
            Route("GET", "/oauth2/applications/@me", self.about),
            Route("GET", "/applications/@me", self.about),
            Route("GET", "/gateway/bot", self.gateway),
            Route("GET", commands, self.read_commands),
            Route("PUT", commands, self.put_commands),
            Route("GET", own, self.read_commands),
            Route("PUT", own, self.put_commands),
            Route("GET", "/guilds/{guild_id}", self.guild),
            Route("GET", "/guilds/{guild_id}/channels", self.channels),
            Route("GET", "/guilds/{guild_id}/roles", self.roles),
            Route("GET", "/guilds/{guild_id}/members/{user_id}", self.member),
        ]

    def about(self, _: Call) -> Reply:
        """Return the application object."""
        store = self._store
        return {
            "id": str(store.application_id),
            "name": store.bot.name,
            "icon": None,
            "description": "",
            "bot_public": self.public,
            "bot_require_code_grant": False,
            "owner": payloads.user(store.owner),
            "verify_key": "0" * 64,
            "flags": 0,
            "team": None,
            "approximate_guild_count": len(store.guilds),
        }

    def gateway(self, _: Call) -> Reply:
        """Return where to connect and how often."""
        limit = {"total": IDENTIFIES_PER_DAY, "remaining": IDENTIFIES_PER_DAY}
        limit |= {"reset_after": DAY_MS, "max_concurrency": 1}
        return {"url": self.gateway_url, "shards": 1, "session_start_limit": limit}

    def open_dm(self, call: Call) -> Reply:
        """Open a direct channel; whether the user accepts messages shows only on sending."""
        return payloads.channel(self._store.dm(self._store.user(call.json["recipient_id"])))

    def user(self, call: Call) -> Reply:
        """Return any user."""
        return payloads.user(self._store.user(call.params["user_id"]))

    def guilds(self, _: Call) -> Reply:
        """Return the servers the bot is in."""
        bot = self._store.bot
        return [
            {"id": str(g.id), "name": g.name, "icon": None, "owner": False, "features": []}
            | {"permissions": str(int(g.members[bot.id]))}
            for g in self._store.guilds.values()
            if bot.id in g.members
        ]

    def guild(self, call: Call) -> Reply:
        """Return a server the bot is in."""
        return payloads.guild(self._store.guild(call.params["guild_id"]), self._store.bot)

    def channels(self, call: Call) -> Reply:
        """Return a server's channels without its threads."""
        guild = payloads.guild(self._store.guild(call.params["guild_id"]), self._store.bot)
        return list(guild["channels"])

    def roles(self, call: Call) -> Reply:
        """Return a server's roles."""
        guild = payloads.guild(self._store.guild(call.params["guild_id"]), self._store.bot)
        return list(guild["roles"])

    def member(self, call: Call) -> Reply:
        """Return a member of a server the bot is in."""
        guild = self._store.guild(call.params["guild_id"])
        user = self._store.user(call.params["user_id"])
        if user.id not in guild.members:
            raise Refusal(*refusal.UNKNOWN_MEMBER)
        return payloads.member(user, guild)

    def read_commands(self, call: Call) -> Reply:
        """Return the registered commands, of one server or global."""
        return list(self._list(call))

    def put_commands(self, call: Call) -> Reply:
        """Replace all commands; a command that keeps its name and type keeps its id."""
        check_commands(call.json)
        known = {(c["type"], c["name"]): c["id"] for c in self._list(call)}
        guild_id = call.params.get("guild_id")
        registered = [self._registered(command, known, guild_id) for command in call.json]
        if guild_id is None:
            self._store.commands = registered
        else:
            self._store.guild_commands[int(guild_id)] = registered
        self._store.changed()
        return list(registered)

    def _list(self, call: Call) -> list[dict[str, Any]]:
        if call.params["application_id"] != str(self._store.application_id):
            raise Refusal(*refusal.MISSING_ACCESS)
        guild_id = call.params.get("guild_id")
        if guild_id is None:
            return self._store.commands
        return self._store.guild_commands.get(self._store.guild(guild_id).id, [])

    def _registered(
        self, command: dict[str, Any], known: dict[tuple[int, str], str], guild_id: str | None
    ) -> dict[str, Any]:
        kind = command.get("type", 1)
        permissions = command.get("default_member_permissions")
        fresh = {
            "id": known.get((kind, command["name"])) or str(self._store.ids.mint()),
            "application_id": str(self._store.application_id),
            "version": str(self._store.ids.mint()),
            "type": kind,
            "description": command.get("description") or "",
            "default_member_permissions": None if permissions is None else str(permissions),
            "nsfw": command.get("nsfw", False),
            "integration_types": command.get("integration_types") or self.installs,
        }
        if guild_id is not None:
            fresh["guild_id"] = guild_id
        return command | fresh
