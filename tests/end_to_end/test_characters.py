"""`/character`: made once, cited as `@name` by those who may, and deleted here and at Kling."""

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.domain.characters import OWN_MAX
from bot.jobs.removals import LOOK_EVERY_S
from sandbox.discord import Interaction, LocalRefusal, Message, Upload
from sandbox.kling import Fault, How, Script
from sandbox.kling.orders import ElementMade, PictureDrawing
from storage.characters import WAIT_MAX_S, enter_character
from storage.job import Job, State
from storage.standing import Set
from tests.harness.end_to_end.samples import clip_with_faces
from tests.harness.media.seams import Made, video
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import Town, card_text, custom_ids, png

DELETE = "/v1/general/delete-advanced-elements"
CREATE = "general/advanced-custom-elements"
IMAGE_MODEL = "kling-v3"
DAY_S = 86_400.0


async def made(town: Town, name: str = "Ana", **options: Any) -> Job:
    """Make a character and return its job, once it has ended."""
    shown = {"image", "video"} & options.keys()
    looks: dict[str, Any] = options if shown else {"image": png(), **options}
    await town.ask("character create", name=name, **looks)
    jobs = await town.settled()
    assert jobs[0].state is State.DONE
    return jobs[0]


def element_of(town: Town) -> str:
    """Kling's id of the newest element."""
    tasks = [t for t in town.kling.creates if isinstance(t.order.drawing, ElementMade)]
    return tasks[-1].media_id(0)


async def gone_at_kling(town: Town, *elements: str) -> None:
    await town.kling.until(lambda: set(elements) <= set(town.kling.deleted_elements))


def words_of(asked: Interaction) -> str:
    assert asked.message is not None
    assert asked.ephemeral
    return card_text(asked.message)


async def test_a_character_is_made_cited_and_deleted(both: Town) -> None:
    """One message, free, no file; the prompt is Kling's, and deleting reaches Kling."""
    looks = {"image": png(colour="red"), "image_2": png(colour="blue")}
    job = await made(both, "@Ana", description="a girl in red", **looks)
    [post] = both.posts()
    assert post.attachments == []
    assert "`@Ana`" in post.content
    assert any(one.startswith(f"kling:again:{job.id}:r-0") for one in custom_ids(post))
    [ana] = await both.store.characters(both.member.id)
    assert ana.made_at == job.created_at, "a request to forget in between would miss it"
    assert (job.units_price, job.units_spent, job.units_held) == (0, 0, 0)
    [(path, body)] = both.orders()
    assert path.endswith(CREATE)
    assert (body["element_name"], body["element_description"]) == ("Ana", "a girl in red")
    element = element_of(both)
    await both.ask("image", prompt="@ana at the sea", model=IMAGE_MODEL)
    await both.posted(2)
    (_, body) = both.orders()[-1]
    assert body["prompt"] == "<<<element_1>>> at the sea"
    assert body["element_list"] == [{"element_id": int(element)}]
    drawing = both.kling.creates[-1].order.drawing
    assert isinstance(drawing, PictureDrawing)
    assert (len(drawing.sources), drawing.lettered) == (1, "@Ana at the sea")
    assert "`@Ana` · from images · yours" in words_of(await both.ask("character list"))
    assert "`@ana` is deleted" in words_of(await both.ask("character delete", name="@ana"))
    await gone_at_kling(both, element)
    assert "no character `@Ana`" in words_of(await both.ask("character delete", name="Ana"))
    assert "no characters yet" in words_of(await both.ask("character list"))
    assert_posted_once(both.posts(), 2)


def buttons(message: Message) -> dict[str, str]:
    """Return what can be pressed: the label by its `custom_id`."""
    return {c["custom_id"]: c["label"] for row in message.components for c in row["components"]}


async def refused_words(town: Town, command: str, **options: Any) -> str:
    """What a refusal says, with proposals or without; nothing is left and Kling hears nothing."""
    jobs, asked = await town.store.list_jobs(), len(town.kling.requests)
    answer = await town.ask(command, **options)
    assert await town.store.list_jobs() == jobs
    assert len(town.kling.requests) == asked
    return words_of(answer)


