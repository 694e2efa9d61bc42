"""Going on from a result: changed, animated, in a better mode; each a new job of who pressed."""

import asyncio
from pathlib import Path

import pytest

from sandbox.discord import Interaction, Message, Upload
from sandbox.discord.interactions import MODAL_SUBMIT
from storage.job import Job
from tests.end_to_end.test_jobs import UNKNOWN, one_job, text_of
from tests.harness.end_to_end.modals import prefilled, send_form
from tests.harness.end_to_end.questions import draft_of, start
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.sampling import sampled
from tests.harness.town import Town, custom_ids, named, png


async def made(town: Town, command: str = "image", **options: object) -> tuple[Message, Job]:
    """Return the post of a job that has ended, and the job."""
    await town.ask(command, **(options or {"prompt": "a fox"}))  # type: ignore[arg-type] # any option
    [post] = await town.posted()
    [job] = await town.settled()
    return post, job


async def the_new_job(town: Town, old: Job) -> Job:
    [new] = [job for job in await town.settled() if job.id != old.id]
    return new


async def more(town: Town, post: Message, action: str, by: object = None) -> Interaction:
    """Choose from the menu under a result, which the member's client must show."""
    pressed = await town.choose(post, action, by=by)  # type: ignore[arg-type] # a member
    return await town.recorded(pressed)


async def test_a_result_shows_what_can_be_done(town: Town) -> None:
    """Buttons first, in the order of the contract, then the menu; one button bears the tag."""
    post, job = await made(town, "video", prompt="a boat")
    buttons, [menu] = [row["components"] for row in post.components]
    assert [one["custom_id"] for one in buttons] == [
        f"kling:again:{job.id}:r-0",
        f"kling:edit:{job.id}",
        f"kling:continue:{job.id}",
    ]
    assert menu["custom_id"] == f"kling:more:{job.id}:r-0"
    assert "final" in [option["value"] for option in menu["options"]]
    await town.ask("image", prompt="an owl")
    [_, image] = await town.posted(2)
    actions = [custom_id.split(":")[1] for custom_id in custom_ids(image)]
    assert actions[:3] == ["again", "edit", "animate"]


async def test_an_edit_is_a_new_job_with_what_was_changed(town: Town) -> None:
    """Files and other options come along, named in the title; the job is linked to the old one."""
    uploads = {"first": png("a.png", colour="navy")}
    post, old = await made(
        town, "video", prompt="a boat", model="kling-v1", cfg_scale=0.25, image=uploads["first"]
    )
    eve = town.discord.add_user("eve")
    opened = await town.press(post, "edit", by=eve)
    assert opened.modal is not None
    assert opened.modal["title"].startswith("Edit · image · Prompt strength: 0.25")
    assert prefilled(opened)["prompt"] == "a boat"
    assert prefilled(opened)["model"] == ["kling-v1"]
    answer = await send_form(town, opened, prompt="a ship", duration="10")
    assert not answer.ephemeral
    await town.posted(2)
    new = await the_new_job(town, old)
    assert (new.parent_id, new.origin.user_id) == (old.id, eve.id)
    (_, before), (_, after) = town.orders()
    for body in (before, after):
        del body["external_task_id"]
    assert named(after, uploads) == named(before, uploads) | {"prompt": "a ship", "duration": "10"}


async def test_an_edit_decides_the_route_anew(town: Town) -> None:
    """Another model may be made elsewhere; a ratio and a mode can be taken out again."""
    post, old = await made(town, "image", prompt="a fox", aspect_ratio="16:9", model="kling-v2")
    opened = await town.press(post, "edit")
    await send_form(town, opened, model="kling-image-o1", aspect_ratio="", negative_prompt="")
    await town.posted(2)
    new = await the_new_job(town, old)
    assert new.route == "images/omni-image"
    assert "aspect_ratio" not in town.orders()[1][1]


