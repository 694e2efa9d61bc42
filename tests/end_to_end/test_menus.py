"""The menu of a message (right click): its forms, whose files they take, and what comes of it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sandbox.discord import Interaction, LocalRefusal, Message, Permission, Upload, User
from sandbox.discord.components import FILE_UPLOAD, RADIO_GROUP, STRING_SELECT, walk
from storage.job import Job, Kind
from storage.schema import drafts
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.end_to_end.modals import filled
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, named, png

HOUR_S = 3_600.0
NO_IMAGE = "no image that I can work from"
OWN_ONLY = "only your own video, image and audio"


def saying(town: Town, *uploads: Upload, by: User | None = None) -> "asyncio.Future[Message]":
    """Have a member write a message with these files."""
    said = town.discord.say(by or town.member, town.channel, "look", *uploads)
    return asyncio.ensure_future(said)


async def opened(town: Town, menu: str, message: Message, by: User | None = None) -> Interaction:
    """Return what choosing this from the menu of the message is answered by."""
    used = await town.discord.context_menu(by or town.member, message, menu)
    return await used.answered()


async def sent(town: Town, form: Interaction, **values: object) -> Interaction:
    """Fill in the form and return the interaction once it is recorded."""
    uploads = {name: value for name, value in values.items() if isinstance(value, list)}
    typed = {name: str(value) for name, value in values.items() if name not in uploads}
    fields = filled(form, **typed) | uploads
    answer = await (await town.discord.submit_modal(form, fields)).answered()
    return await town.recorded(answer)


def parts_of(form: Interaction) -> dict[str, int]:
    """Return the fields of a form with Discord's number for their kind."""
    assert form.modal is not None
    found = [part for _, part in walk(form.modal["components"])]
    return {part["custom_id"]: part["type"] for part in found if "custom_id" in part}


async def made(town: Town) -> Job:
    [job] = await town.settled()
    return job


async def test_the_menus_are_those_of_the_contract(town: Town) -> None:
    """Four commands of messages, named in Chinese too; discord.py has room for five."""
    menus = {one["name"]: one for one in town.discord.commands if one["type"] == 3}
    assert set(menus) == {"Animate", "Restyle", "Lip-sync", "Effect"}
    assert menus["Lip-sync"]["name_localizations"]["zh-CN"] == "\u5bf9\u53e3\u578b"


async def test_an_image_is_animated(town: Town) -> None:
    """Anybody's image: the form has the prompt and the main settings, its answer is the card."""
    await town.warm()
    eve = town.discord.add_user("eve")
    picture = png("fox.png", colour="navy")
    message = await saying(town, picture, by=eve)
    form = await opened(town, "Animate", message)
    kinds = parts_of(form)
    assert [*kinds] == ["prompt", "model", "mode", "duration"]
    assert kinds["mode"] == RADIO_GROUP
    answer = await sent(town, form, prompt="it runs", duration="10")
    assert "it runs" in text_of(answer)
    job = await made(town)
    assert (job.kind, job.origin.user_id) == (Kind.VIDEO, town.member.id)
    [(path, order)] = town.orders()
    assert path == "videos/image2video"
    assert order["duration"] == "10"
    assert named(order, {"fox": picture})["image"] == "fox"


async def test_of_several_images_one_is_chosen(town: Town) -> None:
    """Ten files of four kinds: only images are offered, each by its number and name."""
    await town.warm()
    pictures = [
        png(f"p{number}.png", colour=colour) for number, colour in enumerate(("red", "navy"))
    ]
    files = [pictures[0], clip(2), voice(), Upload(b"text", "notes.txt"), pictures[1]]
    message = await saying(town, *files, *(Upload(b"x", f"n{n}.txt") for n in range(5)))
    assert len(message.attachments) == 10
    form = await opened(town, "Restyle", message)
    assert form.modal is not None
    [options] = [
        part["options"]
        for _, part in walk(form.modal["components"])
        if part.get("custom_id") == "picture"
    ]
    assert [(o["value"], o["label"]) for o in options] == [
        ("0", "1 \u00b7 p0.png"),
        ("1", "2 \u00b7 p1.png"),
    ]
    await sent(town, form, prompt="as an oil painting", picture="1")
    job = await made(town)
    assert job.kind is Kind.IMAGE
    [(_, order)] = town.orders()
    assert named(order, {"p1": pictures[1]})["image"] == "p1"


