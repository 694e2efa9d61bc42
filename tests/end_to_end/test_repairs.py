"""A refusal offers what would work: pressed, it starts without typing or uploading again."""

import math
from pathlib import Path

from sandbox.discord import Interaction, Message, Upload, User
from sandbox.kling import Script
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.questions import ALWAYS
from tests.harness.models import IMAGE, SHORT_END, video_that
from tests.harness.opening import open_town
from tests.harness.town import Town, custom_ids, named, picture, png

SILENT = video_that(lambda m: not m.sound_modes and not m.newer and m.text and m.image)
"""It needs no API key, which the town has not."""
CARD_LIFE_S = 15 * 60 + 1.0


def buttons(message: Message) -> dict[str, str]:
    """Return what is proposed: the label by its `custom_id`."""
    return {c["custom_id"]: c["label"] for row in message.components for c in row["components"]}


async def refused(town: Town, command: str = "video", **options: object) -> Message:
    asked = await town.ask(command, **options)  # type: ignore[arg-type] # any option
    assert asked.ephemeral
    assert await town.store.list_jobs() == []
    return town.card_of(asked)


async def takes(town: Town, refusal: Message, label: str, by: User | None = None) -> Interaction:
    """Press the first proposal whose label begins like this."""
    custom_id = next(one for one, said in buttons(refusal).items() if said.startswith(label))
    return await town.recorded(await town.forge_press(refusal, custom_id, by=by))


async def test_without_the_option_in_the_way(town: Town) -> None:
    """The same words, the same model, no sound; the price was on the button."""
    refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
    assert "only makes silent videos" in refusal.content
    assert "units ($" in " ".join(buttons(refusal).values())
    pressed = await takes(town, refusal, "Without sound")
    assert not pressed.ephemeral
    await town.posted()
    [(_, body)] = town.orders()
    assert (body["prompt"], body["model_name"]) == ("a fox", SILENT)
    assert "sound" not in body
    await town.settled()


async def test_with_another_model(town: Town) -> None:
    """The option stays, and a model is sent that can do it."""
    town.kling.script(Script(takes_s=math.inf))
    refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
    assert not (await takes(town, refusal, "model ")).ephemeral
    await town.kling.until(lambda: bool(town.orders()))
    [(_, body)] = town.orders()
    assert body["model_name"] != SILENT
    assert body["sound"] == "on"


async def test_the_files_come_along_and_only_those_that_are_wanted(town: Town) -> None:
    """Fetched from where they were uploaded; the one that is left out is not sent."""
    await town.warm()
    uploads = {"first": png("a.png", colour="navy"), "last": png("b.png", colour="gold")}
    refusal = await refused(
        town,
        prompt="it moves",
        model=SHORT_END,
        image=uploads["first"],
        end_image=uploads["last"],
        duration=10,
    )
    await takes(town, refusal, "Without end_image")
    await town.posted()
    [(_, body)] = town.orders()
    assert named(body, uploads)["image"] == "first"
    assert "image_tail" not in body
    [job] = await town.settled()
    assert (await town.store.inputs(job.id)).keys() == {"image"}


async def test_a_refusal_outlives_a_restart(tmp_path: Path) -> None:
    """The proposals are stored before they are shown."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
        async with town.bot():
            assert not (await takes(town, refusal, "Without sound")).ephemeral
            await town.posted()


async def test_one_press_starts_one_job(town: Town) -> None:
    """Another proposal of the same refusal is then told that it was started; so is a stranger."""
    refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
    told = await takes(town, refusal, "Without sound", by=town.discord.add_user("eve"))
    assert "Only the member who was asked" in text_of(told)
    await takes(town, refusal, "Without sound")
    for custom_id in buttons(refusal):
        assert "Already started" in text_of(await town.forge_press(refusal, custom_id))
    assert len(await town.store.list_jobs()) == 1


async def test_what_was_refused_is_refused_again(town: Town) -> None:
    """A forged press without a proposal starts nothing, and neither does a proposal made up."""
    refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
    draft_id = custom_ids(refusal)[0].split(":")[2]
    assert "silent" in text_of(await town.forge_press(refusal, f"kling:start:{draft_id}"))
    told = await town.forge_press(refusal, f"kling:start:{draft_id}:fix9")
    assert "can't find" in text_of(told)
    assert await town.store.list_jobs() == []


async def test_after_its_time_nothing_is_started(town: Town) -> None:
    """The addresses of the files are not kept for longer."""
    refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
    town.clock.jump(CARD_LIFE_S)
    assert "no longer open" in text_of(await takes(town, refusal, "Without sound"))


async def test_a_private_command_stays_private(town: Town) -> None:
    """What is started instead is seen by its member only."""
    refusal = await refused(town, prompt="a fox", model=SILENT, sound=True, private=True)
    assert (await takes(town, refusal, "Without sound")).ephemeral
    await town.settled()
    assert town.posts() == []


async def test_the_price_is_not_asked_about_twice(tmp_path: Path) -> None:
    """It stands on the button; whoever presses has read it."""
    async with open_town(tmp_path, env=ALWAYS) as town, town.bot():
        refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
        assert not (await takes(town, refusal, "Without sound")).ephemeral
        await town.posted()


async def test_a_file_that_is_wrong_can_only_be_left_out(town: Town) -> None:
    """As far as Discord told its size; if its bytes are wrong, it has to be another one."""
    await town.warm()
    refusal = await refused(
        town, "image", prompt="this", model=IMAGE, image=Upload(b"no picture", "a.png")
    )
    assert buttons(refusal) == {}
    tiny = Upload(picture(10, 10), "tiny.png")
    refusal = await refused(town, prompt="this", model=SILENT, image=tiny, sound=True)
    [label] = buttons(refusal).values()
    assert label.startswith("Without sound, image")


async def test_refusals_leave_room_for_questions(tmp_path: Path) -> None:
    """However often somebody is refused, they can still be asked about a price."""
    async with open_town(tmp_path, env=ALWAYS) as town, town.bot():
        for number in range(12):
            refusal = await refused(town, prompt="a fox", model=SILENT, sound=True)
            assert bool(buttons(refusal)) is (number < 10)
        asked = await town.ask("image", prompt="an owl")
        assert custom_ids(town.card_of(asked))[0].startswith("kling:start:")