async def test_a_storyboard_is_edited_a_line_a_shot(town: Town) -> None:
    """Lines become shots, lengths before the words; a line without one has two seconds."""
    post, old = await made(town, "storyboard", shot_1="a fox wakes", shot_2="it runs", seconds_2=3)
    opened = await town.press(post, "edit")
    assert prefilled(opened)["prompt"] == "2s: a fox wakes\n3s: it runs"
    await send_form(town, opened, prompt="4s: a wolf wakes\n\nit howls")
    await town.posted(2)
    new = await the_new_job(town, old)
    assert (new.request["shot_1"], new.request["seconds_1"]) == ("a wolf wakes", 4)
    assert (new.request["shot_2"], new.request["seconds_2"]) == ("it howls", 2)
    many = "\n".join(f"2s: scene {number}" for number in range(7))
    told = await send_form(town, opened, prompt=many)
    assert told.ephemeral
    assert "at most 6 shots; you gave 7" in text_of(told)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": "  "}, "This is empty"),
        ({"duration": "ten"}, "isn't a valid number"),
        ({"duration": "7"}, "can't make a 7 s video"),
        ({"mode": "4k"}, "has no mode `4k`"),
    ],
)
async def test_a_wrong_edit_is_refused_like_a_command(
    town: Town, fields: dict[str, str], words: str
) -> None:
    """Privately, with what to change; nothing is accepted."""
    post, old = await made(town, "video", prompt="a boat", model="kling-v1-6")
    told = await send_form(town, await town.press(post, "edit"), None, **fields)
    assert told.ephemeral
    assert words in text_of(told)
    assert await town.store.list_jobs() == [old]


async def test_an_image_is_animated(town: Town) -> None:
    """The chosen image becomes the first frame; the words can be changed before."""
    post, old = await made(town, prompt="a fox", n=2)
    eve = town.discord.add_user("eve")
    opened = await town.press(post, "animate", by=eve)
    shown = prefilled(opened)
    assert (shown["prompt"], shown["picture"]) == ("a fox", ["0"])
    answer = await send_form(town, opened, prompt="it runs", picture="1", mode="pro")
    assert not answer.ephemeral
    await town.posted(2)
    new = await the_new_job(town, old)
    assert (new.parent_id, new.origin.user_id) == (old.id, eve.id)
    path, body = town.orders()[1]
    assert path == "videos/image2video"
    assert (body["prompt"], body["mode"]) == ("it runs", "pro")
    second = post.attachments[1].data
    assert second is not None
    assert named(body, {"second": Upload(second, "second.png")})["image"] == "second"


async def test_an_image_that_is_gone_is_not_animated(town: Town) -> None:
    """The answer says what to do instead; an image that was not there is not known."""
    post, old = await made(town)
    [button] = [custom_id for custom_id in custom_ids(post) if ":animate:" in custom_id]
    opened = await town.press(post, "animate")
    elsewhere = town.card_of(await town.ask("help"))
    found = await town.forge_press(elsewhere, button)
    assert found.modal is not None, "its message is looked up where the press does not show it"
    town.discord.posts.delete(post)
    told = await town.forge_press(elsewhere, button)
    assert "can't get this image any more" in text_of(told)
    opened.source = elsewhere
    assert "can't get this image any more" in text_of(await send_form(town, opened))
    assert await town.store.list_jobs() == [old]


async def test_an_image_that_was_not_there_is_not_known(town: Town) -> None:
    """The number of an image is outside input, too."""
    post, old = await made(town)
    form = {"custom_id": f"kling:animate:{old.id}"}
    for number in ("1", "-1", "x", "\u00b2"):
        parts = [{"type": 18, "component": {"type": 3, "custom_id": "picture", "values": [number]}}]
        data = form | {"components": parts}
        sent = town.discord.interactions.start(MODAL_SUBMIT, town.member, town.channel, data, post)
        assert UNKNOWN in text_of(await sent.answered())
    assert await town.store.list_jobs() == [old]


async def test_final_is_the_same_in_the_higher_mode(town: Town) -> None:
    """Same words and files; a video that is in it already does not offer it."""
    post, old = await made(town, "video", prompt="a boat", model="kling-v1-6", duration=10)
    await more(town, post, "final")
    _, second = await town.posted(2)
    new = await the_new_job(town, old)
    (_, before), (_, after) = town.orders()
    assert before | {"mode": "pro", "external_task_id": new.id} == after
    menus = [c for row in second.components for c in row["components"] if "options" in c]
    assert "final" not in [option["value"] for menu in menus for option in menu["options"]]


