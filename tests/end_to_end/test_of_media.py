"""Controls about a result's own file: a wider image, a lip-sync of the video, sound for it."""

import io
from pathlib import Path
from typing import Any

import av
from sqlalchemy import update

from sandbox.discord import Interaction, Message, User
from sandbox.discord.components import walk
from sandbox.discord.interactions import MODAL_SUBMIT
from storage.job import Job
from storage.schema import jobs
from tests.end_to_end.test_going_on import made, the_new_job
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.end_to_end.modals import send_form
from tests.harness.end_to_end.questions import start
from tests.harness.end_to_end.samples import voice
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text, png

DAY_S = 86_400.0
FRAMES = 5 * 24 + 1
"""Of a video of the usual length."""
WORDS = "Good morning, dear neighbours!"
FACES = "videos/identify-face"


async def a_clip(town: Town) -> tuple[Message, Job]:
    await town.warm()
    return await made(town, "video", prompt="somebody looks up")


def bodies(town: Town, path: str) -> list[dict[str, Any]]:
    return [body for sent, body in town.orders() if sent == path]


async def say(town: Town, post: Message, by: User | None = None, **typed: object) -> Interaction:
    """Choose "Lip-sync" from the menu under a result, and send the form."""
    opened = await town.choose(post, "lipsync", by=by)
    return await send_form(town, opened, **typed)  # type: ignore[arg-type] # files, too


def video_id_of(job: Job) -> str:
    assert job.outcome is not None
    return str(job.outcome["media"][0]["id"])


async def test_an_image_becomes_wider(either: Town) -> None:
    """A single one without a question: half of it more on each side, paid by who pressed."""
    post, old = await made(either)
    eve = either.discord.add_user("eve")
    answer = await either.recorded(await either.choose(post, "wider", by=eve))
    assert not answer.ephemeral
    [_, wide] = await either.posted(2)
    new = await the_new_job(either, old)
    assert (new.kind, new.parent_id, new.origin.user_id) == ("expand", old.id, eve.id)
    [body] = bodies(either, either.orders()[1][0])
    sides = {side: body[f"{side}_expansion_ratio"] for side in ("up", "down", "left", "right")}
    assert sides == {"up": 0.0, "down": 0.0, "left": 0.5, "right": 0.5}
    assert f"/{post.id})" in wide.content, "it names what it was made from"


async def test_of_several_images_one_is_made_wider(town: Town) -> None:
    """It is chosen in a form; one that was not there is not known."""
    post, old = await made(town, prompt="a fox", n=2)
    opened = await town.choose(post, "wider")
    assert opened.modal is not None
    [menu] = [part for _, part in walk(opened.modal["components"]) if "options" in part]
    menu["options"].append({"value": "7", "label": "forged"})
    assert UNKNOWN in text_of(await send_form(town, opened, picture="7"))
    assert len(town.kling.creates) == 1
    await send_form(town, opened, picture="1")
    await town.posted(2)
    [second] = [task.order.drawing for task in town.kling.creates[1:]]
    assert post.attachments[1].data in getattr(second, "given", ())
    assert (await the_new_job(town, old)).kind == "expand"
    gone = await town.choose(post, "wider")
    town.discord.posts.delete(post)
    gone.source = None
    assert "can't get this image any more" in text_of(await send_form(town, gone))


async def test_the_face_in_a_video_speaks_words_or_a_sound(either: Town) -> None:
    """Kling has the video by its id; the result runs again as it was."""
    post, old = await a_clip(either)
    await say(either, post, text=WORDS, voice="oversea_male1")
    await either.posted(2)
    new = await the_new_job(either, old)
    assert (new.kind, new.parent_id, new.units_price) == ("lipsync", old.id, 50), "of 5 s"
    [*_, spoken] = either.posts()
    await say(either, spoken, audio=[voice()])
    await either.posted(3)
    [first, second] = either.posts()[1:]
    await either.press(second, "again")
    await either.posted(4)
    asked = [r.body for r in either.kling.requests if r.path.endswith("/identify-face")]
    ids = [video_id_of(old), video_id_of(new), video_id_of(new)]
    assert asked == [{"video_id": video_id} for video_id in ids]
    assert first.attachments
    assert len(either.kling.creates) == 4


