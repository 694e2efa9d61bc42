"""People who want something of a bot that may die at any moment: they try again, as people do."""

import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import PATIENCE_S
from sandbox.discord import Channel, Interaction, LocalRefusal, Message, User
from sandbox.kling import Script, Task
from storage.job import ENDED, Job, State
from tests.harness.end_to_end.modals import filled
from tests.harness.recovery.foreign import Foreign
from tests.harness.recovery.process import RealBot
from tests.harness.recovery.scene import is_busy
from tests.harness.town import Town, card_text, custom_ids

SILENCE = "The application did not respond"
"""What a member reads when the bot did not answer."""
QUIET = ENDED | {State.WAITING}
"""States in which a job waits for a person."""


@dataclass
class People:
    """A member in a channel, and what they have asked for there."""

    town: Town
    bot: RealBot
    member: User
    channel: Channel
    patience_s: float = PATIENCE_S
    foreign: Foreign | None = None
    """The gateway between the bot and Kling, where there is a strange one."""
    cards: list[Interaction] = field(default_factory=list)
    """Commands that were answered by a card."""
    silent: int = 0
    """How often the bot did not answer."""
    crashes: int = 0
    """How often the bot died."""
    unsure: int = 0
    """How often the operator had an unsure create sent again."""
    gone: set[str] = field(default_factory=set)
    """Jobs that they had deleted with everything of theirs."""
    wall: Channel | None = None
    """The showcase of their server, where there is one."""
    charged_before: dict[str, int] = field(default_factory=dict)
    """What Kling had charged when the ledger began, by pack."""

    @property
    def posts(self) -> list[Message]:
        """What the bot posted in their channel unasked."""
        return self.town.posts(self.channel)

    def mine(self, jobs: Sequence[Job]) -> list[Job]:
        """Return those of the jobs that were asked for in their channel."""
        return [job for job in jobs if job.origin.channel_id == self.channel.id]

    def tasks(self, jobs: Sequence[Job]) -> list[Task]:
        """Return what Kling accepted for them: by our id, or by a prompt that is theirs alone."""
        ids = {job.id for job in self.mine(jobs)}
        return [
            task
            for task in self.town.kling.creates
            if task.external_id in ids or self._said(task.order.prompt)
        ]

    async def use(self, command: str, *, by: User | None = None, **options: Any) -> Interaction:
        """Use a command until it is answered."""

        async def once() -> Interaction:
            user = by or self.member
            return await self.town.discord.slash(user, self.channel, command, options)

        return await self._insist(once)

    async def ask(self, command: str, **options: Any) -> Message:
        """Use a command until there is a card, and return it; of a question, press its start."""
        return await self._carded(lambda: self.use(command, **options))

    async def ask_privately(self, command: str, **options: Any) -> Message:
        """Use a command that only they see the card of, and return it."""
        while is_busy(answered := await self.use(command, private=True, **options)):
            pass
        assert answered.ephemeral
        assert answered.message is not None
        if custom_id_of(answered.message, "start"):
            return await self.start(answered.message)
        self.cards.append(answered)
        await self._rows(lambda job: job.card.answered_at is not None)
        return answered.message

    async def ask_by(self, message: Message, action: str) -> Message:
        """Press a button that asks for something new until there is a card, and return it."""
        return await self._carded(lambda: self._insist(lambda: self._click(message, action)))

    async def ask_by_form(self, message: Message, action: str, **typed: str) -> Message:
        """Press a button, send the form that it opens until there is a card, and return it."""

        async def send() -> Interaction:
            opened = await self._insist(lambda: self._click(message, action))
            return await self.town.discord.submit_modal(opened, filled(opened, **typed))

        return await self._carded(lambda: self._insist(send))

    async def ask_by_menu(self, message: Message, menu: str, **typed: str) -> Message:
        """Choose from the menu of a message, send the form until there is a card, and return it."""
        discord = self.town.discord

        async def send() -> Interaction:
            opened = await self._insist(lambda: discord.context_menu(self.member, message, menu))
            return await discord.submit_modal(opened, filled(opened, **typed))

        return await self._carded(lambda: self._insist(send))

    async def start(self, question: Message) -> Message:
        """Start what was asked about until there is a card, and return it.

        Told that it was started already, they look a moment later whether there is a card.
        """
        while True:
            pressed = await self._insist(lambda: self._click(question, "start"))
            assert pressed.message is not None
            if not pressed.ephemeral or custom_id_of(pressed.message, "cancel"):
                self.cards.append(pressed)
                await self._rows(lambda job: job.card.answered_at is not None)
                return pressed.message
            await self.quiet()

    async def press(self, message: Message, action: str, by: User | None = None) -> Message | None:
        """Press a button until that is answered; None if the button is gone."""
        return await self._press(lambda: self._click(message, action, by))

    async def press_in_list(self, card: Message, action: str) -> Message | None:
        """Open the list and the job, and press its button once; None where there is none.

        Raises `LocalRefusal` when there was no answer.
        """
        listed = await self.use("jobs")
        assert listed.message is not None
        opened = await self.choose(listed.message, job_id_of(card))
        if opened is None or not custom_id_of(opened, action):
            return None
        pressed = await self._click(opened, action)
        return (await pressed.answered(self.patience_s)).message

    async def choose(self, message: Message, value: str) -> Message | None:
        """Choose from the menu until that is answered; None where it is gone."""

        async def once() -> Interaction:
            menus = [c for row in message.components for c in row["components"] if "options" in c]
            if not menus:
                raise LocalRefusal("message_gone")
            [menu] = menus
            return await self.town.discord.choose(self.member, message, menu["custom_id"], [value])

        return await self._press(once)

    async def reads(self, card: Message, text: str) -> None:
        """Wait until the card says this."""
        await self.town.discord.until(lambda: text in card_text(card), self.patience_s)

    async def until_seen(self, act: Callable[[], Awaitable[None]], seen: Callable[[], Any]) -> None:
        """Do something that would be done twice by doing it again: only once it surely was not."""
        while not seen():
            with contextlib.suppress(LocalRefusal):  # a member without an answer looks first
                await act()
            await self.quiet()

    async def quiet(self) -> list[Job]:
        """Return their jobs once each has ended or waits for a person."""
        return await self._rows(lambda job: job.state in QUIET)

    async def _rows(self, wanted: Callable[[Job], bool]) -> list[Job]:
        """Return their rows once each is as wanted, whatever happens to the bot."""
        while True:
            crashes = self.crashes
            await self.connected()
            try:
                every = await self.bot.rows(lambda jobs: all(map(wanted, self.mine(jobs))))
            except AssertionError:  # it died
                await self.until_crash(crashes + 1)
            else:
                return self.mine(every)

    async def task_of(self, card: Message) -> Task:
        """Return the task of a card's job once Kling has accepted it."""
        job_id, kling = job_id_of(card), self.town.kling

        def found() -> list[Task]:
            return [task for task in kling.creates if task.external_id == job_id]

        await kling.until(lambda: bool(found()), self.patience_s)
        return found()[0]

    def takes_long(self, prompt: str) -> str:
        """Return these words as the member's own; the task made of them ends when it is told to."""
        mine = self.own(prompt)
        endless = Script(takes_s=math.inf, matching=lambda body: body.get("prompt") == mine)
        self.town.kling.script(endless)
        return mine

    def own(self, prompt: str) -> str:
        """Return the text marked as the member's own: no other member uses it."""
        return f"{prompt}, says {self.member.name}"

    def _said(self, prompt: str) -> bool:
        return prompt.endswith(f", says {self.member.name}")

    async def connected(self) -> None:
        """Wait until the bot is there."""
        await self.town.discord.until(lambda: self.town.discord.gateway.connected, self.patience_s)

    async def _carded(self, ask: Callable[[], Awaitable[Interaction]]) -> Message:
        """Return the card once it is recorded: no member presses anything sooner."""
        answered = await ask()
        while is_busy(answered):
            answered = await ask()
        assert answered.message is not None
        if answered.ephemeral and custom_id_of(answered.message, "start"):
            return await self.start(answered.message)
        assert not answered.ephemeral, answered.message.content
        self.cards.append(answered)
        await self._rows(lambda job: job.card.answered_at is not None)
        return answered.message

    async def until_crash(self, number: int) -> None:
        """Wait until the bot has died so often."""
        await self.town.discord.until(lambda: self.crashes >= number, self.patience_s)

    async def _click(self, message: Message, action: str, by: User | None = None) -> Interaction:
        """Press the button of this action, or choose it from the menu under the message."""
        discord, user = self.town.discord, by or self.member
        custom_id, menu = custom_id_of(message, action), menu_with(message, action)
        if custom_id is not None:
            return await discord.click(user, message, custom_id)
        if menu is not None:
            return await discord.choose(user, message, menu, [action])
        raise LocalRefusal("message_gone")

    async def _press(self, once: Callable[[], Awaitable[Interaction]]) -> Message | None:
        try:
            return (await self._insist(once)).message
        except LocalRefusal:
            return None  # the press that got no answer was heard all the same

    async def _insist(self, once: Callable[[], Awaitable[Interaction]]) -> Interaction:
        while True:
            await self.connected()
            asked = await once()
            try:
                answered = await asked.answered(self.patience_s)
            except LocalRefusal as refusal:
                if str(refusal) != SILENCE:
                    raise
                self.silent += 1
            else:
                if not is_busy(answered):  # it says so on a busy machine, and means it
                    return answered


def custom_id_of(message: Message, action: str) -> str | None:
    """Return the id of the button of this action."""
    return next((c for c in custom_ids(message) if c.startswith(f"kling:{action}:")), None)


def menu_with(message: Message, value: str) -> str | None:
    """Return the id of the menu that offers this value."""
    parts = [c for row in message.components for c in row["components"]]
    return next((c["custom_id"] for c in parts if value in offered_by(c)), None)


def offered_by(part: dict[str, Any]) -> list[str]:
    """Return the values of a menu; none of a button."""
    return [option["value"] for option in part.get("options") or []]


def job_id_of(card: Message) -> str:
    """Return the job that the buttons of a card are about."""
    return custom_ids(card)[0].split(":")[2]
