"""Files as a first answer's problem: told by their bytes, beside everything else that is wrong."""

import io
from typing import Any

from PIL import Image

from sandbox.discord import Upload
from tests.harness.end_to_end.samples import clip, speech, voice
from tests.harness.town import Town, picture, png

TIMES = "\N{MULTIPLICATION SIGN}"


def bomb() -> bytes:
    """Return a picture of few bytes that opens to hundreds of megapixels."""
    made = io.BytesIO()
    Image.new("1", (16_000, 16_000)).save(made, "PNG")
    return made.getvalue()


async def test_files_are_judged_by_their_bytes(town: Town) -> None:
    """Whatever a name or a declared type says: what cannot be used is refused by its content."""
    text = b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 50
    cut = picture()[:400]
    tiny = picture(200, 200)
    table: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
        "words": ("image", {"image": Upload(text, "a.png")}, ("`image`", "PNG, JPEG")),
        "declared": ("image", {"image": Upload(text, "a", "image/png")}, ("`image`", "PNG")),
        "a sound": ("image", {"image": Upload(speech(2.5), "a.png")}, ("`image`", "PNG")),
        "cut off": ("image", {"image": Upload(cut, "a.png")}, ("`image`", "PNG")),
        "a bomb": ("image", {"image": Upload(bomb(), "a.png")}, ("256 megapixels", "limit is")),
        "hidden size": ("image", {"image": Upload(tiny, "a.txt")}, (f"200 {TIMES} 200", "300")),
        "second": (
            "image",
            {"image": png(), "image_2": Upload(text, "b.png")},
            ("`image_2`", "PNG"),
        ),
        "last frame": (
            "video",
            {"mode": "pro", "image": png(), "end_image": Upload(text, "b.png")},
            ("`end_image`", "PNG"),
        ),
        "no sound": (
            "lipsync",
            {"video": clip(), "audio": Upload(text, "a.mp3")},
            ("`audio`", "MP3"),
        ),
        "a short sound": (
            "lipsync",
            {"video": clip(), "audio": Upload(speech(1.5), "a.mp3")},
            ("`audio`", "1.5", "minimum is 2 s"),
        ),
    }
    await town.warm()
    for name, (command, options, words) in table.items():
        if command != "lipsync":
            options["prompt"] = "x"
        told = await town.refused(command, **options)
        missing = [word for word in words if word not in told]
        assert not missing, f"{name}: {told}"


WORDS = b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 50


async def test_rules_and_files_are_told_together(town: Town) -> None:
    """What a file turns out to be is told beside what could be told without opening it."""
    unreadable = Upload(WORDS, "voice.mp3")
    table: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
        "kind and sound": (
            "lipsync",
            {"video": Upload(b"RIFF", "clip.avi"), "audio": unreadable},
            ("2 things", "`video`", "MP4 and MOV", "`audio`", "MP3, WAV"),
        ),
        "place and sound": (
            "lipsync",
            {"video_url": "http://10.0.0.1/a.mp4", "audio": unreadable},
            ("2 things", "`video_url`", "private network", "`audio`", "MP3, WAV"),
        ),
        "place and part of the sound": (
            "lipsync",
            {"video_url": "http://10.0.0.1/a.mp4", "audio": voice(2.5), "start": 9},
            ("2 things", "private network", "`audio`", "2.5 s long"),
        ),
        "volume and sound": (
            "lipsync",
            {"video_url": "my clip", "audio": unreadable, "start": 5, "end": 4},
            ("3 things", "`https://`", "`end` (4 s)", "`audio`", "MP3, WAV"),
        ),
        "option, size and picture": (
            "image",
            {
                "prompt": "x",
                "resolution": "4k",
                "image": png(width=10, height=10),
                "image_2": Upload(WORDS, "b.png"),
                "model": "kling-image-o1",
            },
            ("3 things", "4k", "`image`", f"10 {TIMES} 10", "`image_2`", "PNG, JPEG"),
        ),
    }
    await town.warm()
    for name, (command, options, words) in table.items():
        told = await town.refused(command, **options)
        missing = [word for word in words if word not in told]
        assert not missing, f"{name}: {told}"
    chinese = town.discord.add_user("小明", "zh-CN")
    _, options, _ = table["kind and sound"]
    told = await town.refused("lipsync", by=chinese, **options)
    assert told.startswith("有 2 处需要修改")
    assert len(told.splitlines()) == 3
