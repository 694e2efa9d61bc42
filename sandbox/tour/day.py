"""A day of a server of fifty members: what they make, change, like, stop, and have too little for.

The passing of time is passed in: the tour names the hours, a test lets them pass.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from sandbox.discord import (
    MEMBER_PERMISSIONS,
    Channel,
    Interaction,
    LocalDiscord,
    Message,
    Permission,
    User,
)
from sandbox.kling import LocalKling, Script
from sandbox.tour.script import card_of, custom_ids, words_of

CHANNELS: Final = ("studio", "sketches", "harbour", "clips")
EARLY: Final = 12
LATE: Final = 31
FANS: Final = 3
MEMBERS: Final = EARLY + LATE + FANS + 4
"""And an editor, an animator, a moderator and a manager."""
UNITS_AN_IMAGE: Final = 8
FIT_LATE: Final = 11
"""So many of the late ones fit into what is left of the server's budget."""
IMAGES: Final = EARLY + 1 + 1 + FIT_LATE
"""The early ones, an edited one, one that was stopped, and the late ones."""
BUDGET: Final = IMAGES * UNITS_AN_IMAGE
JOBS: Final = IMAGES + 1
"""And the video."""
LIKED: Final = "a lighthouse keeper's cat, woodcut"
EDITED: Final = "a lighthouse keeper's cat in the rain, woodcut"
MOVED: Final = "the cat looks out to sea"
STOPPED: Final = "far too many balloons"
SUBJECTS: Final = ("boats", "gulls", "a pier", "nets", "a storm", "fog", "a market", "kites")
BOUND_S: Final = 90.0


class Teller(Protocol):
    """Who hears what happens."""

    def line(self, text: str) -> None:
        """Hear what somebody does."""
        ...

    def check(self, what: str, *, held: bool) -> None:
        """Hear whether what was expected came true."""
        ...