async def test_a_face_is_its_owners(town: Town) -> None:
    """Somebody else's video speaks only where the server allows it; who pressed pays."""
    post, old = await a_clip(town)
    eve = town.discord.add_user("eve")
    told = await town.choose(post, "lipsync", by=eve)
    assert told.modal is None
    assert "only your own" in text_of(told)
    opened = await town.choose(post, "lipsync")
    opened.user = eve
    assert "only your own" in text_of(await send_form(town, opened, text=WORDS))
    await town.ask("settings own_media", by=town.discord.owner, on=False)
    await say(town, post, eve, text=WORDS)
    await town.posted(2)
    new = await the_new_job(town, old)
    assert (new.origin.user_id, new.parent_id) == (eve.id, old.id)


async def test_what_is_said_is_one_of_the_two(town: Town) -> None:
    """Neither, both, and a file that is no audio: each is told, and nothing is sent."""
    post, old = await a_clip(town)
    before = len(town.kling.requests)
    assert "Attach" in text_of(await say(town, post))
    assert "not both" in text_of(await say(town, post, text=WORDS, audio=[voice()]))
    assert "audio" in text_of(await say(town, post, audio=[png()]))
    assert await town.store.list_jobs() == [old]
    assert len(town.kling.requests) == before


async def test_the_price_of_a_lip_sync_is_asked_first(asking: Town) -> None:
    """The question keeps the sound and the video; its second press starts nothing more."""
    await asking.warm()
    asked = await asking.ask("video", prompt="somebody looks up")
    await start(asking, asking.card_of(asked))
    [post] = await asking.posted()
    [old] = await asking.settled()
    question = await say(asking, post, audio=[voice()])
    assert question.ephemeral
    await start(asking, asking.card_of(question))
    await asking.posted(2)
    new = await the_new_job(asking, old)
    again = await start(asking, asking.card_of(question))
    assert "Already started" in text_of(again)
    [faces] = bodies(asking, FACES)
    assert faces == {"video_id": video_id_of(old)}
    stored = await asking.store.inputs(new.id)
    assert stored.keys() == {"audio", "video"}


async def test_an_old_video_is_taken_from_our_message(town: Town) -> None:
    """Kling keeps it for 30 days; after that our own message has it, as long as it is there."""
    post, _ = await a_clip(town)
    town.clock.jump(31 * DAY_S)
    await say(town, post, text=WORDS)
    await town.posted(2)
    [faces] = bodies(town, FACES)
    assert faces.keys() == {"video_url"}
    opened = await town.choose(post, "lipsync")
    town.discord.posts.delete(post)
    opened.source = None
    assert "can't get this video any more" in text_of(await send_form(town, opened, text=WORDS))


async def test_an_id_of_another_kind_of_result_is_not_known(town: Town) -> None:
    """A forged choice about a job without such a file makes nothing."""
    post, old = await made(town)
    [menu] = [c for row in post.components for c in row["components"] if "options" in c]
    assert "lipsync" not in [option["value"] for option in menu["options"]]
    assert UNKNOWN in text_of(await town.forge_press(post, f"kling:lipsync:{old.id}"))
    form = {"custom_id": f"kling:lipsync:{old.id}", "components": []}
    sent = town.discord.interactions.start(MODAL_SUBMIT, town.member, town.channel, form, post)
    assert UNKNOWN in text_of(await sent.answered())
    assert await town.store.list_jobs() == [old]


SOUNDTRACK = "audio/video-to-audio"
ALWAYS_SOUNDS = "kling-3.0-turbo"
KEY = {"KLINGBOT_KLING__API_KEY": "local-api-key"}


async def has_seconds(town: Town, job: Job, seconds: float) -> None:
    """Have Kling have said that the video of a job is so long."""
    outcome = dict(job.outcome or {})
    outcome["media"] = [{**one, "duration_s": seconds} for one in outcome["media"]]
    said = update(jobs).where(jobs.c.id == job.id).values(outcome=outcome)
    await town.store._connections.write(lambda here: here.execute(said).close())


async def add_sound(town: Town, post: Message, by: User | None = None, **typed: str) -> Interaction:
    opened = await town.choose(post, "sound", by=by)
    return await send_form(town, opened, None, **typed)


