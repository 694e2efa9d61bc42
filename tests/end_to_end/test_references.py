"""`/video` with references: cited in the prompt, sent in order, seen in the posted video."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from bot.domain.requests import REFERENCE_OPTIONS
from sandbox.kling.clips import frame_at
from storage.job import State
from tests.end_to_end.test_commands import suggested
from tests.end_to_end.test_jobs import text_of
from tests.harness.models import (
    FIRST_ONLY,
    LEGACY_REFERENCES,
    NEWER,
    REFERENCES,
    REFERENCES_AND_ENDS,
    SHORT,
    UNKNOWN,
)
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.town import Town, card_text, png

KEY = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
DRAWN: dict[str, Any] = {"media_for": None}
"""Results as the local Kling draws them."""
THREE: dict[str, Any] = {
    "reference": png("fox.png", colour="maroon"),
    "reference_2": png("lake.png", colour="green"),
    "reference_3": png("moon.png", colour="navy"),
}
CITED = "<<<image_1>>> runs along <<<image_2>>> under <<<image_3>>>"


def orders(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """The model in the path, and the body, of every create on omni-video."""
    root = "/omni-video/"
    return [
        (r.path.removeprefix(root), r.body or {})
        for r in town.kling.requests
        if r.method == "POST" and r.path.startswith(root)
    ]


def strongest(image: Image.Image) -> int:
    """Which of red, green and blue a picture has most of."""
    means = ImageStat.Stat(image.convert("RGB")).mean
    return max(range(3), key=means.__getitem__)


@pytest.mark.parametrize("dialect", ["official", pytest.param("gateway", marks=pytest.mark.sweep)])
async def test_each_picture_is_seen_in_the_posted_video(tmp_path: Path, dialect: str) -> None:
    """From the command to the file in the channel, at the price on the card, paid once."""
    opened = open_town(tmp_path, dialect=dialect, env=KEY, kling_options=DRAWN)
    async with opened as town, town.bot():
        asked = await town.ask(
            "video",
            prompt=CITED,
            duration=4,
            model=REFERENCES_AND_ENDS,
            aspect_ratio="9:16",
            **THREE,
        )
        card = card_text(town.card_of(asked))
        [post] = await town.posted()
        [job] = await town.settled()
        assert job.state is State.DONE
        [task] = town.kling.creates
        assert f"Price: {task.order.units.normalize()} video units" in card
        assert "9:16" in card
        [file] = post.attachments
        data = file.data
        assert data is not None
        frames = [await asyncio.to_thread(frame_at, data, ms) for ms in (0, 2000, 4100)]
        assert [strongest(frame) for frame in frames] == [0, 1, 2]
        assert all(frame.height > frame.width for frame in frames)
        assert town.kling.charged("video") == task.order.units
        assert_paid_once(town, 1)
        assert_posted_once(town.posts(), 1)


async def test_what_kling_is_sent(tmp_path: Path) -> None:
    """The words first, then the references in their order, then frames; the ratio where needed."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        await town.ask("video", prompt=CITED, **THREE)
        await town.posted()
        ends: dict[str, Any] = {
            "image": png("first.png"),
            "end_image": png("last.png", colour="gold"),
        }
        await town.ask("video", prompt=CITED, model=REFERENCES_AND_ENDS, **THREE, **ends)
        await town.posted(2)
        await town.ask("video", prompt="a fox", model=FIRST_ONLY)
        await town.posted(3)
        tries = [(model, [one["type"] for one in body["contents"]]) for model, body in orders(town)]
        references = ["refer_image"] * 3
        assert tries[-3:] == [
            (REFERENCES, ["prompt", *references]),
            (REFERENCES_AND_ENDS, ["prompt", *references, "first_frame", "last_frame"]),
            (FIRST_ONLY, ["prompt"]),
        ]
        (_, bare), (_, framed), (_, words) = orders(town)[-3:]
        assert bare["contents"][0]["text"] == CITED
        assert len({one["url"] for one in framed["contents"][1:]}) == 5
        assert "aspect_ratio" not in framed["settings"]
        assert words["settings"] == {"resolution": "720p", "duration": 5, "aspect_ratio": "16:9"}
        assert framed["settings"]["multi_shot"] is False


async def test_the_default_can_be_set(tmp_path: Path) -> None:
    """`defaults.video_omni_model` counts with a reference, and only then."""
    env = KEY | {"KLINGBOT_DEFAULTS__VIDEO_OMNI_MODEL": FIRST_ONLY}
    async with open_town(tmp_path, env=env) as town, town.bot():
        await town.ask("video", prompt="it runs", reference=png())
        await town.ask("video", prompt="a fox")
        await town.posted(2)
        models = [task.order.model for task in town.kling.creates]
        assert models == [FIRST_ONLY, town.settings.defaults.video_model]


