"""What the scenes of the tour are played with: asking, waiting for the post, and checking."""

import time
from typing import Final

from sandbox.discord import Interaction, Message
from sandbox.tour.script import Told, card_of, custom_ids, label_of, words_of
from sandbox.tour.stage import Stage

SCENE_TIMEOUT_S: Final = 90.0


class Acting:
    """One play, on a stage."""

    def __init__(self, stage: Stage, told: Told) -> None:
        self._stage = stage
        self._told = told
        self._held: list[bool] = []

    @property
    def all_held(self) -> bool:
        """Whether every check has passed."""
        return all(self._held)

    async def _ask(self, command: str, **options: object) -> Interaction:
        stage = self._stage
        shown = "  ".join(f"{k}: {getattr(v, 'filename', v)}" for k, v in options.items())
        self._told.member(stage.member.name, f"/{command} {shown}")
        began = time.monotonic()
        asked = await stage.discord.slash(stage.member, stage.channel, command, options)
        await asked.answered()
        self._told.after(time.monotonic() - began)
        self._told_privately(asked)
        return asked

    async def _posted(self, asked: Interaction) -> Message:
        stage, card = self._stage, card_of(asked)
        began = time.monotonic()

        def fresh() -> list[Message]:
            posts = stage.discord.messages(stage.channel)
            return [post for post in posts if post.reference == card.id]

        await stage.discord.until(lambda: bool(fresh()), SCENE_TIMEOUT_S)
        post = fresh()[0]
        self._told.bot(words_of(post, self._names))
        self._told.after(time.monotonic() - began)
        return post

    def _told_privately(self, interaction: Interaction) -> None:
        message = interaction.message
        if message is not None:
            self._told.bot(words_of(message, self._names), private=message.ephemeral)

    def _check_clip(self, post: Message) -> None:
        [file] = post.attachments
        self._check("a video that plays in the channel", file.filename.endswith(".mp4"))

    def _check(self, what: str, held: object) -> None:
        self._held.append(bool(held))
        self._told.check(what, held=bool(held))

    @property
    def _names(self) -> dict[int, str]:
        return {user.id: user.name for user in self._stage.discord.store.users.values()}

    async def _start(self, asked: Interaction) -> Interaction:
        """Answer the question about a price, and return the press."""
        question = card_of(asked)
        start = custom_ids(question)[0]
        self._told.member(self._stage.member.name, f"presses “{label_of(question, start)}”")
        started = await self._stage.discord.click(self._stage.member, question, start)
        self._told.bot(words_of(card_of(await started.answered()), self._names))
        return started