async def test_a_silent_video_gets_its_sound(either: Town) -> None:
    """By Kling's id, at its price, paid by who pressed; the frames are as they were."""
    post, old = await made(either, "video", prompt="a boat")
    eve = either.discord.add_user("eve")
    card = await add_sound(either, post, eve, prompt="waves", music="a flute")
    assert "Price: 0.25 video units" in card_text(either.card_of(card))
    [_, post] = await either.posted(2)
    new = await the_new_job(either, old)
    assert (new.kind, new.parent_id, new.origin.user_id) == ("soundtrack", old.id, eve.id)
    [body] = bodies(either, either.orders()[1][0])
    assert body == {
        "video_id": video_id_of(old),
        "sound_effect_prompt": "waves",
        "bgm_prompt": "a flute",
        "external_task_id": new.id,
    }
    [file] = post.attachments
    assert file.data is not None
    assert file.filename.endswith(".mp4")
    with av.open(io.BytesIO(file.data), "r") as container:
        assert container.streams.audio
        assert container.streams.video[0].frames == FRAMES
    menus = [c for row in post.components for c in row["components"] if "options" in c]
    assert "sound" not in [option["value"] for menu in menus for option in menu["options"]]
    await either.press(post, "again")
    await either.posted(3)
    [_, first, second] = [body for _, body in either.orders()]
    assert first.pop("external_task_id") != second.pop("external_task_id")
    assert first == second


async def test_a_video_with_sound_gets_none(tmp_path: Path) -> None:
    """It is not offered where it was asked for, and refused where the model always makes it."""
    clip: dict[str, Any] = {"prompt": "a boat", "duration": 3}
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        post, old = await made(town, "video", model="kling-v3", sound=True, **clip)
        [menu] = [c for row in post.components for c in row["components"] if "options" in c]
        assert "sound" not in [option["value"] for option in menu["options"]]
        told = await town.forge_press(post, f"kling:sound:{old.id}")
        assert UNKNOWN in text_of(told)
        await town.ask("video", model=ALWAYS_SOUNDS, **clip)
        [_, post] = await town.posted(2)
        new = await the_new_job(town, old)
        told = await town.choose(post, "sound")
        assert f"{ALWAYS_SOUNDS} always" in text_of(told)
        form = {"custom_id": f"kling:sound:{new.id}", "components": []}
        sent = town.discord.interactions.start(MODAL_SUBMIT, town.member, town.channel, form, post)
        assert f"{ALWAYS_SOUNDS} always" in text_of(await sent.answered())
        assert len(town.kling.creates) == 2


async def test_the_price_of_sound_is_asked_first(asking: Town) -> None:
    """The question keeps the words and the video; one press makes one job."""
    asked = await asking.ask("video", prompt="a boat")
    await start(asking, asking.card_of(asked))
    [post] = await asking.posted()
    [old] = await asking.settled()
    question = await add_sound(asking, post, prompt="waves")
    assert question.ephemeral
    await start(asking, asking.card_of(question))
    await asking.posted(2)
    again = await start(asking, asking.card_of(question))
    assert "Already started" in text_of(again)
    new = await the_new_job(asking, old)
    [body] = bodies(asking, SOUNDTRACK)
    assert (body["video_id"], body["external_task_id"]) == (video_id_of(old), new.id)
    asking.clock.jump(31 * DAY_S)
    [_, sounding] = asking.posts()
    told = await asking.press(sounding, "again")
    assert "30 days" in text_of(told)


async def test_sound_for_an_old_video_is_made_from_our_message(town: Town) -> None:
    """Kling fetches it where it is; a video that is too long is refused before that."""
    post, old = await made(town, "video", prompt="a boat")
    town.clock.jump(31 * DAY_S)
    await has_seconds(town, old, 20.2)
    told = await add_sound(town, post)
    assert told.ephemeral
    assert "20.2 s" in text_of(told)
    await has_seconds(town, old, 20.0)
    await add_sound(town, post)
    await town.posted(2)
    [body] = bodies(town, SOUNDTRACK)
    assert body.keys() == {"video_url", "external_task_id"}
    assert (await the_new_job(town, old)).state == "done"


async def test_what_is_made_of_a_private_result_is_private(town: Town) -> None:
    """The card, the form's answer and the result: nothing of it is in the channel."""
    asked = await town.ask("image", prompt="a heron", private=True)
    card = town.card_of(asked)
    await town.discord.until(lambda: card.attachments)
    await town.settled()
    wide = await town.recorded(await town.choose(card, "wider"))
    assert wide.ephemeral
    await town.discord.until(lambda: town.card_of(wide).attachments)
    await town.settled()
    assert town.discord.messages(town.channel) == []
    eve = town.discord.add_user("eve")
    [old, _] = sorted(await town.store.list_jobs(), key=lambda job: job.created_at)
    page = town.card_of(await town.ask("help", by=eve))
    told = await town.forge_press(page, f"kling:wider:{old.id}", by=eve)
    assert UNKNOWN in text_of(told)
