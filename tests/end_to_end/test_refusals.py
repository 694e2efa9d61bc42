"""Bad input as a first answer: private, naming the problem and the limit, and nothing is left."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import LocalRefusal, Upload
from tests.harness import models
from tests.harness.end_to_end.samples import clip, clip_with_faces, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, png

TIMES = "\N{MULTIPLICATION SIGN}"
Row = tuple[dict[str, Any], tuple[str, ...]]

VIDEO: dict[str, Row] = {
    "white space": ({"prompt": " \n\t"}, ("`prompt`", "is empty")),
    "duration": ({"duration": 7}, ("7 s", "5, 10 s", models.VIDEO)),
    "duration of a long model": ({"model": models.VIDEO, "duration": 16}, ("16 s", "3-15 s")),
    "mode": ({"mode": "4k"}, ("`4k`", "std, pro", models.VIDEO)),
    "no camera": ({"camera": "down_back"}, ("`camera`", models.CAMERA)),
    "camera mode": (
        {"model": models.CAMERA, "camera": "down_back", "mode": "pro"},
        ("only in mode std",),
    ),
    "camera duration": (
        {"model": models.CAMERA, "camera": "down_back", "duration": 10},
        ("`duration` of 5 s",),
    ),
    "camera type": (
        {
            "model": models.CAMERA_OF_A_PICTURE,
            "mode": "pro",
            "image": png(),
            "camera": "down_back",
        },
        ("`down_back`", "zoom, pan"),
    ),
    "cfg_scale": ({"cfg_scale": 0.5}, ("`cfg_scale`", models.VIDEO)),
    "sound": ({"sound": True}, ("silent", models.VIDEO)),
    "sound in this mode": ({"model": models.SHORT, "sound": True}, ("only in mode pro",)),
    "end without beginning": ({"end_image": png()}, ("`end_image`", "Attach `image`")),
    "end in this mode": ({"image": png(), "end_image": png()}, ("only in mode pro",)),
    "amount without camera": ({"camera_amount": 3}, ("`camera_amount` needs a `camera`",)),
    "axis without amount": (
        {"model": models.CAMERA, "camera": "pan"},
        ("`pan`", "other than 0", "-10 to 10"),
    ),
    "axis of nought": (
        {"model": models.CAMERA, "camera": "pan", "camera_amount": 0},
        ("other than 0",),
    ),
    "preset with amount": (
        {"model": models.CAMERA, "camera": "forward_up", "camera_amount": 1},
        ("`forward_up`", "doesn't take a `camera_amount`"),
    ),
    "a model of pictures": ({"model": models.ONLY_IMAGE}, ("doesn't work with </video:",)),
    "a model from pictures only": ({"model": models.FROM_A_PICTURE}, ("needs an image",)),
    "no model": ({"model": "a model!"}, ("valid model name",)),
}
IMAGE: dict[str, Row] = {
    "white space": ({"prompt": " "}, ("`prompt`", "is empty")),
    "ratio": ({"model": models.NO_WIDE, "aspect_ratio": "21:9"}, ("21:9", "16:9, 9:16")),
    "auto": ({"aspect_ratio": "auto"}, ("auto", models.OMNI)),
    "resolution": ({"resolution": "4k"}, ("4k", "1k, 2k", models.OMNI_AUTO)),
    "fidelity": ({"fidelity": 0.5}, ("`fidelity` needs an image",)),
    "reference": ({"reference": "face"}, ("`reference` needs an image",)),
    "human fidelity": ({"image": png(), "human_fidelity": 1}, ("`reference` set to `subject`",)),
    "reference needed": ({"model": models.REFERENCE_NEEDED, "image": png()}, ("subject, face",)),
    "negative": ({"image": png(), "negative_prompt": "x"}, ("a negative prompt",)),
    "negative on omni": (
        {"model": models.OMNI, "negative_prompt": "x"},
        ("support negative prompts",),
    ),
    "gap": ({"image": png(), "image_3": png()}, ("skipped `image_2`",)),
    "no first": ({"image_2": png()}, ("skipped `image`",)),
    "cited": ({"prompt": "<<<image_2>>>", "image": png()}, ("<<<image_2>>>", "attached is 1")),
    "cited none": ({"prompt": "as <<<image_1>>>"}, ("<<<image_1>>>", "attached is 0")),
    "cited nought": ({"prompt": "<<<image_0>>>", "image": png()}, ("numbered from 1",)),
    "two for one": (
        {"model": models.SMALLER_WITH_A_PICTURE, "image": png(), "image_2": png()},
        ("several images", models.OMNI_AUTO),
    ),
    "small": ({"image": png(width=299, height=400)}, (f"299 {TIMES} 400", "at least 300")),
    "thin": ({"image": png(width=1000, height=399)}, (f"1000 {TIMES} 399", "2.5 times")),
    "heavy": ({"image": Upload(bytes(50_000_001), "big.png")}, ("51 MB", "limit is 50 MB")),
}


def small_clip() -> Upload:
    """Return a clip that is smaller than Kling takes."""
    return Upload(clip_with_faces(1, 2.0, (320, 240)), "small.mp4")


TYPED: dict[str, Row] = {
    "both": ({"video": clip, "video_url": "https://example.com/a.mp4"}, ("not both",)),
    "neither": ({}, ("The video is missing",)),
    "file": ({"video_url": "file:///etc/passwd"}, ("`https://` or `http://`",)),
    "words": ({"video_url": "my clip"}, ("`https://` or `http://`",)),
    "loopback": ({"video_url": "http://127.0.0.1/a.mp4"}, ("private network",)),
    "this machine": ({"video_url": "http://localhost/a.mp4"}, ("private network",)),
    "metadata": ({"video_url": "http://169.254.169.254/latest"}, ("private network",)),
    "six": ({"video_url": "http://[::ffff:10.0.0.1]/a.mp4"}, ("private network",)),
    "number": ({"video_url": "http://2130706433/a.mp4"}, ("no valid host name",)),
    "port": ({"video_url": "https://example.com:22/a.mp4"}, ("port",)),
    "password": ({"video_url": "https://me:secret@example.com/"}, ("password",)),
    "no clip": ({"video": png("a.png")}, ("MP4 and MOV",)),
    "small clip": (
        {"video": small_clip},
        (f"320 {TIMES} 240", "between 512 and 2160"),
    ),
    "end before start": ({"video": clip, "start": 3, "end": 1}, ("1 s", "3 s")),
    "short part": ({"video": clip, "start": 1, "end": 2.5}, ("1.5 s", "at least 2 s")),
    "late": ({"video": clip, "insert": 59}, ("59 s", "58 s")),
}
FORGED: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "empty": ("image", {"prompt": ""}, ("`prompt`", "is empty")),
    "long": ("image", {"prompt": "x" * 2501}, ("2501", "limit is 2500")),
    "long negative": (
        "video",
        {"prompt": "x", "negative_prompt": "x" * 2501},
        ("2501", "limit is 2500"),
    ),
    "ten": ("image", {"prompt": "x", "n": 10}, ("`n`", "10", "1 to 9")),
    "none": ("image", {"prompt": "x", "n": 0}, ("`n`", "1 to 9")),
    "fidelity": ("image", {"prompt": "x", "fidelity": 1.5}, ("`fidelity`", "0 to 1")),
    "cfg": ("video", {"prompt": "x", "cfg_scale": -0.1}, ("`cfg_scale`", "0 to 1")),
    "amount": (
        "video",
        {"prompt": "x", "model": models.CAMERA, "camera": "pan", "camera_amount": 11},
        ("`camera_amount`", "-10 to 10"),
    ),
    "no time": ("video", {"prompt": "x", "duration": 0}, ("`duration`", "minimum is 1")),
    "camera": ("video", {"prompt": "x", "camera": "barrel"}, ("`camera`", "zoom, pan")),
    "ratio": ("video", {"prompt": "x", "aspect_ratio": "2:1"}, ("16:9, 9:16, 1:1",)),
    "resolution": ("image", {"prompt": "x", "resolution": "16k"}, ("1k, 2k, 4k, 8k",)),
}


def same(table: dict[str, Row], **options: Any) -> dict[str, Row]:
    return {name: ({**options, **row}, words) for name, (row, words) in table.items()}


TABLES = {
    "video": same(VIDEO, prompt="a boat"),
    "image": same(IMAGE, prompt="a fox"),
    "lipsync": same(TYPED, audio=voice),
}


@pytest.mark.parametrize("command", TABLES)
async def test_what_can_be_told_at_once_is_refused_at_once(town: Town, command: str) -> None:
    """Each refusal names what is wrong and what would do."""
    for name, (options, words) in TABLES[command].items():
        made = {key: value() if callable(value) else value for key, value in options.items()}
        told = await town.refused(command, **made)
        missing = [word for word in words if word not in told]
        assert not missing, f"{name}: {told}"


async def test_what_a_client_would_not_send_is_refused_all_the_same(town: Town) -> None:
    """Limits that Discord's own client keeps are kept here too."""
    for name, (command, options, words) in FORGED.items():
        with pytest.raises(LocalRefusal):
            await town.ask(command, **options)
        told = await town.refused_forged(command, **options)
        missing = [word for word in words if word not in told]
        assert not missing, f"{name}: {told}"


