"""Each command that makes something, privately: nothing of it is seen in the channel."""

from functools import partial
from typing import Any

import pytest

from bot.domain.requests import REQUESTS
from storage.job import Kind
from tests.end_to_end.test_operations import dance
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.models import LEGACY_MOTION, SCENE
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text, png

PROMPT = {"prompt": "a heron"}
# Files are drawn when they are asked for.
COMMANDS: dict[Kind, dict[str, Any]] = {
    Kind.VIDEO: PROMPT,
    Kind.IMAGE: PROMPT,
    Kind.LIPSYNC: {"video": clip, "audio": voice},
    Kind.STORYBOARD: {"shot_1": "a heron", "shot_2": "it flies"},
    Kind.EDIT: PROMPT | {"video": partial(dance, size=(720, 720))},
    Kind.MOTION: {"image": png, "video": dance, "model": LEGACY_MOTION},
    Kind.AVATAR: {"image": png, "audio": voice},
    Kind.EFFECT: {"effect": SCENE, "image": png},
    Kind.EXPAND: {"image": png},
    Kind.SOUND: PROMPT,
}

SAMPLE = (Kind.VIDEO, Kind.LIPSYNC, Kind.EXPAND, Kind.SOUND)
"""A video, faces, an image and a sound; the others go the same way."""


def test_every_command_is_tried() -> None:
    """A command that is new is tried as well; a character has no media, and a test of its own."""
    assert COMMANDS.keys() | {Kind.SOUNDTRACK, Kind.CHARACTER} == REQUESTS.keys()


@pytest.mark.parametrize("kind", sampled(COMMANDS, *SAMPLE))
async def test_nothing_of_it_is_in_the_channel(town: Town, kind: Kind) -> None:
    """The card is private, and turns into the result."""
    await town.warm()
    given = {k: v() if callable(v) else v for k, v in COMMANDS[kind].items()}
    asked = await town.ask(kind.value, private=True, **given)
    assert asked.ephemeral
    card = town.card_of(asked)
    assert "Only you see this" in card_text(card), card.content
    await town.discord.until(lambda: card.attachments)
    await town.settled()
    assert town.discord.messages(town.channel) == []
    assert town.posts(town.discord.dm(town.member)) == []
