"""One hostile member of each kind: what it does before its neighbours ask for something.

None of them does what a member may not do: they only have bad luck with a server, a rate limit, a
file or a bug, or much patience with the buttons.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.discord import Interaction, Recorded
from storage.job import Job, State
from tests.harness.town import Town

CROWD: Final = 6
"""More members than a lane has places."""
MANY: Final = 20


@dataclass
class Hostile:
    """Members with a server and a channel each, and what they have begun."""

    town: Town
    pending: list[asyncio.Task[Any]] = field(default_factory=list)
    leave: list[Callable[[], Awaitable[None] | None]] = field(default_factory=list)
    """What lets everything go on, for the end."""

    def __post_init__(self) -> None:
        self.guild = self.town.discord.add_guild("Troubled")
        self.members = [self.town.discord.add_user(f"troubled {n}") for n in range(CROWD)]
        self.channels = [
            self.town.discord.add_channel(self.guild, f"troubled-{n}") for n in range(CROWD)
        ]

    async def ask(self, command: str, number: int = 0, **options: Any) -> Interaction:
        """Use a command as one of them; return it once it is answered."""
        return await self.town.ask(
            command, by=self.members[number], at=self.channels[number], **options
        )

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do this beside everything else."""
        self.pending.append(asyncio.ensure_future(work))

    def is_mine(self, request: Recorded) -> bool:
        """Tell whether the request concerns one of their channels."""
        mine = {str(channel.id) for channel in self.channels}
        return request.params.get("channel_id") in mine

    async def jobs_are(self, count: int, *states: State) -> list[Job]:
        """Return their jobs once so many are in one of these states."""

        async def found() -> list[Job] | None:
            jobs = await self.town.store.list_jobs(limit=MANY * 2)
            there = [job for job in jobs if job.state in states]
            return there if len(there) >= count else None

        return await self.town.commits.until(found)

    async def finish(self) -> None:
        """Let go of everything."""
        for step in self.leave:
            done = step()
            if done is not None:
                await done
        for task in self.pending:
            task.cancel()
        await asyncio.gather(*self.pending, return_exceptions=True)


Act = Callable[[Hostile], Awaitable[None]]


@dataclass(frozen=True)
class Kind:
    """A kind of trouble, and how those next to it are asked to notice it."""

    name: str
    act: Act
    before: str = "not measured"
    """What it did before it was mended, where that is known."""
    command: str = "image"
    """What the ordinary members ask for."""
    options: dict[str, Any] = field(default_factory=dict)
    with_picture: bool = True
    env: dict[str, str] = field(default_factory=dict)
    kling: dict[str, Any] = field(default_factory=dict)
    discord: dict[str, Any] = field(default_factory=dict)
    turn_s: float = 0.0
    """How long a fair turn lasts where it has to be waited for."""
    turn_of: Callable[[Town], Awaitable[float]] | None = None
    """Measures it (seconds), where that depends on the machine."""
    passes_s: float = 0.0
    """Time that passes while the ordinary ones wait: how long the trouble lasts, by its law."""
