"""A member's default `private` holds for whatever their controls make, as it does for commands."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from bot.controls.table import CONTROLS
from bot.domain.policy.privacy import is_private
from sandbox.discord import Interaction, Message, User
from sandbox.kling import Script
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.modals import send_form
from tests.harness.end_to_end.questions import start
from tests.harness.models import SCENE
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.town import Town, png

Use = Callable[[Town, Message, User], Awaitable[Interaction]]
MAKES_NO_JOB: Final = {
    "look", "send", "cancel", "bell", "deliver", "pick_up", "star", "hide", "delete", "jobs",
    "list", "older", "forget", "face",
}  # fmt: skip


def pressed(action: str) -> Use:
    async def use(town: Town, post: Message, by: User) -> Interaction:
        return await town.press(post, action, by=by)

    return use


def chosen(action: str) -> Use:
    async def use(town: Town, post: Message, by: User) -> Interaction:
        return await town.choose(post, action, by=by)

    return use


def filled_in(opens: Use, **typed: str) -> Use:
    async def use(town: Town, post: Message, by: User) -> Interaction:
        return await send_form(town, await opens(town, post, by), None, **typed)

    return use


async def asked_first(town: Town, post: Message, by: User) -> Interaction:
    """The price of an effect is not known, so that it is asked about."""
    question = await town.press(post, "again", by=by)
    return await start(town, town.card_of(question), by=by)


async def of_a_message(town: Town, post: Message, by: User) -> Interaction:
    opened = await town.discord.context_menu(by, post, "Animate")
    return await send_form(town, await opened.answered(), prompt="it runs")


IMAGE, VIDEO, EFFECT = "image", "video", "effect"
MAKES_A_JOB: Final[dict[str, tuple[str, Use]]] = {
    "again": (IMAGE, pressed("again")),
    "edit": (IMAGE, filled_in(pressed("edit"), prompt="an owl")),
    "animate": (IMAGE, filled_in(pressed("animate"), prompt="it runs")),
    "wider": (IMAGE, chosen("wider")),
    "continue": (VIDEO, filled_in(pressed("continue"), prompt="it sails on")),
    "lipsync": (VIDEO, filled_in(chosen("lipsync"), text="Good morning!")),
    "sound": (VIDEO, filled_in(chosen("sound"), prompt="waves")),
    "final": (VIDEO, chosen("final")),
    "start": (EFFECT, asked_first),
    "menu": (IMAGE, of_a_message),
}
"""Under which result each control is, and how it is used."""


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that asks about prices that are not known."""
    env = UNLIMITED | {"KLINGBOT_MONEY__CONFIRM_USD": "1000"}
    async with open_town(tmp_path, env=env) as made, made.bot():
        yield made


async def results(town: Town) -> dict[str, Message]:
    """Return the member's results by what made them; the image was wanted public."""
    await town.warm()
    await town.ask("settings own_media", by=town.discord.owner, on=False)
    await town.ask("image", prompt="a fox", private=False)
    await town.ask("video", prompt="a boat")
    question = await town.ask("effect", effect=SCENE, image=png())
    await start(town, town.card_of(question))
    posts = await town.posted(3)
    jobs = await town.settled()
    town.kling.script(Script(takes_s=math.inf, times=None))
    return {
        job.kind.value: post for job in jobs for post in posts if job.id in str(post.components)
    }


async def test_every_control_asks_the_default_of_who_pressed(town: Town) -> None:
    """Whatever a control makes of another member's result, its card and its job are private."""
    assert {control.name for control in CONTROLS} == MAKES_A_JOB.keys() | MAKES_NO_JOB
    posts = await results(town)
    eve = town.discord.add_user("eve")
    await town.ask("defaults set", by=eve, name="private", value="true")
    private: set[str] = set()
    said: set[str] = set()
    for name, (kind, use) in MAKES_A_JOB.items():
        known = {job.id for job in await town.store.list_jobs()}
        answer = await town.recorded(await use(town, posts[kind], eve))
        [new] = [job for job in await town.store.list_jobs() if job.id not in known]
        assert new.origin.user_id == eve.id, name
        private |= {name} if answer.ephemeral and is_private(new) else set()
        said |= {name} if "From your defaults: Private" in text_of(answer) else set()
    assert private == said == MAKES_A_JOB.keys()


async def test_ones_own_word_is_repeated(town: Town) -> None:
    """A job that its member asked to be public is public when they run it again, and only then."""
    posts = await results(town)
    await town.ask("defaults set", name="private", value="true")
    again = await town.press(posts[IMAGE], "again")
    edited = await send_form(town, await town.press(posts[IMAGE], "edit"), prompt="an owl")
    assert not again.ephemeral
    assert not edited.ephemeral
    other = await town.choose(posts[IMAGE], "wider")
    unsaid = await town.press(posts[VIDEO], "again")
    assert other.ephemeral
    assert unsaid.ephemeral


async def test_anothers_word_is_not_ones_own(town: Town) -> None:
    """What another typed as public says nothing of what one makes of it: it is not kept there."""
    posts = await results(town)
    eve = town.discord.add_user("eve")
    first = await town.press(posts[IMAGE], "again", by=eve)
    assert not first.ephemeral
    [job] = [job for job in await town.store.list_jobs() if job.origin.user_id == eve.id]
    assert job.request.get("private") is None
