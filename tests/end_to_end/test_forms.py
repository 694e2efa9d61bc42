"""Forms and the menu under a result: one more entry of the table, through the real discord.py."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.controls.presses import Presses
from bot.controls.table import CONTROLS
from bot.jobs.actions import Told
from bot.messages.form import Field, Form
from bot.messages.message import Option, custom_id
from sandbox.discord import Interaction, Message
from sandbox.discord.interactions import MODAL_SUBMIT
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.opening import open_town
from tests.harness.town import Town

SIZES = (Option("s", "Small"), Option("l", "Large"))


@dataclass
class Kept:
    """What the new control was given."""

    presses: list[Press] = field(default_factory=list)

    async def keep(self, _desk: Desk, press: Press) -> Reply:
        self.presses.append(press)
        return Told.CHOSEN

    async def form(self, _desk: Desk, press: Press) -> Form | Reply:
        words = Field("words", "Words", value="a fox", required=True, paragraph=True)
        size = Field("size", "Size", value="l", options=SIZES)
        form_id = custom_id(press.action, press.about, press.tag)
        return Form(form_id, "Change it", (words, size))

    def controls(self) -> tuple[Control, ...]:
        return (
            *CONTROLS,
            Control(name="ask", who=Who.REQUESTER, does=self.keep, form=self.form),
            Control(name="mark", who=Who.REQUESTER, does=self.keep),
        )


@dataclass
class Place:
    town: Town
    kept: Kept
    post: Message
    job_id: str

    async def sent(self, opened: Interaction, **values: object) -> Interaction:
        filled = {name: [value] if name == "size" else value for name, value in values.items()}
        return await (await self.town.discord.submit_modal(opened, filled)).answered()


def install(town: Town, kept: Kept) -> None:
    """Have the running bot use a table with two more entries."""
    assert town.app is not None
    services = town.app.client.services
    presses = Presses(services.presses.desk, kept.controls())
    town.app.client.services = replace(services, presses=presses)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_town(tmp_path) as town, town.bot():
        kept = Kept()
        install(town, kept)
        await town.ask("image", prompt="a fox")
        [post] = await town.posted()
        [job] = await town.settled()
        yield Place(town, kept, post, job.id)


async def test_a_form_comes_back_to_the_control_that_opened_it(place: Place) -> None:
    """A press opens the form; what was filled in reaches the same entry, with the same job."""
    opened = await place.town.forge_press(place.post, f"kling:ask:{place.job_id}:r-0")
    assert opened.modal is not None
    assert opened.modal["title"] == "Change it"
    assert place.kept.presses == []
    answer = await place.sent(opened, words="two foxes", size="s")
    assert answer.kind == MODAL_SUBMIT
    assert answer.ephemeral
    assert "Got it" in text_of(answer)
    [press] = place.kept.presses
    assert (press.fields, press.tag) == ({"words": "two foxes", "size": "s"}, "r-0")
    assert press.job.id == place.job_id
    again = await place.sent(opened, words="three", size="l")
    assert "Got it" in text_of(again), "a form may be sent more than once; the control decides"


async def test_a_form_outlives_a_restart(tmp_path: Path) -> None:
    """discord.py forgets its forms with the process; ours are known by their `custom_id`."""
    async with open_town(tmp_path) as town:
        kept = Kept()
        async with town.bot():
            install(town, kept)
            await town.ask("image", prompt="a fox")
            [post] = await town.posted()
            [job] = await town.settled()
            opened = await town.forge_press(post, f"kling:ask:{job.id}")
        async with town.bot():
            install(town, kept)
            values = {"words": "after", "size": ["l"]}
            answer = await (await town.discord.submit_modal(opened, values)).answered()
            assert "Got it" in text_of(answer)
            assert [press.fields for press in kept.presses] == [{"words": "after", "size": "l"}]


async def test_a_strangers_form_is_refused(place: Place) -> None:
    """Who may press is asked again when the form comes back, and when it is opened."""
    eve = place.town.discord.add_user("eve")
    told = await place.town.forge_press(place.post, f"kling:ask:{place.job_id}", by=eve)
    assert told.modal is None
    assert "Only the member who started" in text_of(told)
    opened = await place.town.forge_press(place.post, f"kling:ask:{place.job_id}")
    opened.user = eve
    answer = await place.sent(opened, words="mine", size="s")
    assert "Only the member who started" in text_of(answer)
    assert place.kept.presses == []


async def test_a_form_of_another_shape_does_no_harm(place: Place) -> None:
    """A form without fields, with unknown parts or about nothing is answered, never fatal."""
    shapes: list[object] = [
        None,
        [],
        "x",
        [{}],
        [{"type": 18, "component": None}],
        [[1]],
        [{"a": 1}],
    ]
    deep: list[object] = []
    for _ in range(50):
        deep = [{"type": 1, "components": deep}]
    for components in (*shapes, deep):
        data = {"custom_id": f"kling:ask:{place.job_id}", "components": components}
        sent = place.town.discord.interactions.start(
            MODAL_SUBMIT, place.town.member, place.town.channel, data, place.post
        )
        answer = await sent.answered()
        assert answer.ephemeral
    for custom in ("", "other", "kling:nothing:" + "a" * 16):
        sent = place.town.discord.interactions.start(
            MODAL_SUBMIT,
            place.town.member,
            place.town.channel,
            {"custom_id": custom, "components": []},
            place.post,
        )
        assert UNKNOWN in text_of(await sent.answered())


async def test_choosing_from_the_menu_is_pressing(place: Place) -> None:
    """`kling:more:JOB:TAG` with a value does what the button of that name does."""
    told = await place.town.forge_press(place.post, f"kling:more:{place.job_id}:r-0", "mark")
    assert "Got it" in text_of(told)
    [press] = place.kept.presses
    assert (press.action, press.tag, press.job.id) == ("mark", "r-0", place.job_id)
    opened = await place.town.forge_press(place.post, f"kling:more:{place.job_id}:r-0", "ask")
    assert opened.modal is not None
    assert opened.modal["custom_id"] == f"kling:ask:{place.job_id}:r-0"
    for value in ("", "more", "nothing", "MARK"):
        told = await place.town.forge_press(place.post, f"kling:more:{place.job_id}:r-0", value)
        assert UNKNOWN in text_of(told)
