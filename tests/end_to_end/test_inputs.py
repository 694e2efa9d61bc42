"""What comes with a command: converted where that helps, waited for where it is slow."""

import base64
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pillow_heif import from_pillow

from bot.jobs.intake import IntakeLimits
from sandbox.discord import Answer, Interaction, Upload
from sandbox.kling import Fault, How, Script
from storage.job import Job, State
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import HASTY, Town, card_text, picture, png

CDN = "/ephemeral-attachments/{application_id}/{attachment_id}/{filename}"
ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
IDENTIFY = "/v1/videos/identify-face"
BLUE = (0, 0, 128)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def plain() -> Image.Image:
    return Image.new("RGB", (400, 320), BLUE)


def animated() -> bytes:
    frames = [Image.new("RGB", (400, 320), colour) for colour in ("navy", "red", "lime")]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


def heic() -> bytes:
    out = io.BytesIO()
    from_pillow(plain()).save(out)
    return out.getvalue()


FOREIGN: dict[str, Callable[[], bytes]] = {
    "a.gif": animated,
    "b.heic": heic,
    "c.webp": lambda: saved(plain(), "WEBP", lossless=True),
    "d.avif": lambda: saved(plain(), "AVIF"),
    "e.bmp": lambda: saved(plain(), "BMP"),
    "f.txt": lambda: picture(400, 320, "navy"),
}


async def source_of(town: Town) -> Image.Image:
    """Return the picture that came with the latest order."""
    _, body = town.orders()[-1]
    return Image.open(io.BytesIO(base64.b64decode(body["image"], validate=True)))


async def test_foreign_pictures_are_converted_and_that_is_said(desk: Town) -> None:
    """GIF, HEIC, WebP, AVIF and BMP arrive at Kling as PNG or JPEG, whatever their name says."""
    await desk.warm()
    for number, (name, made) in enumerate(FOREIGN.items(), 1):
        upload = Upload(made(), name)
        asked = await desk.ask("image", prompt="a fox", image=upload, model="kling-v2")
        await desk.kling.until(lambda number=number: len(desk.orders()) == number)  # type: ignore[misc] # bound now
        source = await source_of(desk)
        assert source.format in {"PNG", "JPEG"}, name
        assert source.size == (400, 320), name
        colour = source.convert("RGB").getpixel((200, 160))
        assert isinstance(colour, tuple)
        assert all(abs(a - b) < 12 for a, b in zip(colour, BLUE, strict=True)), name
        words = card_text(desk.card_of(asked))
        assert ("converted" in words) == (name != "f.txt"), name
        assert ("first frame" in words) == (name == "a.gif"), name


async def slow(town: Town, command: str = "image", **options: Any) -> Interaction:
    """Ask while the content network is silent, and return once the card says so."""
    asked = await town.ask(command, **options)
    assert not asked.ephemeral
    assert "Fetching and checking your files" in card_text(town.card_of(asked))
    job = await town.only_job()
    assert job.state is State.PREPARING
    assert town.kling.requests == []
    return asked


async def test_slow_files_are_waited_for_after_the_answer(tmp_path: Path) -> None:
    """The row comes first, the card says that files are being fetched, then the job continues."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        held = town.discord.hold("GET", CDN)
        asked = await slow(town, prompt="a fox", image=png(colour="navy"), model="kling-v2")
        held.release()
        [post] = await town.posted()
        assert len(post.attachments) == 1
        await town.card_says(asked, "Done")
        source = await source_of(town)
        assert source.convert("RGB").getpixel((10, 10)) == BLUE


async def test_a_slow_sound_is_put_on_its_video(tmp_path: Path) -> None:
    """What comes late joins what is there: the video goes to Kling by the URL that was given."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        held = town.discord.hold("GET", CDN)
        asked = await slow(town, "lipsync", video=clip(), audio=voice())
        held.release()
        [post] = await town.posted()
        await town.card_says(asked, "Done")
        await town.settled()
        [identify, _] = town.orders()
        assert str(identify[1]["video_url"]).startswith(town.discord.cdn_url)
        await town.press(post, "again")
        await town.posted(2)


@pytest.mark.parametrize("command", ["image", "lipsync"])
async def test_a_refusal_found_late_is_told_privately(tmp_path: Path, command: str) -> None:
    """The card is taken away, only the member reads why, and nothing was sent to Kling."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        held = town.discord.hold("GET", CDN)
        bad = Upload(b"no such thing" * 99, "a.mp3" if command == "lipsync" else "a.png")
        if command == "image":
            asked = await slow(town, prompt="a fox", image=bad, model="kling-v2")
        else:
            asked = await slow(town, "lipsync", video=clip(), audio=bad)
        held.release()
        await town.discord.until(lambda: asked.followups)
        [told] = asked.followups
        assert told.ephemeral
        assert ("`audio`" if command == "lipsync" else "`image`") in told.content
        await town.discord.until(lambda: town.card_of(asked).deleted)
        await town.settled()
        assert town.posts() == []
        assert town.kling.requests == []


async def test_start_past_the_end_of_the_sound_is_told(town: Town) -> None:
    """The length shows once it is opened: a private refusal, and Kling hears nothing."""
    await town.warm()
    words = await town.refused("lipsync", video=clip(), audio=voice(2.5), start=9)
    assert "must be within the audio, which is 2.5 s long" in words


async def test_start_past_the_end_of_a_slow_sound_costs_nothing(tmp_path: Path) -> None:
    """Times are held against a sound that came late before faces are paid for."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        held = town.discord.hold("GET", CDN)
        asked = await slow(town, "lipsync", video=clip(), audio=voice(2.5), end=9)
        held.release()
        await town.discord.until(lambda: asked.followups)
        [told] = asked.followups
        assert told.ephemeral
        assert "must be within the audio, which is 2.5 s long" in told.content
        await town.settled()
        assert town.kling.requests == []