async def test_all_problems_are_told_at_once(town: Town) -> None:
    """A request with many faults is one message with a line for each."""
    told = await town.refused(
        "video", prompt=" ", duration=7, mode="4k", end_image=png(width=10, height=10)
    )
    assert told.startswith("5 things need changing. Nothing was accepted and nothing was charged.")
    assert len(told.splitlines()) == 6


async def test_refusals_are_told_in_the_members_language(town: Town) -> None:
    """A member whose client is Chinese reads Chinese, with the names of the options as typed."""
    member = town.discord.add_user("小明", "zh-CN")
    told = await town.refused("image", by=member, prompt=" ")
    assert told == "`prompt`: 这里是空的。请写下你想要的内容。"
    told = await town.refused("video", by=member, prompt="船", duration=7, camera_amount=1)
    assert "时长" in told or "秒" in told
    assert "`camera_amount`" in told
    assert models.VIDEO in told
    told = await town.refused("image", by=member, prompt="x", image=png(width=10, height=400))
    assert f"10 {TIMES} 400" in told
    assert "300" in told


async def test_a_server_that_is_not_on_the_list_is_not_served(tmp_path: Path) -> None:
    """`access.guilds` names the servers; others, and direct messages, are told so."""
    async with open_town(tmp_path, env={"KLINGBOT_ACCESS__GUILDS": "[1]"}) as town, town.bot():
        assert "not enabled in this server" in await town.refused("image", prompt="a fox")
        dm = town.discord.dm(town.member)
        assert "not enabled in this server" in await town.refused("image", at=dm, prompt="a fox")


