"""The whole product in one process: the real bot between the local Discord and the local Kling."""

import asyncio
import base64
import contextlib
import io
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from PIL import Image
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.addresses import Address
from bot.app import App, open_app
from bot.intake import IntakeLimits
from bot.kling.auth import credentials_for
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.sandbox.discord import Channel, Guild, Interaction, LocalDiscord, Message, Upload, User
from bot.sandbox.discord.interactions import COMMAND, COMPONENT
from bot.sandbox.kling import Latencies, LocalKling, Switches
from bot.settings import Settings, load_settings
from bot.web.gateway import make_gateway
from bot.web.listening import listen
from storage.job import ENDED, Job, State
from storage.store import JobStore
from tests.discord_conformance import Violations, attach, spec_path
from tests.jump_clock import JumpClock

T = TypeVar("T")

QUICK = Latencies(queue_s=0.0, video_s=0.05, image_s=0.05, lip_sync_s=0.05)
TOKEN = "the-bot-token"
WAIT_S = 30.0
PATIENT = IntakeLimits(fetch_s=2.3, accept_s=2.8)
"""Nearly all that Discord allows, for a machine that runs many tests at once."""


class Commits:
    """Tells when anything was committed to a database of ours."""

    def __init__(self) -> None:
        self._turn = asyncio.Event()
        self._committing: set[int] = set()

    def listen_to(self, engine: AsyncEngine) -> None:
        """Hear of every commit once its connection is back, so that whoever reads then sees it."""
        event.listen(engine.sync_engine, "commit", self._on_commit)
        event.listen(engine.sync_engine.pool, "checkin", self._on_return)

    async def until(self, found: Callable[[], Awaitable[T | None]]) -> T:
        """Return what `found` finds, asked again after every commit."""
        async with asyncio.timeout(WAIT_S):
            while True:
                turn = self._turn
                if (value := await found()) is not None:
                    return value
                await turn.wait()

    def _on_commit(self, connection: Connection) -> None:
        self._committing.add(id(connection.connection.dbapi_connection))

    def _on_return(self, connection: object, _record: object) -> None:
        if id(connection) in self._committing:
            self._committing.discard(id(connection))
            turn, self._turn = self._turn, asyncio.Event()
            turn.set()