async def test_everything_that_is_found_late_is_told_at_once(tmp_path: Path) -> None:
    """An address that is refused and a sound that cannot be read are two lines of one answer."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        held = town.discord.hold("GET", CDN)
        bad = Upload(b"no such thing" * 99, "a.mp3")
        asked = await slow(town, "lipsync", video_url="http://10.0.0.1/a.mp4", audio=bad)
        held.release()
        await town.discord.until(lambda: asked.followups)
        [told] = asked.followups
        assert told.ephemeral
        words = ("2 things", "`video_url`", "private network", "`audio`")
        assert [word for word in words if word not in told.content] == []
        await town.settled()
        assert town.kling.requests == []


async def test_a_refusal_after_the_token_is_told_in_the_channel(tmp_path: Path) -> None:
    """When the member can no longer be told in private, they are told all the same."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        held = town.discord.hold("GET", CDN)
        bad = Upload(b"no such thing" * 99, "a.png")
        asked = await slow(town, prompt="a fox", image=bad, model="kling-v2")
        town.clock.jump(15 * 60 + 1)
        held.release()
        [post] = await town.posted()
        assert post.mentions == [town.member]
        assert "PNG, JPEG" in post.content
        await town.card_says(asked, "didn't work")


async def test_a_stumbling_content_network_is_asked_again(tmp_path: Path) -> None:
    """Two failures on the way to a file cost nothing but time."""
    async with open_town(tmp_path) as town, town.bot():
        town.discord.fault("GET", CDN, Answer(503), times=2)
        await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
        [post] = await town.posted()
        assert len(post.attachments) == 1


async def test_minutes_without_the_content_network_are_waited_out(tmp_path: Path) -> None:
    """What was accepted is not given up over an outage that passes within minutes."""
    async with open_town(tmp_path) as town, town.bot():
        town.discord.fault("GET", CDN, Answer(503), times=10)
        await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
        await prepared(town)
        [post] = await town.posted()
        assert len(post.attachments) == 1


@pytest.mark.sweep
async def test_a_kling_that_says_later_is_waited_for_before_the_faces(town: Town) -> None:
    """An accepted lip-sync waits for Kling as long as a create does."""
    busy = Fault(How.REFUSE, path=IDENTIFY, status=429, code=1303, times=20)
    town.kling.fault(busy)
    await town.ask("lipsync", video=clip(), audio=voice())
    await prepared(town)
    [post] = await town.posted()
    assert post.attachments[0].filename.endswith(".mp4")
    assert busy.times == 0


async def prepared(town: Town) -> Job:
    """Return the job once it is prepared or ended; the time between tries is skipped."""

    async def found() -> Job | None:
        job = await town.only_job()
        if job.state is not State.PREPARING:
            return job
        if job.failures:
            town.skip_wait(job)
        return None

    return await town.commits.until(found)


async def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    """A file that Discord no longer has is no reason to wait."""
    async with open_town(tmp_path) as town, town.bot():
        town.discord.fault("GET", CDN, Answer(404), times=None)
        asked = await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
        told = asked.followups
        await town.discord.until(lambda: asked.ephemeral or told)
        words = town.card_of(asked).content if asked.ephemeral else told[0].content
        assert "couldn't download" in words
        assert town.kling.requests == []


async def test_a_database_that_is_slow_means_busy(tmp_path: Path) -> None:
    """Nothing is accepted, the member is told so in time, and the row is withdrawn."""
    async with open_town(tmp_path) as town, town.bot(answer_within=IntakeLimits(accept_s=0.0)):
        asked = await town.ask("image", prompt="a fox")
        assert asked.ephemeral
        assert "Busy right now. Nothing was accepted" in town.card_of(asked).content

        async def withdrawn() -> bool | None:
            return True if await town.store.list_jobs() == [] else None

        await town.commits.until(withdrawn)
        assert town.discord.sent("GET", ORIGINAL) == [], "nobody had to look for an answer"
        assert town.kling.requests == []


async def test_a_press_that_meets_a_slow_database_hears_the_same(tmp_path: Path) -> None:
    """It is no bug, and what was pressed is still there to be pressed."""
    async with open_town(tmp_path) as town:
        town.kling.script(Script(takes_s=math.inf))
        async with town.bot():
            card = town.card_of(await town.ask("image", prompt="a fox"))
        async with town.bot(answer_within=IntakeLimits(standing_s=0.0)):
            pressed = await town.press(card, "cancel")
            assert pressed.ephemeral
            assert "Busy right now" in town.card_of(pressed).content


async def test_an_interaction_that_comes_twice_is_one_job(town: Town) -> None:
    """Gateways repeat themselves after a bad resume; the member asked once."""
    asked = await town.ask("image", prompt="a fox")
    town.discord.replay(asked)
    await town.posted()
    await town.settled()
    assert len(await town.store.list_jobs()) == 1
    assert len(town.kling.creates) == 1
    assert len(town.posts()) == 1