async def test_a_changed_request_is_asked_about_and_kept(asking: Town) -> None:
    """The question's start makes what was filled in, with the files of the earlier job."""
    await asking.warm()
    uploads = {"first": png("a.png", colour="navy")}
    asked = await asking.ask("video", prompt="a boat", model="kling-v1", image=uploads["first"])
    await start(asking, asking.card_of(asked))
    [post] = await asking.posted()
    [old] = await asking.settled()
    question = await send_form(asking, await asking.press(post, "edit"), prompt="a ship")
    assert question.ephemeral
    assert "a ship" in text_of(question)
    await start(asking, asking.card_of(question))
    await asking.posted(2)
    new = await the_new_job(asking, old)
    assert new.id == draft_of(asking.card_of(question))
    (_, before), (_, after) = asking.orders()
    changed = {"prompt": "a ship", "external_task_id": new.id}
    assert named(after, uploads) == named(before, uploads) | changed


async def test_a_form_works_after_a_restart_and_an_hour(tmp_path: Path) -> None:
    """It is about the job, so nothing has to be remembered but that."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            await town.warm()
            post, old = await made(town)
            opened = [await town.press(post, action) for action in ("edit", "animate")]
        town.clock.jump(3_600)
        async with town.bot():
            await town.warm()
            for form in opened:
                answer = await send_form(town, form, prompt="later")
                assert not answer.ephemeral, text_of(answer)
            await town.posted(3)
            parents = {job.parent_id for job in await town.settled()}
            assert parents == {None, old.id}


async def test_twice_at_once_are_two_jobs(town: Town) -> None:
    """Each press is an order of its own, as each command is: two cards, two ids, two orders."""
    post, old = await made(town)
    opened = [await town.press(post, "edit"), await town.press(post, "edit")]
    answers = await asyncio.gather(*(send_form(town, one, prompt="x") for one in opened))
    assert [answer.ephemeral for answer in answers] == [False, False]
    await town.posted(3)
    jobs = await town.settled()
    assert len({job.id for job in jobs}) == 3
    assert {job.parent_id for job in jobs} == {None, old.id}


@pytest.mark.parametrize(
    "action", sampled(["edit", "animate", "wider", "lipsync", "final"], "edit", "lipsync")
)
async def test_from_elsewhere_a_result_opens_nothing(town: Town, action: str) -> None:
    """Who was not there gets no form, and a form that comes from elsewhere makes nothing."""
    command = "video" if action in {"final", "lipsync"} else "image"
    post, old = await made(town, command, prompt="a secret owl")
    eve = town.discord.add_user("eve")
    away = town.discord.add_channel(town.guild, "another")
    page = town.card_of(await town.ask("help", by=eve, at=away))
    told = await town.forge_press(page, f"kling:{action}:{old.id}", by=eve)
    assert told.modal is None
    assert UNKNOWN in text_of(told)
    if action in {"edit", "animate"}:
        opened = await town.press(post, action, by=eve)
        opened.channel = away
        assert UNKNOWN in text_of(await send_form(town, opened))
    assert await town.store.list_jobs() == [old]


async def test_the_page_of_a_job_edits_it_too(town: Town) -> None:
    """In `/jobs`, for an ended job."""
    _, old = await made(town)
    opened = await town.press(await one_job(town, old.id), "edit")
    await send_form(town, opened, prompt="an owl")
    await town.posted(2)
    assert (await the_new_job(town, old)).request["prompt"] == "an owl"


async def test_a_form_about_a_lip_sync_is_not_known(town: Town) -> None:
    """It has no words to change: no button, and a forged one opens nothing."""
    await town.warm()
    post, old = await made(town, "lipsync", video=clip(), audio=voice())
    assert not [custom_id for custom_id in custom_ids(post) if ":edit:" in custom_id]
    told = await town.forge_press(post, f"kling:edit:{old.id}")
    assert told.modal is None
    assert UNKNOWN in text_of(told)