@dataclass
class Town:
    """A server with a channel and a member, a Kling account, and the bot that joins them."""

    clock: JumpClock
    discord: LocalDiscord
    kling: LocalKling
    env: dict[str, str]
    guild: Guild
    channel: Channel
    member: User
    app: App | None = None
    violations: Violations = field(default_factory=Violations)
    commits: Commits = field(default_factory=Commits)

    @property
    def settings(self) -> Settings:
        return load_settings(None, self.env)

    @property
    def store(self) -> JobStore:
        assert self.app is not None
        return self.app.store

    @contextlib.asynccontextmanager
    async def bot(self, *, answer_within: IntakeLimits = PATIENT) -> AsyncIterator[App]:
        """Run the bot for the block, and again as often as it is asked for."""
        async with open_app(self.settings, self.clock, answer_within=answer_within) as app:
            self.app = app
            self.commits.listen_to(app.store._connections._engine)
            await app.client.wait_until_ready()
            yield app
        self.app = None

    async def ask(
        self,
        command: str,
        *,
        by: User | None = None,
        at: Channel | None = None,
        **options: Any,
    ) -> Interaction:
        """Use a command, as the member in the channel, and return it once it is answered.

        An answer is recorded right after it is given; nobody presses anything sooner than that.
        """
        interaction = await self.discord.slash(
            by or self.member, at or self.channel, command, options
        )
        return await self.recorded(await interaction.answered())

    async def recorded(self, interaction: Interaction) -> Interaction:
        """Return the interaction once no row waits for its answer to be recorded."""

        async def found() -> Interaction | None:
            jobs = await self.store.list_jobs()
            return None if any(job.card.answered_at is None for job in jobs) else interaction

        return await self.commits.until(found)

    async def forge(self, command: str, **options: Any) -> Interaction:
        """Use a command with values that a member's client would never send; no attachments."""
        registered = next(c for c in self.discord.commands if c["name"] == command)
        kinds = {option["name"]: option["type"] for option in registered["options"]}
        data = {
            "id": registered["id"],
            "name": command,
            "type": 1,
            "options": [
                {"name": name, "type": kinds[name], "value": value}
                for name, value in options.items()
            ],
        }
        forged = self.discord.interactions.start(COMMAND, self.member, self.channel, data)
        return await forged.answered()

    async def forge_press(
        self, message: Message, custom_id: str, *values: str, by: User | None = None
    ) -> Interaction:
        """Press or choose what no client would show; return the interaction once answered."""
        data: dict[str, Any] = {"custom_id": custom_id, "component_type": 2, "id": 1}
        if values:
            data |= {"component_type": 3, "values": list(values)}
        forged = self.discord.interactions.start(
            COMPONENT, by or self.member, message.channel, data, message
        )
        return await forged.answered()

    async def warm(self) -> None:
        """Start the processes that open media: a busy machine needs longer than Discord waits."""
        assert self.app is not None
        await self.app.client.services.intake._inputs._workers.warm()

    async def press(self, message: Message, action: str, by: User | None = None) -> Interaction:
        """Press the button of this action and return the interaction once it is answered."""
        wanted = f"kling:{action}:"
        custom_id = next(c for c in custom_ids(message) if c.startswith(wanted))
        pressed = await self.discord.click(by or self.member, message, custom_id)
        return await pressed.answered()

    async def choose(self, message: Message, value: str, by: User | None = None) -> Interaction:
        """Choose from the menu of a message and return the interaction once it is answered."""
        [menu] = [c for row in message.components for c in row["components"] if "options" in c]
        chosen = await self.discord.choose(by or self.member, message, menu["custom_id"], [value])
        return await chosen.answered()

    async def refused(
        self, command: str, *, by: User | None = None, at: Channel | None = None, **options: Any
    ) -> str:
        """Use a command that must be refused, and return what the member is told."""
        jobs, asked = await self.store.list_jobs(), len(self.kling.requests)
        interaction = await self.ask(command, by=by, at=at, **options)
        return await self.refusal(interaction, jobs, asked)

    async def refused_forged(self, command: str, **options: Any) -> str:
        """Forge a command that must be refused, and return what the member is told."""
        jobs, asked = await self.store.list_jobs(), len(self.kling.requests)
        return await self.refusal(await self.forge(command, **options), jobs, asked)

    async def refusal(self, answer: Interaction, jobs: list[Job], asked: int) -> str:
        """Return the words of a refusal: private, no row is left, and Kling heard nothing."""
        assert answer.ephemeral, "a refusal is private"
        assert await self.store.list_jobs() == jobs
        assert len(self.kling.requests) == asked
        assert answer.followups == []
        return self.card_of(answer).content

    def orders(self) -> list[tuple[str, dict[str, Any]]]:
        """Return path and body of every order that Kling has answered, oldest first."""
        return [
            (request.path.removeprefix("/v1/"), request.body)
            for request in self.kling.requests
            if request.method == "POST" and request.status and request.body is not None
        ]

    def posts(self, channel: Channel | None = None) -> list[Message]:
        """Return what the bot posted by itself, oldest first: no cards, no answers."""
        messages = self.discord.messages(channel or self.channel)
        return [m for m in messages if m.author is self.discord.bot and m.interaction is None]

    async def posted(self, count: int = 1, channel: Channel | None = None) -> list[Message]:
        """Return the bot's posts once there are so many."""
        await self.discord.until(lambda: len(self.posts(channel)) >= count, WAIT_S)
        return self.posts(channel)

    def card_of(self, interaction: Interaction) -> Message:
        assert interaction.message is not None
        return interaction.message

    async def card_says(self, interaction: Interaction, text: str) -> Message:
        """Return the card once it says this."""
        card = self.card_of(interaction)
        await self.discord.until(lambda: text in card_text(card), WAIT_S)
        return card

    async def only_job(self) -> Job:
        jobs = await self.store.list_jobs()
        assert len(jobs) == 1
        return jobs[0]

    async def job_is(self, *states: State, job_id: str | None = None) -> Job:
        """Return the job once it is in one of these states."""

        async def found() -> Job | None:
            for job in await self.store.list_jobs():
                if job.state in states and job_id in {None, job.id}:
                    return job
            return None

        return await self.commits.until(found)

    async def settled(self) -> list[Job]:
        """Return all jobs once each has ended and its card says so: nothing more will come."""

        async def found() -> list[Job] | None:
            jobs = await self.store.list_jobs()
            ended = all(job.state in ENDED and job.card.due_at is None for job in jobs)
            return jobs if ended else None

        return await self.commits.until(found)