async def test_what_can_be_no_character(town: Town, tmp_path: Path) -> None:
    """Every problem at once, before anything is stored: name, looks, length, whom to share with."""
    small_clip = Upload(clip_with_faces(1, 2.0, (320, 180)), "short.mp4")
    said = await refused_words(town, "character create", name="two words", video=small_clip)
    assert "no spaces" in said
    assert "180 pixels" in said
    quick = Made(rate=Fraction(4), size=(1_920, 1_080), options=(("preset", "ultrafast"),))
    brief = video(tmp_path / "brief.mp4", quick, range(8)).read_bytes()
    brief_clip = Upload(brief, "brief.mp4")
    said = await refused_words(town, "character create", name="A", video=brief_clip)
    assert "is 2 s long" in said
    assert "3-8 s" in said
    both = {"image": png(), "video": small_clip}
    assert "not both" in await refused_words(town, "character create", name="A", **both)
    assert "Show what" in await refused_words(town, "character create", name="A")
    gap = {"image": png(), "image_3": png()}
    assert "image_2" in await refused_words(town, "character create", name="A", **gap)
    small = png(width=100, height=100)
    assert "300" in await refused_words(town, "character create", name="A", image=small)
    dm = town.discord.dm(town.member)
    shared = {"image": png(), "share": True, "at": dm}
    assert "leave out `share`" in (
        await refused_words(town, "character create", name="A", **shared)
    ).replace("Leave", "leave")
    with pytest.raises(LocalRefusal):  # Discord's own limit
        await town.ask("character create", name="A" * 21, image=png())


async def test_names_and_how_many(town: Town) -> None:
    """A name is taken once for each member, and the 21st character is refused."""
    await made(town, "Ana")
    said = await refused_words(town, "character create", name="ANA", image=png())
    assert "already have a character `@ANA`" in said
    held = await town.store.characters(town.member.id)
    for number in range(OWN_MAX - 1):
        more = replace(held[0], id=f"more{number:012}", name=f"More{number}", element_id="1")
        job = replace(await town.only_job(), id=more.id)
        await town.store._connections.write(partial(enter_character, job=job, character=more))
    said = await refused_words(town, "character create", name="Eve", image=png())
    assert f"You can have {OWN_MAX} characters" in said


@pytest.mark.sweep
async def test_who_may_cite_whom(town: Town) -> None:
    """One's own anywhere; a shared one in its server; nobody else's, nor by running it again."""
    await made(town, "Ana", share=True)
    await made(town, "Bob")
    eve = town.discord.add_user("eve")
    listed = words_of(await town.ask("character list", by=eve))
    assert f"`@Ana` · from images · from <@{town.member.id}>" in listed
    assert "Bob" not in listed
    await town.ask("image", prompt="@Ana and @Bob", model=IMAGE_MODEL)
    await town.posted(3)
    assert town.orders()[-1][1]["prompt"] == "<<<element_1>>> and <<<element_2>>>"
    again = await town.press(town.posts()[-1], "again", by=eve)
    assert "no character `@Bob` here" in words_of(again)
    await town.ask("image", prompt="@Ana and @Bob", model=IMAGE_MODEL, by=eve)
    await town.posted(4)
    assert town.orders()[-1][1]["prompt"] == "<<<element_1>>> and @Bob"
    elsewhere = town.discord.add_channel(town.discord.add_guild("Elsewhere"), "lobby")
    listed = words_of(await town.ask("character list", by=eve, at=elsewhere))
    assert "no characters yet" in listed
    assert "no character `@Ana`" in words_of(await town.ask("character delete", name="Ana", by=eve))
    assert town.kling.deleted_elements == []


async def test_only_its_member_makes_a_character_again(town: Town) -> None:
    """Its message is public, its look is not: others are refused in private, whatever is set."""
    await made(town, "Ana")
    eve, guild, [post] = town.discord.add_user("eve"), town.guild.id, town.posts()
    allowed = Set("server", guild, "own_media", "false")
    await town.store.put_settings(guild, [allowed], by=1, now=town.clock.now())
    jobs, asked = await town.store.list_jobs(), len(town.kling.requests)
    said = await town.refusal(await town.press(post, "again", by=eve), jobs, asked)
    assert "Only the member who made this character" in said
    assert await town.store.characters(eve.id) == []


async def test_what_is_nearly_a_name_and_a_model_that_takes_none(town: Town) -> None:
    """A slip is told before it is paid; a model that takes characters is offered as a button."""
    await made(town, "Ana")
    said = await refused_words(town, "image", prompt="@Anna smiles", model=IMAGE_MODEL)
    assert "Did you mean `@Ana`?" in said
    asked = await town.ask("video", prompt="@Ana smiles @everyone", model="kling-v2-5-turbo")
    refusal = town.card_of(asked)
    assert "doesn't support characters" in refusal.content
    offered = next(one for one, label in buttons(refusal).items() if "kling-" in label)
    await town.recorded(await town.forge_press(refusal, offered))
    await town.posted(2)
    assert "<<<element_1>>> smiles @everyone" in str(town.orders()[-1][1])
    await town.settled()


