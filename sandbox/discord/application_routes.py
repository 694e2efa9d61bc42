"""REST of the application itself: its identity, servers and direct channels."""

from typing import Any

from sandbox.discord import payloads, refusal, unused
from sandbox.discord.model import ChannelKind, User
from sandbox.discord.refusal import Refusal
from sandbox.discord.rest import Call, Reply, Route
from sandbox.discord.session_starts import IDENTIFIES_PER_DAY, SessionStarts
from sandbox.discord.store import Store

INVITED, ACCEPTED = 1, 2
"""Discord's states of a member of a team."""
MS_PER_S = 1000


class ApplicationRoutes:
    """Responses for the application.

    Switches: `public`: anyone may invite the bot; `team`: it owns the application, its members with
    their role and whether they have accepted (the owner of everything is the team's too).
    """

    def __init__(self, store: Store, starts: SessionStarts, *, public: bool) -> None:
        self.public = public
        self.team: list[tuple[User, str, bool]] = []
        self.gateway_url = ""
        self._store = store
        self._starts = starts
        self._team_user = User(store.ids.mint(), "team")

    def routes(self) -> list[Route]:
        """Return every route of this surface."""
        return [
            Route("GET", "/users/@me", lambda _: payloads.me(self._store.bot)),
            Route("GET", "/users/@me/guilds", self.guilds),
            Route("POST", "/users/@me/channels", self.open_dm),
            Route("GET", "/users/{user_id}", self.user),
            Route("GET", "/oauth2/applications/@me", self.about),
            Route("GET", "/applications/@me", self.about),
            Route("GET", "/gateway", lambda _: {"url": self.gateway_url}, needs_token=False),
            Route("GET", "/gateway/bot", self.gateway),
            Route("GET", "/soundboard-default-sounds", lambda _: list(unused.SOUNDS)),
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
            "owner": payloads.user(self._team_user if self.team else store.owner),
            "verify_key": "0" * 64,
            "flags": 0,
            "team": self._team() if self.team else None,
            "approximate_guild_count": len(store.guilds),
            "bot": payloads.user(store.bot),
        } | unused.APPLICATION

    def _team(self) -> dict[str, Any]:
        team_id = str(self._team_user.id)
        return {
            "id": team_id,
            "icon": None,
            "name": self._team_user.name,
            "owner_user_id": str(self._store.owner.id),
            "members": [
                {
                    "user": payloads.user(member),
                    "team_id": team_id,
                    "membership_state": ACCEPTED if accepted else INVITED,
                    "role": role,
                    "permissions": ["*"],
                }
                for member, role, accepted in self.team
            ],
        }

    def gateway(self, _: Call) -> Reply:
        """Return where to connect and how often."""
        starts = self._starts
        limit = {
            "total": IDENTIFIES_PER_DAY,
            "remaining": starts.left,
            "reset_after": int(starts.reset_after_s * MS_PER_S),
            "max_concurrency": starts.max_concurrency,
        }
        recommended = starts.recommended_shards
        return {"url": self.gateway_url, "shards": recommended, "session_start_limit": limit}

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
            | {"banner": None}
            | {"permissions": str(int(g.members[bot.id]))}
            for g in self._store.guilds.values()
            if bot.id in g.members
        ]

    def guild(self, call: Call) -> Reply:
        """Return a server the bot is in."""
        return payloads.guild(self._store.guild(call.params["guild_id"]), self._store)

    def channels(self, call: Call) -> Reply:
        """Return a server's channels without its threads, and without those the bot can't see."""
        guild = self._store.guild(call.params["guild_id"])
        seen = (c for c in guild.channels.values() if c.visible(self._store.bot))
        return [payloads.channel(c) for c in seen if c.kind is not ChannelKind.THREAD]

    def roles(self, call: Call) -> Reply:
        """Return a server's roles."""
        guild = payloads.guild(self._store.guild(call.params["guild_id"]), self._store)
        return list(guild["roles"])

    def member(self, call: Call) -> Reply:
        """Return a member of a server the bot is in."""
        guild = self._store.guild(call.params["guild_id"])
        user = self._store.user(call.params["user_id"])
        if user.id not in guild.members:
            raise Refusal(*refusal.UNKNOWN_MEMBER)
        return payloads.member(user, guild)