def card_text(message: Message) -> str:
    """Return all the words of a message."""
    embeds = [f"{e.get('title', '')}\n{e.get('description', '')}" for e in message.embeds]
    return "\n".join([message.content, *embeds])


def custom_ids(message: Message) -> list[str]:
    """Return the ids of everything that can be pressed."""
    return [c["custom_id"] for row in message.components for c in row["components"]]


def picture(width: int = 640, height: int = 480, colour: str = "teal", kind: str = "PNG") -> bytes:
    """Return a picture of one colour."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, kind)
    return made.getvalue()


def pixels(data: bytes) -> tuple[tuple[int, int], bytes]:
    """Return the size and the pixels of a picture, whatever its format."""
    with Image.open(io.BytesIO(data)) as opened:
        return opened.size, opened.convert("RGB").tobytes()


def named(value: Any, uploads: dict[str, Upload]) -> Any:
    """Return a body of an order with each picture replaced by the name of the one it shows.

    Only raw base64 counts: no `data:` prefix, no line ends.
    """
    shown = {pixels(upload.data): name for name, upload in uploads.items()}

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: walk(item) for key, item in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, str) and len(node) > 500:
            return shown[pixels(base64.b64decode(node, validate=True))]
        return node

    return walk(value)


def png(name: str = "picture.png", **how: Any) -> Upload:
    return Upload(picture(**how), name)


@contextlib.asynccontextmanager
async def open_town(
    tmp_path: Path,
    *,
    dialect: str = "official",
    switches: Switches | None = None,
    latencies: Latencies = QUICK,
    kling_options: dict[str, Any] | None = None,
    discord_options: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    check: Callable[[Violations], None] = Violations.assert_none,
) -> AsyncIterator[Town]:
    """Open the two worlds; the bot itself is started by `Town.bot`."""
    clock = JumpClock()
    discord = LocalDiscord(clock, token=TOKEN, **(discord_options or {}))
    kling = LocalKling(clock, switches=switches, latencies=latencies, **(kling_options or {}))
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(discord)
        await stack.enter_async_context(kling)
        base_url = kling.base_url
        if dialect == "gateway":
            base_url = await stack.enter_async_context(_gateway(kling, clock))
        guild = discord.add_guild("Test server")
        channel = discord.add_channel(guild, "general")
        member = discord.add_user("mia")
        hosts = [urlsplit(discord.cdn_url).netloc, urlsplit(kling.base_url).netloc]
        given = {
            "KLINGBOT_DISCORD__TOKEN": TOKEN,
            "KLINGBOT_DISCORD__API_URL": discord.api_url,
            "KLINGBOT_DISCORD__GATEWAY_URL": discord.gateway_url,
            "KLINGBOT_KLING__BASE_URL": base_url,
            "KLINGBOT_KLING__DIALECT": dialect,
            "KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{hosts[0]}", "{hosts[1]}"]',
            "KLINGBOT_STORAGE__URL": f"sqlite:///{tmp_path}/kling.db",
            "KLINGBOT_WEB__LISTEN": "",
            "KLINGBOT_POLL__FIRST_S": "0.05",
            "KLINGBOT_POLL__INTERVAL_S": "0.05",
        }
        if dialect == "official":
            given |= {
                "KLINGBOT_KLING__ACCESS_KEY": kling.keys.access_key,
                "KLINGBOT_KLING__SECRET_KEY": kling.keys.secret_key,
            }
        town = Town(clock, discord, kling, given | (env or {}), guild, channel, member)
        if spec_path() is not None:
            town.violations = attach(discord)
        yield town
        assert discord.unknown_routes == []
        check(town.violations)


@contextlib.asynccontextmanager
async def _gateway(kling: LocalKling, clock: JumpClock) -> AsyncIterator[str]:
    auth = credentials_for(
        Dialect.OFFICIAL,
        clock=clock,
        access_key=kling.keys.access_key,
        secret_key=kling.keys.secret_key,
    )
    exchange = Exchange(
        kling.base_url,
        dialect=Dialect.OFFICIAL,
        auth=auth,
        clock=clock,
        rng=random.SystemRandom(),
    )
    async with (
        exchange,
        listen(make_gateway(exchange), Address("127.0.0.1", 0), key="gateway.listen") as address,
    ):
        yield f"http://{address}"


NEVER_S = math.inf
