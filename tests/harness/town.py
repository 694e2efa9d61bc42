"""The whole product in one process: the real bot between the local Discord and the local Kling."""

import asyncio
import base64
import contextlib
import functools
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from bot.app import App, open_app
from bot.domain.catalogue import Catalogue
from bot.jobs.intake import IntakeLimits
from bot.settings.load import Settings, load_settings
from sandbox.clock import PATIENCE_S
from sandbox.discord import Channel, Guild, Interaction, LocalDiscord, Message, Upload, User
from sandbox.discord.interactions import COMMAND, COMPONENT
from sandbox.kling import LocalKling
from storage.job import ENDED, Job, State
from storage.store import JobStore
from tests.harness.books import assert_books
from tests.harness.commits import Commits
from tests.harness.discord_conformance import Violations
from tests.harness.jump_clock import JumpClock
from tests.harness.migrated import put_migrated
from tests.harness.plain_results import PlainResults

T = TypeVar("T")

FILE = "sqlite:///"
PATIENT = IntakeLimits(fetch_s=40.0, accept_s=45.0, standing_s=40.0)
"""Less than the local Discord of a town waits, and more than a busy machine takes."""
HASTY = replace(PATIENT, fetch_s=0.05)
"""For tests of what happens when files come late."""


@dataclass
class Town:
    """A server with a channel and a member, a Kling account, and the bot that joins them."""

    clock: JumpClock
    discord: LocalDiscord
    kling: LocalKling
    results: PlainResults
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
    async def bot(
        self,
        *,
        answer_within: IntakeLimits = PATIENT,
        clock: JumpClock | None = None,
        catalogue: Catalogue | None = None,
    ) -> AsyncIterator[App]:
        """Run the bot for the block, and again as often as it is asked for; on its own `clock`."""
        clock = clock or self.clock
        url = self.env["KLINGBOT_STORAGE__URL"]
        if url.startswith(FILE):  # making tables takes a fifth of a start
            await asyncio.to_thread(put_migrated, Path(url.removeprefix(FILE)))
        async with open_app(
            self.settings, clock, answer_within=answer_within, catalogue=catalogue
        ) as app:
            self.app = app
            self.commits.listen_to(app.store._connections)
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

        An answer is recorded right after it is sent; no member presses anything sooner.
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
        await self.app.pool.warm()

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
        """Return what the bot posted unasked, oldest first: no cards, no answers."""
        messages = self.discord.messages(channel or self.channel)
        return [m for m in messages if m.author is self.discord.bot and m.interaction is None]

    async def posted(self, count: int = 1, channel: Channel | None = None) -> list[Message]:
        """Return the bot's posts once there are this many."""
        await self.discord.until(lambda: len(self.posts(channel)) >= count, PATIENCE_S)
        return self.posts(channel)

    def card_of(self, interaction: Interaction) -> Message:
        assert interaction.message is not None
        return interaction.message

    async def card_says(self, interaction: Interaction, text: str) -> Message:
        """Return the card once it says this."""
        card = self.card_of(interaction)
        await self.discord.until(lambda: text in card_text(card), PATIENCE_S)
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

    def skip_wait(self, job: Job) -> None:
        """Set the clock to the moment at which the job is due, unless a step is at work on it.

        A clock that is set forward while a step holds the row takes its lease away, and the step
        has to begin again.
        """
        if job.lease_owner is None and job.due_at is not None:
            self.clock.jump(max(0.0, job.due_at - self.clock.now()))

    async def settled(self) -> list[Job]:
        """Return all jobs once each has ended and its card says so: nothing more will come."""

        async def found() -> list[Job] | None:
            jobs = await self.store.list_jobs()
            ended = all(job.state in ENDED and job.card.due_at is None for job in jobs)
            return jobs if ended else None

        jobs = await self.commits.until(found)
        await assert_books(self.store, self.kling)
        return jobs


def card_text(message: Message) -> str:
    """Return all the words of a message."""
    embeds = [f"{e.get('title', '')}\n{e.get('description', '')}" for e in message.embeds]
    return "\n".join([message.content, *embeds])


def custom_ids(message: Message) -> list[str]:
    """Return the ids of everything that can be pressed."""
    return [c["custom_id"] for row in message.components for c in row["components"]]


@functools.cache
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