async def test_the_day_has_so_many_jobs(tmp_path: Path) -> None:
    """Past the limit a command is refused with both numbers, until tomorrow; others go on."""
    env = {"KLINGBOT_ACCESS__JOBS_PER_MEMBER_DAY": "1"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        await town.ask("image", prompt="a fox")
        await town.posted()
        await town.settled()
        told = await town.refused("image", prompt="a cat")
        assert "all 1 of your jobs for today" in told
        again_at = int(told.partition("<t:")[2].partition(":R>")[0])
        assert again_at % 86_400 == 0
        assert 0 < again_at - town.clock.now() <= 86_400
        other = town.discord.add_user("bob")
        assert not (await town.ask("image", by=other, prompt="a cat")).ephemeral
        await town.posted(2)
        await town.settled()
        town.clock.jump(86_400)
        assert not (await town.ask("image", prompt="a cat")).ephemeral
        await town.posted(3)


async def test_more_pictures_than_the_account_has_slots_are_refused(tmp_path: Path) -> None:
    """A job that could never be sent is refused with the numbers."""
    async with open_town(tmp_path, env={"KLINGBOT_KLING__IMAGE_SLOTS": "4"}) as town, town.bot():
        told = await town.refused("image", prompt="a fox", n=5)
        assert "takes 5 slots" in told
        assert "has 4" in told
