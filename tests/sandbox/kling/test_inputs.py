"""Pictures, sounds and clips as inputs: judged by their bytes, URLs really fetched."""

import io
import wave

import pytest

from sandbox.kling import Switches
from sandbox.kling.samples import speech
from tests.harness.end_to_end.samples import clip_with_faces
from tests.harness.kling_caller import Caller, Files, picture, raw64
from tests.harness.media.pictures import png_header
from tests.sandbox.kling.conftest import OpenWorld

I2V = "videos/image2video"
BIG = b"\0" * (10 * 1024 * 1024 + 1)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("data:image/png;base64," + raw64(picture()), "File is not in a valid base64 format"),
        (raw64(picture()) + "!", "File is not in a valid base64 format"),
        ("not base64 at all", "File is not in a valid base64 format"),
        (raw64(picture((299, 400))), "Image pixel is invalid"),
        (raw64(picture((300, 751))), "Image pixel is invalid"),
        (raw64(picture(kind="GIF")), "Image format is invalid"),
        (raw64(picture(kind="WEBP")), "Image format is invalid"),
        (raw64(picture()[:200]), "Image format is invalid"),
        (raw64(BIG), "Image size is invalid"),
        (raw64(png_header(20_000, 10_000)), "Image pixel is invalid"),
        (17, "File is not in a valid base64 format"),
    ],
)
async def test_a_picture_is_refused_by_its_bytes(kling: Caller, image: object, words: str) -> None:
    """Prefix, size, shape and format are refused in Kling's words, for either frame."""
    assert (await kling.post(I2V, image=image)).refusal == (400, 1201, words)
    frames = {"image": raw64(picture()), "image_tail": image}
    assert (await kling.post(I2V, **frames)).refusal == (400, 1201, words)


@pytest.mark.parametrize("content", [picture((300, 750)), picture((300, 300), kind="JPEG")])
async def test_a_picture_on_the_limit_is_taken(kling: Caller, content: bytes) -> None:
    """300 pixels, a ratio of 1 to 2.5, PNG and JPEG pass."""
    assert (await kling.post(I2V, image=raw64(content))).status == 200


async def test_a_url_is_really_fetched(kling: Caller, files: Files) -> None:
    """A picture by URL is downloaded and judged like any other; a dead link is refused."""
    good, small = files.put("a.png", picture()), files.put("b.png", picture((100, 100)))
    large = files.put("c.png", BIG)
    assert (await kling.post(I2V, image=good)).status == 200
    assert (await kling.post(I2V, image=small)).message == "Image pixel is invalid"
    assert (await kling.post(I2V, image=large)).message == "Image size is invalid"
    assert (
        await kling.post(I2V, image=f"{files.base_url}/none")
    ).message == "Image download failed"
    assert (await kling.post(I2V, image="http://127.0.0.1:1/x")).message == "Image download failed"


@pytest.mark.parametrize(
    ("seconds", "size", "words"),
    [
        (1.0, (640, 512), "Video duration is invalid"),
        (2.0, (640, 510), "Video pixel is invalid"),
        (2.0, (2162, 512), "Video pixel is invalid"),
    ],
)
async def test_a_clip_is_probed(
    kling: Caller, files: Files, seconds: float, size: tuple[int, int], words: str
) -> None:
    """Identify-face fetches the clip and refuses one too short, too small or too large."""
    url = files.put("clip.mp4", clip_with_faces(1, seconds, size))
    answer = await kling.post("videos/identify-face", video_url=url)
    assert answer.refusal == (400, 1201, words)


async def test_what_is_no_clip(kling: Caller, files: Files) -> None:
    """A picture, a missing file and a bare path are no clips."""
    for url, words in (
        (files.put("clip.mp4", picture()), "Video format is invalid"),
        (files.put("voice.mp4", speech(3, "m4a")), "Video format is invalid"),
        (f"{files.base_url}/none", "Video download failed"),
        ("/clip.mp4", "video_url is invalid"),
    ):
        answer = await kling.post("videos/identify-face", video_url=url, video_id="")
        assert answer.refusal == (400, 1201, words)


def quiet(seconds: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000 * seconds))
    return out.getvalue()


async def dubbed(kling: Caller, files: Files, duo: bytes, sound: bytes) -> str:
    url = files.put("duo.mp4", duo)
    session = (await kling.post("videos/identify-face", video_url=url)).data["session_id"]
    face = {
        "face_id": "0",
        "sound_file": raw64(sound),
        "sound_start_time": 0,
        "sound_end_time": 2000,
        "sound_insert_time": 0,
    }
    answer = await kling.post("videos/advanced-lip-sync", session_id=session, face_choose=[face])
    return answer.message


@pytest.mark.parametrize("kind", ["mp3", "wav", "m4a"])
async def test_sounds_that_are_taken(kling: Caller, files: Files, duo: bytes, kind: str) -> None:
    """MP3, WAV and M4A of two seconds or more pass."""
    assert await dubbed(kling, files, duo, speech(2.5, kind)) == "SUCCEED"


async def test_sounds_that_are_refused(kling: Caller, files: Files, duo: bytes) -> None:
    """No sound, too little, too long and too large are refused."""
    assert await dubbed(kling, files, duo, picture()) == "Audio format is invalid"
    assert await dubbed(kling, files, duo, speech(1.5, "wav")) == "Audio duration is invalid"
    assert await dubbed(kling, files, duo, quiet(61)) == "Audio duration is invalid"
    assert await dubbed(kling, files, duo, BIG[: 5 * 1024 * 1024 + 1]) == "Audio size is invalid"


@pytest.mark.parametrize(
    ("switch", "words"), [(True, "Audio format is invalid"), (False, "SUCCEED")]
)
async def test_switch_m4a_refused(
    open_world: OpenWorld, files: Files, duo: bytes, *, switch: bool, words: str
) -> None:
    """M4A is refused where the switch follows what was seen live; MP3 never is."""
    kling = await open_world(switches=Switches(m4a_refused=switch))
    assert await dubbed(kling, files, duo, speech(2.5, "m4a")) == words
    assert await dubbed(kling, files, duo, speech(2.5, "mp3")) == "SUCCEED"
