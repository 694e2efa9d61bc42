"""A town with the bot as a process in it, and what was asked there so far."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.messages.translations import FALLBACK, load_translations
from sandbox.clock import PATIENCE_S
from sandbox.discord import Interaction
from tests.harness.recovery.process import RealBot
from tests.harness.town import Town, card_text

DONE = "✅"
STOPPED = "This job was stopped. Nothing was posted"
PROBLEM = "⚠️"
CANCELLED = "🚫"


@dataclass
class Scene:
    """What a point leaves behind for what follows the restart."""

    town: Town
    bot: RealBot
    asked: list[Interaction] = field(default_factory=list)

    @property
    def first(self) -> Interaction:
        return self.asked[0]

    async def use(self, command: str, **options: Any) -> Interaction:
        """Use a command as the member and return it once it is answered."""
        town = self.town
        used = await town.discord.slash(town.member, town.channel, command, options)
        return await used.answered()

    async def ask(self, command: str, **options: Any) -> Interaction:
        asked = await self.use(command, **options)
        while is_busy(asked):  # it says so on a busy machine, and means it
            asked = await self.use(command, **options)
        assert not asked.ephemeral, self.town.card_of(asked).content
        self.asked.append(asked)
        await self.bot.says_often("job.accepted", len(self.asked))
        return asked

    async def card_says(self, text: str, number: int = 0) -> None:
        card = self.town.card_of(self.asked[number])
        await self.town.discord.until(lambda: text in card_text(card), PATIENCE_S)


Step = Callable[[Scene], Awaitable[None]]


def is_busy(answered: Interaction) -> bool:
    """Tell whether the answer is to try again in a moment."""
    text = answered.message.content if answered.message is not None else ""
    return answered.ephemeral and text == load_translations().say("busy", FALLBACK)


async def nothing(_scene: Scene) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Point:
    """One point: how it is reached, what a person does after the restart, and how it must end."""

    reach: Step
    then: Step = nothing
    cards: tuple[str, ...] = (DONE,)
    posts: int = 1
    creates: int = 1
    env: dict[str, str] = field(default_factory=dict)
    """Settings of the bot that differ here."""