async def test_run_again_has_the_same_references(tmp_path: Path) -> None:
    """The stored pictures go again, in their order, to the same model."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        await town.ask("video", prompt=CITED, model=FIRST_ONLY, **THREE)
        [post] = await town.posted()
        await town.settled()
        await town.press(post, "again")
        await town.posted(2)
        (one, first), (two, second) = orders(town)
        assert (one, two) == (FIRST_ONLY, FIRST_ONLY)
        assert first.pop("options") != second.pop("options")
        assert first == second


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"prompt": "<<<image_2>>> and <<<image_0>>>", "model": SHORT, "reference": png()},
        ["`<<<image_2>>>`", "numbered from 1", f"{SHORT} doesn't take reference", FIRST_ONLY],
    ),
    ({"prompt": "<<<image_1>>> runs"}, ["`<<<image_1>>>`", "attached is 0"]),
    ({"prompt": "it runs", "reference_3": png()}, ["skipped `reference`"]),
    (
        {"prompt": "it runs", "model": REFERENCES, "reference": png(), "image": png("first.png")},
        ["can't combine `reference` with `image`", REFERENCES_AND_ENDS],
    ),
    (
        {
            "prompt": "it runs",
            "reference": png(width=200, height=200),
            "reference_2": png(width=900, height=300),
        },
        ["200 \u00d7 200", "900 \u00d7 300"],
    ),
    ({"prompt": "it runs", "model": FIRST_ONLY, "duration": 7}, ["7 s", "5, 10"]),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
async def test_everything_that_is_wrong_is_told_at_once(
    tmp_path: Path, given: dict[str, Any], told: list[str]
) -> None:
    """Privately, before anything is sent or spent."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        said = await town.refused("video", **given)
        for words in told:
            assert words in said, words
        assert orders(town) == []


async def test_a_chinese_member_is_refused_in_chinese(tmp_path: Path) -> None:
    """The same problems in the language of the member."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        reader = town.discord.add_user("小明", "zh-CN")
        asked = await town.ask("video", prompt="<<<image_1>>>", model=NEWER, by=reader)
        assert asked.ephemeral
        assert "只附了 0 张参考图" in text_of(asked)


@pytest.mark.sweep
async def test_a_pair_of_keys_has_models_too(tmp_path: Path) -> None:
    """One list for references and the frame, references first; mode and ratio are always said."""
    async with open_town(tmp_path, kling_options=DRAWN) as town, town.bot():
        await town.ask("video", prompt=CITED, duration=3, **THREE)
        [post] = await town.posted()
        await town.ask(
            "video",
            prompt="<<<image_1>>>",
            reference=png(),
            image=png("b.png"),
            aspect_ratio="9:16",
        )
        await town.posted(2)
        (path, bare), (_, framed) = town.orders()
        assert path == "videos/omni-video"
        assert (bare["model_name"], bare["prompt"]) == (LEGACY_REFERENCES, CITED)
        assert (bare["mode"], bare["aspect_ratio"], bare["duration"]) == ("std", "16:9", "3")
        assert [sorted(one) for one in bare["image_list"]] == [["image_url"]] * 3
        assert [one.get("type") for one in framed["image_list"]] == [None, "first_frame"]
        assert "aspect_ratio" not in framed
        [file] = post.attachments
        assert file.data is not None
        frames = [await asyncio.to_thread(frame_at, file.data, ms) for ms in (0, 1500, 3100)]
        assert [strongest(frame) for frame in frames] == [0, 1, 2]
        assert town.kling.charged("video") == sum(t.order.units for t in town.kling.creates)


@pytest.mark.parametrize(
    "model", [UNKNOWN, pytest.param("kling-9.0-omni", marks=pytest.mark.sweep)]
)
async def test_a_stranger_gets_the_references_too(tmp_path: Path, model: str) -> None:
    """A model that is not known is sent all of it, where references go: Kling decides."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        await town.ask("video", prompt=CITED, model=model, **THREE)
        await town.settled()
        [sent] = [r for r in town.kling.requests if r.method == "POST" and "omni-video" in r.path]
        assert str(sent.body).count("<<<image_1>>>") == 1
        body = sent.body or {}
        assert len(body.get("image_list", body.get("contents", [])[1:])) == 3
        assert town.kling.creates == []


async def test_a_frame_counts_where_the_list_is_one(town: Town) -> None:
    """Seven pictures in all: with a first frame, six references."""
    seven = {name: png(f"{name}.png") for name in REFERENCE_OPTIONS}
    more: dict[str, Any] = {"image": png("b.png"), **seven}
    said = await town.refused("video", prompt="x", model=LEGACY_REFERENCES, **more)
    assert "at most 6 reference images; you attached 7" in said


async def test_a_newer_model_needs_an_api_key(town: Town) -> None:
    """It says so, with the line to set; none is proposed."""
    said = await town.refused("video", prompt="it runs", model=REFERENCES, reference=png())
    assert "KLINGBOT_KLING__API_KEY" in said
    assert not {REFERENCES, FIRST_ONLY} & set(await suggested(town, "video"))