class Day:
    """The day, from the morning to the night. `until_hour` returns when that hour has come."""

    def __init__(
        self,
        discord: LocalDiscord,
        kling: LocalKling,
        told: Teller,
        until_hour: Callable[[int], Awaitable[None]],
    ) -> None:
        self._discord = discord
        self._kling = kling
        self._told = told
        self._until_hour = until_hour
        self.all_held = True
        guild = discord.add_guild("The harbour")
        self._channels = [discord.add_channel(guild, name) for name in CHANNELS]
        self._showcase = discord.add_channel(guild, "showcase")
        self._notices = discord.add_channel(guild, "crew")
        manages, moderates = Permission.MANAGE_GUILD, Permission.MANAGE_MESSAGES
        self._manager = discord.add_user("harbour-master", permissions=MEMBER_PERMISSIONS | manages)
        self._moderator = discord.add_user("pilot", permissions=MEMBER_PERMISSIONS | moderates)
        self._people = [discord.add_user(f"sailor-{n}") for n in range(1, MEMBERS - 1)]

    async def play(self) -> None:
        """Play every hour; `all_held` says whether all came as it should."""
        early, late = self._people[:EARLY], self._people[EARLY : EARLY + LATE]
        *fans, editor, animator = self._people[EARLY + LATE :]
        await self._morning()
        liked = (await self._make(9, early, [LIKED, *self._prompts(EARLY - 1)]))[0]
        await self._stars(fans, liked)
        await self._go_on(liked, editor, animator)
        await self._stop(early[1])
        await self._budget(late)
        await self._evening(early[0], liked)

    async def _morning(self) -> None:
        """The manager says what holds."""
        await self._hour(8, f"{MEMBERS} members; the manager sets a budget and a showcase")
        self._kling.script(
            Script(takes_s=math.inf, matching=lambda body: body.get("prompt") == STOPPED)
        )
        self._kling.script(Script(queue_s=0, takes_s=0, times=None))
        settings: Sequence[tuple[str, dict[str, object]]] = (
            ("settings budget server", {"image": BUDGET}),
            ("settings showcase set", {"channel": self._showcase, "presses": FANS}),
            ("settings notices", {"channel": self._notices}),
        )
        for command, options in settings:
            await self._use(self._manager, self._channels[0], command, options)

    async def _make(
        self, hour: int, people: Sequence[User], prompts: Sequence[str]
    ) -> list[Message]:
        """All ask at once; return their results."""
        await self._hour(hour, f"{len(people)} members ask for an image, all at once")
        asked = await self._ask(people, prompts)
        posts = [await self._post_of(card_of(one)) for one in asked]
        self._check("each has an image", all(post.attachments for post in posts))
        return posts

    async def _stars(self, fans: Sequence[User], liked: Message) -> None:
        await self._hour(11, f"{len(fans)} of them like the same image")
        star = _control(liked, "star")
        await asyncio.gather(*(self._press(fan, liked, star) for fan in fans))
        copies = await self._come(self._showcase, 1)
        self._check("the showcase has one copy of it", len(copies) == 1)

    async def _go_on(self, liked: Message, editor: User, animator: User) -> None:
        await self._hour(13, "one changes its words, another lets it move")
        for who, action, prompt in ((editor, "edit", EDITED), (animator, "animate", MOVED)):
            form = await self._press(who, liked, _control(liked, action))
            sent = await self._discord.submit_modal(form, _filled(form, prompt))
            post = await self._post_of(card_of(await sent.answered()))
            words = words_of(post, {})
            self._check(f"{action}: it says what it was made from", "Made from" in words)

    async def _stop(self, member: User) -> None:
        await self._hour(15, "a moderator stops a job of another member")
        asked = await self._use(member, self._channels[0], "image", {"prompt": STOPPED})
        card = card_of(asked)
        await self._kling.until(lambda: self._kling.creates[-1].order.prompt == STOPPED, BOUND_S)
        await self._discord.until(lambda: "working" in words_of(card, {}), BOUND_S)
        await self._press(self._moderator, card, _control(card, "cancel"))
        self._kling.finish(self._kling.creates[-1])
        await self._discord.until(lambda: "was stopped" in words_of(card, {}), BOUND_S)
        answers = [
            post for post in self._discord.messages(card.channel) if post.reference == card.id
        ]
        self._check("nothing of it was posted", not answers)

    async def _budget(self, late: Sequence[User]) -> None:
        await self._hour(
            18, f"{len(late)} more ask at once, and the budget has room for {FIT_LATE}"
        )
        asked = await self._ask(late, self._prompts(LATE))
        cards = [card_of(one) for one in asked if not one.ephemeral]
        self._check(f"{FIT_LATE} are accepted", len(cards) == FIT_LATE)
        for card in cards:
            await self._post_of(card)
        refused = [words_of(card_of(one), {}) for one in asked if one.ephemeral]
        what = f"{len(refused)} are told, privately, that the server has nothing left"
        self._check(what, all("This server has 0 of its" in words for words in refused))
        notices = await self._come(self._notices, 1)
        self._check("the managers are notified", "limit" in notices[-1].content)

    async def _evening(self, author: User, liked: Message) -> None:
        await self._hour(22, "the author looks back, and deletes what was liked")
        page = await self._use(author, self._channels[0], "history", {})
        self._check("the history is private, and has it", LIKED[:20] in words_of(card_of(page), {}))
        more = _control(liked, "more")
        await (await self._discord.choose(author, liked, more, ["delete"])).answered()
        await self._discord.until(lambda: not self._discord.messages(self._showcase), BOUND_S)
        self._check("the copy in the showcase is gone as well", liked.deleted)
        ours = [task for task in self._kling.creates if task.order.prompt in self._said]
        self._check(f"{JOBS} tasks at Kling, one for each job", len(ours) == JOBS)

    async def _ask(self, people: Sequence[User], prompts: Sequence[str]) -> list[Interaction]:
        places = [self._channels[number % len(CHANNELS)] for number in range(len(people))]
        return await asyncio.gather(
            *(
                self._use(user, place, "image", {"prompt": prompt})
                for user, place, prompt in zip(people, places, prompts, strict=True)
            )
        )

    async def _use(
        self, user: User, channel: Channel, command: str, options: dict[str, object]
    ) -> Interaction:
        return await (await self._discord.slash(user, channel, command, options)).answered()

    async def _press(self, user: User, message: Message, custom_id: str) -> Interaction:
        return await (await self._discord.click(user, message, custom_id)).answered()

    async def _post_of(self, card: Message) -> Message:
        def found() -> list[Message]:
            posts = self._discord.messages(card.channel)
            return [post for post in posts if post.reference == card.id]

        return (await self._discord.until(found, BOUND_S))[0]

    async def _come(self, channel: Channel, number: int) -> list[Message]:
        def found() -> list[Message]:
            posts = self._discord.messages(channel)
            return posts if len(posts) >= number else []

        return await self._discord.until(found, BOUND_S)

    async def _hour(self, hour: int, what: str) -> None:
        await self._until_hour(hour)
        self._told.line(f"  {hour:02}:00   {what}")

    def _prompts(self, number: int) -> list[str]:
        return [f"{SUBJECTS[n % len(SUBJECTS)]} by the sea, {n + 1}" for n in range(number)]

    @property
    def _said(self) -> set[str]:
        return {LIKED, EDITED, MOVED, STOPPED, *self._prompts(LATE)}

    def _check(self, what: str, held: object) -> None:
        self.all_held = self.all_held and bool(held)
        self._told.check(what, held=bool(held))


def _control(message: Message, action: str) -> str:
    return next(one for one in custom_ids(message) if one.split(":")[1] == action)


def _filled(form: Interaction, prompt: str) -> dict[str, object]:
    """Return a form as it was opened, but for the prompt."""
    filled: dict[str, object] = {}
    for part in (form.modal or {})["components"]:
        field = part.get("component") or {}
        chosen = [one["value"] for one in field.get("options") or () if one.get("default")]
        if chosen:
            filled[field["custom_id"]] = chosen
        elif field.get("value"):
            filled[field["custom_id"]] = field["value"]
    return filled | {"prompt": prompt}