async def test_a_private_one_is_told_in_private(town: Town) -> None:
    """The card and the message are seen by the member only."""
    asked = await town.ask("character create", name="Ana", image=png(), private=True)
    assert asked.ephemeral
    await town.settled()
    assert town.posts() == []
    assert "`@Ana`" in card_text(town.card_of(asked))


@pytest.mark.sweep
async def test_a_character_of_a_video(town: Town) -> None:
    """Kling fetches the video itself; its sides and its length were looked at before."""
    clip = Upload(clip_with_faces(1, 3.0, (1_920, 1_080)), "ana.mp4")
    await made(town, "Ana", video=clip)
    [(_, body)] = town.orders()
    assert body["reference_type"] == "video_refer"
    [video] = body["element_video_list"]["refer_videos"]
    assert video["video_url"].startswith(town.discord.cdn_url)
    assert "element_image_list" not in body
    assert "`@Ana` · from a video · yours" in words_of(await town.ask("character list"))


async def test_a_deletion_is_repeated_until_kling_says_gone(town: Town) -> None:
    """After a day of failures the operator hears of it, once; then it is still repeated."""
    await made(town, "Ana")
    element = element_of(town)
    fault = town.kling.fault(Fault(How.REFUSE, path=DELETE, times=None))
    await town.ask("character delete", name="Ana")
    operator = town.discord.dm(town.discord.owner)

    async def tried(times: int) -> bool | None:
        owed = await town.store.removals(now=math.inf)
        return any(one.tries == times for one in owed) or None

    await town.commits.until(partial(tried, 1))
    assert town.posts(operator) == []
    town.clock.jump(DAY_S)
    [notice] = await town.posted(channel=operator)
    assert element in notice.content
    await town.commits.until(partial(tried, 2))
    town.kling.withdraw(fault)
    town.clock.jump(WAIT_MAX_S)
    await gone_at_kling(town, element)
    await town.commits.until(partial(_nothing_owed, town))
    assert len(town.posts(operator)) == 1
    asked = [one.body for one in town.kling.requests if one.path == DELETE]
    assert asked == [{"element_id": element}] * 3


async def test_what_is_owed_without_a_word_is_found(town: Town) -> None:
    """A purge owes deletions and tells nobody: it is looked for all the same."""
    await made(town, "Ana")
    assert await town.store.delete_character(town.member.id, "Ana", now=town.clock.now())
    town.clock.jump(LOOK_EVERY_S)
    await gone_at_kling(town, element_of(town))


async def _nothing_owed(town: Town) -> bool | None:
    """Whether nothing is left to be deleted; None: not yet."""
    return (await town.store.next_removal_at() is None) or None


async def test_what_is_made_while_its_member_deletes_everything_is_deleted(town: Town) -> None:
    """The row of the job is gone; the element is asked of its task, and deleted."""
    await made(town, "Ana")
    first = element_of(town)
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("character create", name="Bob", image=png())
    await town.job_is(State.RUNNING)
    [*_, task] = town.kling.creates
    question = town.card_of(await town.ask("mydata delete"))
    await town.press(question, "forget")
    await gone_at_kling(town, first)
    town.kling.finish(task)
    town.clock.jump(WAIT_MAX_S)
    await gone_at_kling(town, task.media_id(0))
    assert await town.store.list_jobs() == []
    assert await town.store.characters(town.member.id) == []
    await town.commits.until(partial(_nothing_owed, town))
    assert sorted(town.kling.deleted_elements) == sorted([first, task.media_id(0)])


async def test_suggestions_and_the_archive(town: Town) -> None:
    """One's own names while typing; the archive has them with all that is known of them."""
    await made(town, "Ana", description="a girl in red")
    found = await town.discord.autocomplete(
        town.member, town.channel, "character delete", {"name": "a"}, "name"
    )
    assert [one["value"] for one in found] == ["Ana"]
    data = await town.store.personal_data(town.member.id)
    [row] = data["characters"]
    assert (row["name"], row["description"]) == ("Ana", "a girl in red")
    assert row["element_id"] == element_of(town)