async def test_an_effect_by_its_name(town: Town) -> None:
    """The newest in a menu, any other typed; a second image can be uploaded; none is refused."""
    await town.warm()
    message = await saying(town, png("a.png"))
    form = await opened(town, "Effect", message)
    kinds = parts_of(form)
    assert kinds == {"effect": STRING_SELECT, "other": 4, "upload": FILE_UPLOAD}
    nothing = await sent(town, form)
    assert "Choose an effect" in text_of(nothing)
    await sent(town, form, other="Disco Paws")
    job = await made(town)
    assert (job.kind, job.model) == (Kind.EFFECT, "disco_paws")


@pytest.mark.sweep
async def test_a_second_image_is_uploaded_for_an_effect_for_two(town: Town) -> None:
    """Both come to Kling, the message's first."""
    await town.warm()
    one, two = png("one.png", colour="red"), png("two.png", colour="navy")
    form = await opened(town, "Effect", await saying(town, one))
    await sent(town, form, other="hug_pro", upload=[two])
    await made(town)
    [(_, order)] = town.orders()
    assert named(order, {"one": one, "two": two})["input"]["images"] == ["one", "two"]


async def test_a_video_speaks_words(town: Town) -> None:
    """A clip of one's own: a lip-sync of typed words, or of uploaded audio."""
    await town.warm()
    message = await saying(town, clip(1))
    form = await opened(town, "Lip-sync", message)
    assert parts_of(form) == {"upload": FILE_UPLOAD, "text": 4, "voice": STRING_SELECT}
    await sent(town, form, text="Good morning, everyone, how are you?")
    job = await made(town)
    assert (job.kind, job.request["text"]) == (Kind.LIPSYNC, "Good morning, everyone, how are you?")


async def test_an_image_speaks_uploaded_audio(town: Town) -> None:
    """That is an avatar; and a voice message is spoken by an uploaded image."""
    await town.warm()
    picture = png("me.png", colour="navy")
    form = await opened(town, "Lip-sync", await saying(town, picture))
    await sent(town, form, upload=[voice()])
    job = await made(town)
    assert job.kind is Kind.AVATAR
    [(_, order)] = town.orders()
    assert named(order["image"], {"me": picture}) == "me"


async def test_a_voice_message_without_permission_to_read_history(town: Town) -> None:
    """The click brings the file along: the message is never read, and no history is needed."""
    await town.warm()
    none = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.ATTACH_FILES
    town.discord.set_permissions(town.channel, none | Permission.EMBED_LINKS)
    message = await saying(town, voice())
    form = await opened(town, "Lip-sync", message)
    assert parts_of(form) == {"upload": FILE_UPLOAD}
    await sent(town, form, upload=[png("me.png")])
    assert (await made(town)).kind is Kind.AVATAR
    reads = town.discord.sent("GET", "/channels/{channel_id}/messages/{message_id}")
    assert reads == []


async def test_faces_and_voices_are_ones_own(town: Town) -> None:
    """Another's message is refused, unless the server allows it; so is our result for another."""
    await town.warm()
    eve = town.discord.add_user("eve")
    theirs = await saying(town, png("eve.png"), by=eve)
    assert OWN_ONLY in text_of(await opened(town, "Lip-sync", theirs))
    await town.ask("image", prompt="a face", by=eve)
    [post] = await town.posted()
    await town.settled()
    assert OWN_ONLY in text_of(await opened(town, "Lip-sync", post))
    assert (await opened(town, "Lip-sync", post, by=eve)).modal is not None
    await town.ask("settings own_media", by=town.discord.owner, on=False)
    allowed = await opened(town, "Lip-sync", theirs)
    assert allowed.modal is not None
    await town.ask("settings own_media", by=town.discord.owner, on=True)
    refused = await sent(town, allowed, text="Hello there, how are you today?")
    assert OWN_ONLY in text_of(refused), "what holds is asked again"


async def test_what_does_not_fit_is_told(town: Town) -> None:
    """A message without such files: a private answer that names what would do, and no draft."""
    await town.warm()
    message = await saying(town, Upload(b"text", "notes.txt"))
    for menu, words in (("Animate", NO_IMAGE), ("Effect", NO_IMAGE), ("Lip-sync", "voice message")):
        told = await opened(town, menu, message)
        assert told.ephemeral
        assert words in text_of(told)
    assert await town.store.list_jobs() == []
    kept = select(func.count()).select_from(drafts)
    read = town.store._connections.read
    assert await read(lambda here: here.execute(kept).scalar_one()) == 0


