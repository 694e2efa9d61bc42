"""The local Discord as a whole: started, watched, stopped, and broken on purpose."""

import base64
import functools
from collections.abc import Callable
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from sandbox.clock import PATIENCE_S, Clock
from sandbox.discord import payloads
from sandbox.discord.application_routes import ApplicationRoutes
from sandbox.discord.channel_routes import ChannelRoutes
from sandbox.discord.command_routes import CommandRoutes
from sandbox.discord.faults import Effect, Fault, Faults, Hold, Recorded
from sandbox.discord.files import Files
from sandbox.discord.gateway import EventListener, FrameListener, Gateway
from sandbox.discord.interaction_routes import InteractionRoutes
from sandbox.discord.interactions import Interactions
from sandbox.discord.limits import Limits, Meter
from sandbox.discord.members import Members
from sandbox.discord.model import Channel, Message, User
from sandbox.discord.posts import MessageListener, Posts
from sandbox.discord.rest import PREFIX, RequestListener, Rest
from sandbox.discord.scenery import Scenery
from sandbox.discord.store import Store

HOST = "127.0.0.1"
HTTP_PORT = 80  # the port that URLs omit
CDN_ROUTES = (
    "/attachments/{channel_id}/{attachment_id}/{filename}",
    "/ephemeral-attachments/{application_id}/{attachment_id}/{filename}",
)
REQUEST_BYTES_MAX = 1024**3
SHUTDOWN_S = 1.0

T = TypeVar("T")


