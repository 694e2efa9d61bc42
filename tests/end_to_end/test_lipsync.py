"""`/lipsync`: faces are found first; then sound, face and times reach the fields meant for them."""

import base64
from dataclasses import asdict
from typing import Any

from bot.jobs.faces import link_ends_at
from bot.media import kinds
from bot.media.kinds import kind_of
from sandbox.discord import LocalRefusal, Message, Upload
from storage.job import State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.media.samples import sound
from tests.harness.storage.contents import whole
from tests.harness.town import Town, card_text

IDENTIFY, LIP_SYNC = "videos/identify-face", "videos/advanced-lip-sync"


async def ordered(town: Town, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask for a lip-sync, and return the question for faces and the order that follow."""
    before = len(town.orders())
    asked = await town.ask("lipsync", **options)
    assert not asked.ephemeral, town.card_of(asked).content
    await town.kling.until(lambda: len(town.orders()) >= before + 2)
    (first, identify), (second, order) = town.orders()[before:]
    assert (first, second) == (IDENTIFY, LIP_SYNC)
    return identify, order


async def sound_sent(town: Town, order: dict[str, Any]) -> int:
    """Check that the stored MP3 went out as raw base64, and return its length in ms."""
    stored = (await town.store.inputs(order["external_task_id"]))["audio"]
    sent = base64.b64decode(order["face_choose"][0]["sound_file"], validate=True)
    assert sent == await whole(town.store, stored)
    assert kind_of(sent) is kinds.MP3
    seconds = float(stored.facts["duration_s"])
    return round(seconds * 1_000)


def menu_of(card: Message) -> dict[str, Any]:
    [menu] = [c for row in card.components for c in row["components"] if "options" in c]
    found: dict[str, Any] = menu
    return found


async def test_one_face_goes_on_by_itself(desk: Town) -> None:
    """Unset times mean as much of the sound as fits, where the face begins; no volume is sent."""
    identify, order = await ordered(desk, video=clip(), audio=voice(2.5, "wav"))
    assert identify["video_url"].startswith(desk.discord.cdn_url)
    assert identify.keys() == {"video_url"}
    sound_ms = await sound_sent(desk, order)
    [choice] = order["face_choose"]
    assert order.keys() == {"external_task_id", "session_id", "face_choose"}
    assert {key: value for key, value in choice.items() if key != "sound_file"} == {
        "face_id": "0",
        "sound_start_time": 0,
        "sound_end_time": sound_ms,
        "sound_insert_time": 0,
    }


async def test_a_recording_of_any_kind_is_sent(desk: Town) -> None:
    """What telephones and radios record goes to Kling as MP3, whatever Discord calls it."""
    recordings = {
        "memo.amr": sound("amr", "libopencore_amrnb", 2.5),
        "memo.caf": sound("caf", "alac", 2.5),
        "cut-in-a-frame.mp3": sound("mp3", "libmp3lame", 2.6)[5_000:],
        "two.aac": sound("adts", "aac", 1.5) + sound("adts", "aac", 1.5, layout="stereo"),
    }
    for name, data in recordings.items():
        upload = Upload(data, name, "application/octet-stream")
        _, order = await ordered(desk, video=clip(), audio=upload)
        assert 2_000 <= await sound_sent(desk, order) <= 3_300, name


async def test_a_long_sound_is_used_as_far_as_the_face_is_there(desk: Town) -> None:
    """A sound longer than the clip ends with the face."""
    _, order = await ordered(desk, video=clip(seconds=3.0), audio=voice(5.0))
    assert await sound_sent(desk, order) > 4_900
    [choice] = order["face_choose"]
    assert choice["sound_start_time"] == choice["sound_insert_time"] == 0
    assert 2_900 <= choice["sound_end_time"] <= 3_100


async def test_every_option_reaches_its_field(desk: Town) -> None:
    """Seconds become milliseconds, volumes stay as they are, an address is passed on as it is."""
    said = await desk.discord.say(desk.member, desk.channel, "", clip(seconds=4.0))
    url = said.attachments[0].url
    identify, order = await ordered(
        desk,
        video_url=url,
        audio=voice(4.0),
        start=0.25,
        end=2.75,
        insert=1.2,
        volume=1.5,
        original_volume=0,
    )
    assert identify == {"video_url": url}
    await sound_sent(desk, order)
    [choice] = order["face_choose"]
    assert {key: value for key, value in choice.items() if key != "sound_file"} == {
        "face_id": "0",
        "sound_start_time": 250,
        "sound_end_time": 2_750,
        "sound_insert_time": 1_200,
        "sound_volume": 1.5,
        "original_audio_volume": 0.0,
    }


async def test_of_several_faces_the_requester_chooses_one(both: Town) -> None:
    """The card shows each face and a menu; only the requester's choice counts, and only once."""
    asked = await both.ask("lipsync", video=clip(2), audio=voice())
    card = await both.card_says(asked, "2 faces")
    await both.job_is(State.WAITING)
    assert [c["value"] for c in menu_of(card)["options"]] == ["0", "1"]
    assert len(card.attachments) == 2
    assert len({file.sha256 for file in card.attachments}) == 2
    other = await both.choose(card, "0", by=both.discord.add_user("bob"))
    assert other.ephemeral
    assert "Only the member who started" in both.card_of(other).content
    chosen = await both.choose(card, "1")
    assert "that face" in both.card_of(chosen).content
    [post] = await both.posted()
    assert post.attachments[0].filename.endswith(".mp4")
    await both.card_says(asked, "Done")
    assert card.attachments == []
    [(_, order)] = [row for row in both.orders() if row[0] == LIP_SYNC]
    assert order["face_choose"][0]["face_id"] == "1"


async def test_a_choice_ends_with_the_link_of_the_clip(town: Town) -> None:
    """After an attached video's link has expired there is no question; the card says until when."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice(2.5, "wav"))
    job = await town.job_is(State.WAITING)
    assert job.waits_until == link_ends_at(job.sources["video"])
    await town.card_says(asked, f"<t:{round(job.waits_until or 0)}:R>")


async def test_a_face_on_which_the_sound_does_not_fit_is_asked_about_again(town: Town) -> None:
    """The choice is refused privately with the reason, and the question stays open."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice(), insert=2.5)
    card = await town.card_says(asked, "2 faces")
    refused = await town.choose(card, "0")
    assert refused.ephemeral
    assert "must overlap the face by at least 2 s" in town.card_of(refused).content
    assert (await town.only_job()).state is State.WAITING
    assert town.kling.creates == []


async def test_a_clip_without_a_face_is_refused_after_all(either: Town) -> None:
    """Nothing is made; the member is told privately, and the card is taken away."""
    asked = await either.ask("lipsync", video=clip(0), audio=voice())
    await either.discord.until(lambda: asked.followups)
    [told] = asked.followups
    assert told.ephemeral
    assert "No usable face was found" in told.content
    await either.discord.until(lambda: either.card_of(asked).deleted)
    await either.settled()
    assert either.kling.creates == []
    assert either.posts() == []


async def test_a_face_that_was_not_offered_is_not_taken(town: Town) -> None:
    """A choice that Discord did not offer, sent all the same, chooses nothing."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    menu = menu_of(card)
    menu["options"].append({"label": "forged", "value": "7"})
    forged = await town.choose(card, "7")
    assert "can't find" in town.card_of(forged).content
    assert (await town.only_job()).state is State.WAITING


async def test_nobody_chooses_in_time(town: Town) -> None:
    """After three days the requester is told, and nothing was sent to Kling."""
    asked = await town.ask("lipsync", video=clip(2), audio=voice())
    card = await town.card_says(asked, "2 faces")
    await town.job_is(State.WAITING)
    town.clock.jump(3 * 86_400 + 60)
    [post] = await town.posted()
    assert "No face was chosen in time" in post.content
    assert post.mentions == [town.member]
    await town.settled()
    assert "didn't work" in card_text(card)
    assert town.kling.creates == []
    try:
        late = await town.choose(card, "0")
    except (LocalRefusal, ValueError):
        return  # the menu is gone
    assert "Too late" in town.card_of(late).content


async def test_an_ended_lip_sync_holds_no_address(town: Town) -> None:
    """The clip's address is signed: nothing of it stays in the job, only beside its inputs."""
    asked = await town.ask("lipsync", video=clip(), audio=voice())
    await town.posted()
    await town.card_says(asked, "Done")
    [job] = await town.settled()
    assert town.discord.cdn_url not in str(asdict(job))
    kept = (await town.store.inputs(job.id))["video"]
    assert isinstance(kept.data, bytes)
    assert kept.data.decode().startswith(town.discord.cdn_url)
    assert kept.until == link_ends_at(kept.data.decode())