async def test_a_form_that_is_sent_twice_makes_one_job(town: Town) -> None:
    """Also at the same moment; another member's form is not theirs to send."""
    await town.warm()
    form = await opened(town, "Animate", await saying(town, png("a.png")))
    both = await asyncio.gather(*(sent(town, form, prompt="it runs") for _ in range(2)))
    assert sorted("Already started" in text_of(one) for one in both) == [False, True]
    assert "Already started" in text_of(await sent(town, form, prompt="it runs"))
    await made(town)
    other = await opened(town, "Animate", await saying(town, png("b.png")))
    other.user = town.discord.add_user("eve")
    assert "who was asked" in text_of(await sent(town, other, prompt="mine"))
    assert len(await town.store.list_jobs()) == 1


@pytest.mark.sweep
async def test_a_form_comes_back_after_a_restart_and_not_after_an_hour(tmp_path: Path) -> None:
    """The draft keeps the files; once its time is over the member is told to choose it again."""
    async with open_town(tmp_path) as town:
        async with town.bot() as app:
            await app.pool.warm()
            form = await opened(town, "Restyle", await saying(town, png("a.png")))
            late = await opened(town, "Restyle", await saying(town, png("b.png")))
        async with town.bot() as app:
            await app.pool.warm()
            assert "in oil" in text_of(await sent(town, form, prompt="in oil"))
            await made(town)
            town.clock.jump(HOUR_S + 1.0)
            assert "no longer open" in text_of(await sent(town, late, prompt="in chalk"))
            assert len(await town.store.list_jobs()) == 1


async def test_of_forms_that_were_only_opened_five_are_kept(town: Town) -> None:
    """The oldest of six has ended; the others still make what they ask for."""
    await town.warm()
    message = await saying(town, png())
    forms = [await opened(town, "Animate", message) for _ in range(6)]
    assert "no longer open" in text_of(await sent(town, forms[0], prompt="it runs"))
    await sent(town, forms[1], prompt="it runs")
    await made(town)


async def test_what_a_form_asks_for_is_refused_like_a_command(town: Town) -> None:
    """With every problem, and what would work; the form can be changed without choosing again."""
    await town.warm()
    form = await opened(town, "Animate", await saying(town, png("a.png")))
    refused = await sent(town, form, prompt="it runs", duration="99")
    assert refused.ephemeral
    assert "99" in text_of(refused)
    again = await town.press(town.card_of(refused), "edit")
    await sent(town, again, duration="5")
    assert (await made(town)).request["duration_s"] == 5


@pytest.mark.parametrize("menu", ["Animate", "Lip-sync"])
async def test_a_blocked_member_is_refused(town: Town, menu: str) -> None:
    """The block is read before the menu, as before every command."""
    message = await saying(town, png("a.png"))
    await town.ask("block", by=town.discord.owner, member=town.member)
    told = await opened(town, menu, message)
    assert told.modal is None
    assert told.ephemeral
    with pytest.raises(LocalRefusal):
        await town.discord.submit_modal(told, {})


async def test_a_result_of_ours_is_what_the_new_job_comes_from(town: Town) -> None:
    """So it is forgotten with that job's member, says "from", and is private as its parent is."""
    await town.warm()
    eve = town.discord.add_user("eve")
    await town.ask("image", prompt="a face", by=eve)
    [post] = await town.posted()
    [parent] = await town.settled()
    form = await opened(town, "Animate", post)
    await sent(town, form, prompt="it smiles")
    [child] = [job for job in await town.settled() if job.id != parent.id]
    assert (child.parent_id, child.origin.user_id) == (parent.id, town.member.id)
    await town.ask("image", prompt="mine alone", private=True)
    [hidden] = [job for job in await town.settled() if job.id not in (parent.id, child.id)]
    named_so = Upload(png("a.png").data, f"kling-{hidden.id}-r-0-1.png")
    copy = await saying(town, named_so, by=post.author)
    assert UNKNOWN in text_of(await opened(town, "Animate", copy, by=eve))
    await sent(town, await opened(town, "Animate", copy), prompt="it smiles")
    jobs = {job.parent_id: job for job in await town.settled()}
    assert jobs[hidden.id].request["private"] is True