class LocalDiscord(Scenery, Members):
    """A Discord on one loopback port, faithful enough for an unmodified discord.py.

    Every time limit runs on `clock`, and so does the `Date` of the answers (`sends_date`). Without
    a `token` it has one of Discord's form.
    `message_limit` replaces the upload limit of every server (bytes per file); `limits=None` means
    no rate limits; files above `keep_bytes_up_to` are kept as size and hash only. With
    `user_installs` members may add the application to their account, and commands that name no
    installation context are offered there too. Without `obfuscates` the gateway describes channels
    that the bot can't see, as Discord did until November 2026. Routes for pages may be added to
    `app` before `start`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        token: str | None = None,
        application_name: str = "Kling",
        application_public: bool = True,
        user_installs: bool = False,
        message_limit: int | None = None,
        limits: Limits | None = None,
        nonce_window_s: float = 120.0,
        old_edits_max: int | None = None,
        keep_bytes_up_to: int | None = None,
        sends_date: bool = True,
        obfuscates: bool = True,
    ) -> None:
        self.clock = clock
        self.sends_date = sends_date
        self.store = Store(clock, application_name)
        self.store.obfuscates = obfuscates
        self.token = token = token or _token_of(self.store.bot)
        self.faults = Faults()
        self.gateway = Gateway(self.store, clock, token)
        self.files = Files(clock, self.store.ids, keep_bytes_up_to)
        self.posts = Posts(self.store, self.gateway, self.files)
        self.rest = Rest(self.store, self.faults, Meter(clock, limits), token)
        self.rest.drop_bytes_above = keep_bytes_up_to
        self.channel_rules = ChannelRoutes(self.store, self.posts)
        self.channel_rules.nonce_window_s = nonce_window_s
        self.channel_rules.old_edits_max = old_edits_max
        self.channel_rules.limit_bytes = message_limit
        self.application = ApplicationRoutes(
            self.store, self.gateway.starts, public=application_public
        )
        self.command_rules = CommandRoutes(self.store, user_installs=user_installs)
        self.interactions = Interactions(
            self.store, self.gateway, self.channel_rules.upload_limit_bytes
        )
        answers = InteractionRoutes(self.store, self.interactions, self.posts)
        for surface in (self.application, self.command_rules, self.channel_rules, answers):
            self.rest.add(surface.routes())
        self.app = web.Application(client_max_size=REQUEST_BYTES_MAX)
        self.app.on_response_prepare.append(self._date)
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on the loopback address; port 0 takes a free one."""
        router = self.app.router
        router.add_get("/gateway", self.gateway.serve)
        for template in CDN_ROUTES:
            router.add_get(template, functools.partial(self._serve_file, template))
        router.add_route("*", PREFIX + "/{path:.*}", self.rest.serve)
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}" + ("" if self.port == HTTP_PORT else f":{self.port}")
        self.files.base_url = self.url
        self.gateway.url = self.application.gateway_url = self.gateway_url

    async def close(self) -> None:
        """Release what is held, close every socket, stop every task."""
        self.faults.clear()
        await self.gateway.close()
        await self.interactions.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def api_url(self) -> str:
        """For `discord.http.Route.BASE`."""
        return self.url + PREFIX

    @property
    def gateway_url(self) -> str:
        """For `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY`."""
        return self.url.replace("http", "ws", 1) + "/gateway"

    @property
    def cdn_url(self) -> str:
        """The root of every attachment's link."""
        return self.url

    @property
    def owner(self) -> User:
        """The application's owner, who also owns every server."""
        return self.store.owner

    @property
    def bot(self) -> User:
        """The bot's own user."""
        return self.store.bot

    @property
    def commands(self) -> list[dict[str, Any]]:
        """The registered global commands."""
        return self.store.commands

    @property
    def requests(self) -> list[Recorded]:
        """Every REST and content request so far, in the order of their answers."""
        return self.rest.requests

    @property
    def unknown_routes(self) -> list[str]:
        """Requests that this Discord does not support; tests expect it to stay empty."""
        return self.rest.unknown_routes

    def sent(self, method: str, route: str) -> list[Recorded]:
        """Return the recorded requests of one route."""
        return [r for r in self.requests if (r.method, r.route) == (method, route)]

    def messages(self, channel: Channel, viewer: User | None = None) -> list[Message]:
        """Return a channel's messages, oldest first, as `viewer` (None: the public) sees them."""
        return [message for message in channel.messages if message.seen_by(viewer)]

    def message(self, message_id: int) -> Message | None:
        """Return a message by id, ephemeral or not; None when deleted or unknown."""
        return self.store.messages.get(message_id)

    def payload(self, message: Message) -> dict[str, Any]:
        """Return a message as Discord's JSON, with fresh links."""
        return payloads.message(message, self.store)

    async def until(self, predicate: Callable[[], T], timeout_s: float = PATIENCE_S) -> T:
        """Return the first true value of `predicate`, evaluated again after every change.

        Raises:
            TimeoutError: after `timeout_s` seconds of real time.
        """
        return await self.store.until(predicate, timeout_s)

    def on_request(self, listener: RequestListener) -> None:
        """Call `listener` with every request once it is answered."""
        self.rest.listeners.append(listener)

    def on_event(self, listener: EventListener) -> None:
        """Call `listener` with the name and data of every gateway event."""
        self.gateway.listeners.append(listener)

    def on_frame(self, listener: FrameListener) -> None:
        """Call `listener` with every gateway frame that the bot sends or receives."""
        self.gateway.frame_listeners.append(listener)

    def on_message(self, listener: MessageListener) -> None:
        """Call `listener` with every created, edited or deleted message, ephemeral or not."""
        self.posts.listeners.append(listener)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change of any kind."""
        self.store.listeners.append(listener)

    def fault(
        self,
        method: str,
        route: str,
        effect: Effect,
        *,
        times: int | None = 1,
        when: Callable[[Recorded], bool] | None = None,
    ) -> Fault:
        """Script a fault for the next `times` requests (None: all) that satisfy `when`."""
        return self.faults.add(method, route, effect, times=times, when=when)

    def hold(self, method: str, route: str, *, stored: bool = False) -> Fault:
        """Hold the next such request back until `release`; `stored`: only its response."""
        return self.faults.add(method, route, Hold(stored=stored))

    def withdraw(self, fault: Fault) -> None:
        """Remove a fault and release what it holds."""
        self.faults.withdraw(fault)

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers.pop("Date", None)
        if self.sends_date:
            response.headers["Date"] = formatdate(self.clock.now(), usegmt=True)

    async def _serve_file(self, template: str, request: web.Request) -> web.StreamResponse:
        recorded = Recorded(
            method="GET",
            route=template,
            path=request.path,
            params=dict(request.match_info),
            query={},
            json=None,
            files={},
            surface="cdn",
            received_at=self.clock.now(),
        )

        def answer() -> web.Response:
            response = self.files.answer(request)
            recorded.status = response.status
            self.requests.append(recorded)
            return response

        return await self.rest.through_faults(request, recorded, answer)


def _token_of(bot: User) -> str:
    """Return a token as Discord makes them: some libraries read the bot's id from its first part.

    It opens nothing but this world.
    """
    return f"{base64.b64encode(str(bot.id).encode()).decode().rstrip('=')}.local.token"
