"""Words and sounds that a face speaks: `/avatar`, and `/lipsync` with typed words."""

import asyncio
import base64
import io
import math
from pathlib import Path
from typing import Any

import av
import pytest

from sandbox.discord import Message, Upload
from sandbox.kling import REFUSED_WORD, Fault, How, Script
from sandbox.kling.clips import frame_at
from sandbox.kling.orders import Dub, Made
from sandbox.kling.voices import length_s
from storage.job import Job, Kind, State
from tests.harness.end_to_end.questions import question, start
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.media.samples import sound
from tests.harness.models import CATALOGUE
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.storage.contents import whole
from tests.harness.town import Town, card_text, png

WORDS = "Good morning, dear neighbours, and welcome to the harbour!"
CHINESE = "大家早上好 欢迎来到我们的港口 请坐下来喝杯茶"
TTS = "/v1/audio/tts"


def said(town: Town) -> list[dict[str, Any]]:
    """The bodies of every text to speech at Kling."""
    return [r.body or {} for r in town.kling.requests if r.path == TTS]


def tasks(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """Path and body of every order of a task."""
    calls = {"audio/tts", "videos/identify-face"}
    return [order for order in town.orders() if order[0] not in calls]


async def file_of(post: Message) -> bytes:
    [file] = post.attachments
    assert file.data is not None
    assert file.filename.endswith(".mp4")
    return file.data


def seconds_of(data: bytes) -> float:
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration is not None
        assert container.streams.audio
        return container.duration / 1e6


async def settled(town: Town, kind: Kind) -> Job:
    [job] = await town.settled()
    assert (job.kind, job.state) == (kind, State.DONE)
    return job


async def test_an_image_speaks_a_sound(either: Town) -> None:
    """As long as the sound, which is what is paid for; what is sent is the MP3 that was made."""
    asked = await either.ask("avatar", image=png(), audio=voice(5.2), prompt="she smiles")
    assert "Price: 2.4 video units" in card_text(either.card_of(asked))
    [post] = await either.posted()
    job = await settled(either, Kind.AVATAR)
    [(path, body)] = tasks(either)
    assert path == "videos/avatar/image2video"
    stored = await either.store.inputs(job.id)
    sent = {name: base64.b64decode(body[name]) for name in ("image", "sound_file")}
    assert sent == {
        "image": await whole(either.store, stored["image"]),
        "sound_file": await whole(either.store, stored["audio"]),
    }
    assert body["prompt"] == "she smiles"
    assert "mode" not in body
    made = await file_of(post)
    assert abs(seconds_of(made) - 5.2) < 0.3
    quiet, loud = [await asyncio.to_thread(frame_at, made, ms) for ms in (0, 1_000)]
    assert quiet.size == loud.size
    assert either.kling.charged("video") == 2
    assert job.units_spent == 200
    assert_posted_once(either.posts(), 1)


async def test_an_image_speaks_words(either: Town) -> None:
    """They are spoken once, for a twentieth of a unit of its own, and their id is what is sent."""
    asked = await either.ask("avatar", image=png(), text=WORDS, mode="pro", speed=0.9)
    assert "up to" in card_text(either.card_of(asked))
    [post] = await either.posted()
    job = await settled(either, Kind.AVATAR)
    [spoken] = said(either)
    default = CATALOGUE.voice_for(WORDS)
    assert spoken == {
        "text": WORDS,
        "voice_id": default.name,
        "voice_language": "en",
        "voice_speed": 0.9,
    }
    [(_, body)] = tasks(either)
    assert body["audio_id"]
    assert not {"sound_file", "text"} & body.keys()
    wanted_s = length_s(WORDS, 0.9)
    assert abs(seconds_of(await file_of(post)) - wanted_s) < 0.3
    units = round(wanted_s) * 80 + 5
    assert (job.units_held, job.units_spent) == (0, units)
    assert round(either.kling.charged("video") * 100) == units
    card = await either.card_says(asked, "Done")
    assert f"Kling deducted {units / 100:g} video units" in card_text(card)
    drawing = either.kling.creates[-1].order.drawing
    assert isinstance(drawing, Made)


async def test_a_face_in_a_video_speaks_words(either: Town) -> None:
    """Spoken first, then a face is found; Kling puts its own sound on the video."""
    await either.ask("lipsync", video=clip(1, 6.0), text=CHINESE)
    [post] = await either.posted()
    job = await settled(either, Kind.LIPSYNC)
    [spoken] = said(either)
    assert (spoken["voice_language"], spoken["text"]) == ("zh", CHINESE)
    [(_, body)] = tasks(either)
    [face] = body["face_choose"]
    assert face["audio_id"]
    assert "sound_file" not in face
    assert face["sound_end_time"] == round(length_s(CHINESE, 1.0) * 1000)
    assert CHINESE in post.content
    [task] = either.kling.creates
    assert isinstance(task.order.drawing, Dub)
    assert job.units_spent == round((task.order.units) * 100) + 10
    await file_of(post)


@pytest.mark.sweep
async def test_words_run_again_are_spoken_again(town: Town) -> None:
    """Kling forgets them in 30 days, and the member may be another."""
    await town.ask("avatar", image=png(), text=WORDS)
    [post] = await town.posted()
    await town.settled()
    await town.press(post, "again")
    await town.posted(2)
    await town.settled()
    (_, first), (_, second) = tasks(town)
    assert first["audio_id"] != second["audio_id"]
    assert said(town)[0] == said(town)[1]


@pytest.mark.parametrize("how", sampled([How.DROP, How.GARBAGE, How.REFUSE], How.DROP))
async def test_a_lost_answer_is_asked_for_again(town: Town, how: How) -> None:
    """It may be paid twice, which the ledger says; the task is made once."""
    town.kling.fault(Fault(how, path=TTS))
    await town.ask("avatar", image=png(), text=WORDS)
    await town.posted()
    job = await settled(town, Kind.AVATAR)
    task_units = round(town.kling.creates[-1].order.units * 100)
    assert job.units_spent in {task_units + 5, task_units + 10}
    assert len(town.kling.creates) == 1


async def test_words_that_kling_does_not_speak_are_refused(town: Town) -> None:
    """By its content check: nothing is paid, and nothing else is sent."""
    await town.ask("avatar", image=png(), text=f"{REFUSED_WORD} things are said")
    [job] = await town.settled()
    assert job.units_spent == 0
    assert town.kling.creates == []


async def test_words_that_are_too_short_are_refused_before_the_task(town: Town) -> None:
    """Kling takes no sound below two seconds; the voice was paid all the same."""
    await town.ask("avatar", image=png(), text="Hi!")
    [job] = await town.settled()
    assert job.units_spent == 5
    assert town.kling.creates == []
    problems = (job.outcome or {})["problems"]
    assert [one["code"] for one in problems] == ["speech_length"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("avatar", {}, "type the words as `text`"),
    ("avatar", {"audio": "voice", "text": WORDS}, "not both"),
    ("avatar", {"audio": "voice", "speed": 1.0}, "This is for words"),
    ("avatar", {"audio": "words"}, "can't read this audio"),
    ("lipsync", {}, "type the words as `text`"),
    ("lipsync", {"audio": "voice", "text": WORDS}, "not both"),
    ("lipsync", {"audio": "voice", "voice": "AOT"}, "This is for words"),
]


async def test_each_mistake_is_refused(town: Town) -> None:
    """Privately, before anything is sent or spoken."""
    uploads = {"voice": voice(), "words": Upload(b"words", "a.txt")}
    for command, options, words in WRONG:
        given = {k: uploads.get(v, v) if k == "audio" else v for k, v in options.items()}
        given |= {"image": png()} if command == "avatar" else {"video": clip()}
        assert words in await town.refused(command, **given), (command, options)
        assert said(town) == []


@pytest.mark.sweep
async def test_a_long_sound_is_asked_about_by_its_length(tmp_path: Path) -> None:
    """It is read before the question, so the question says what it costs."""
    async with open_town(tmp_path, env={"KLINGBOT_MONEY__CONFIRM_USD": "0.3"}) as town, town.bot():
        asked = await question(town, "avatar", image=png(), audio=voice(5.2))
        assert "2.4 video units" in card_text(asked)
        await start(town, asked)
        await town.posted()
        job = await settled(town, Kind.AVATAR)
        assert job.units_price == 240


async def test_voices_are_suggested_by_the_language_of_the_words(town: Town) -> None:
    """With their language and sex; typing narrows them down, by either."""

    async def found(**given: Any) -> list[dict[str, Any]]:
        return await town.discord.autocomplete(town.member, town.channel, "avatar", given, "voice")

    english = await found(text=WORDS)
    assert english[0]["value"] == CATALOGUE.voice_for(WORDS).name
    assert english[0]["name"] == "Anchor · English · male"
    chinese = await found(text=CHINESE)
    assert chinese[0]["value"] == CATALOGUE.voice_for(CHINESE).name
    assert all("Chinese" in one["name"] for one in chinese)
    assert len(chinese) == 25
    women = await found(text=WORDS, voice="female")
    assert women
    assert all("female" in one["name"] for one in women)


async def test_a_stranger_may_not_have_our_avatar_made_again(town: Town) -> None:
    """Faces and voices are their owner's: where `own_media` holds, only the presser's own."""
    await town.ask("avatar", image=png(), text=WORDS)
    [post] = await town.posted()
    await town.settled()
    stranger = town.discord.add_user("noa")
    pressed = await town.press(post, "again", by=stranger)
    assert pressed.ephemeral
    assert len(town.kling.creates) == 1


@pytest.mark.sweep
async def test_a_long_sound_is_sent_whole(town: Town) -> None:
    """An avatar speaks up to 300 s, a lip-sync up to 60 s."""
    town.kling.script(Script(takes_s=math.inf))
    given = Upload(sound("mp3", "libmp3lame", 75.0), "long.mp3")
    await town.ask("avatar", image=png(), audio=given)
    job = await town.job_is(State.RUNNING)
    stored = await town.store.inputs(job.id)
    assert 74 < stored["audio"].facts["duration_s"] < 76
    [(_, body)] = tasks(town)
    assert base64.b64decode(body["sound_file"]) == await whole(town.store, stored["audio"])
