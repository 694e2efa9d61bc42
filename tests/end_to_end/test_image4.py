"""`/image` with the newer generation up to 8k, and series: from the command to the message."""

import hashlib
import io
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.domain.outcomes import outcome_problems
from sandbox.kling import Script, Switches
from sandbox.kling.orders import PictureDrawing
from tests.end_to_end.test_delivered_again import page_of
from tests.harness import shelf
from tests.harness.end_to_end.samples import noise
from tests.harness.models import CATALOGUE, IMAGE, LARGE, OMNI_AUTO
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.sampling import sampled
from tests.harness.town import Town, card_text, png

KEY = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
MIB = 2**20
WEEK_S = 7 * 86_400 + 60
GIVEN: tuple[dict[str, Any], ...] = ({}, {"image": png()})
ROOTS = ("/omni-image/", "/text-to-image/", "/image-to-image/")


@pytest.fixture(params=sampled(["official", "gateway"], "gateway"))
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, dialect=request.param, env=KEY) as made, made.bot():
        yield made


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def orders(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """The path and the body of every create of the newer generation, accepted or not."""
    return [
        (r.path, r.body or {})
        for r in town.kling.requests
        if r.method == "POST" and r.path.startswith(ROOTS)
    ]


async def test_a_picture_is_made_posted_and_paid_once(town: Town) -> None:
    """The model is in the path, the resolution is always said, and the pictures go in order."""
    first, second = png("one.png", colour="maroon"), png("two.png", colour="navy")
    asked = await town.ask(
        "image",
        prompt="put <<<image_1>>> beside <<<image_2>>>",
        model=LARGE,
        image=first,
        image_2=second,
        aspect_ratio="3:2",
        n=2,
    )
    await town.posted()
    await town.settled()
    path, body = orders(town)[-1]
    assert path == f"/omni-image/{LARGE}"
    assert [one["type"] for one in body["contents"]] == ["prompt", "refer_image", "refer_image"]
    assert body["settings"] == {"resolution": "2k", "aspect_ratio": "3:2", "n": 2}
    [task] = town.kling.creates
    assert isinstance(task.order.drawing, PictureDrawing)
    seen = [
        Image.open(io.BytesIO(one)).convert("RGB").getpixel((5, 5))
        for one in task.order.drawing.sources
    ]
    assert seen == [(128, 0, 0), (0, 0, 128)]
    assert "34 image units" in card_text(town.card_of(asked))
    assert_posted_once(town.posts(), 1)
    assert town.kling.charged("image") == task.order.units == 34


@pytest.mark.parametrize("model", [LARGE, pytest.param(OMNI_AUTO, marks=pytest.mark.sweep)])
async def test_a_series_comes_in_order(town: Town, model: str) -> None:
    """As many as were asked for, each by itself paid, posted in the order of the story."""
    await town.ask("image", prompt="a fox looks for its den", model=model, series=3)
    [post] = await town.posted()
    await town.settled()
    [task] = town.kling.creates
    assert (task.order.series, task.order.slots) == (True, 3)
    made = [town.results(task, index) for index in range(3)]
    assert [file.data for file in post.attachments] == made
    assert town.kling.charged("image") == task.order.units


async def test_a_series_without_a_model_goes_to_the_cheapest_that_makes_it(town: Town) -> None:
    """The default of today makes none; what it costs is on the card before anything is sent."""
    asked = await town.ask("image", prompt="a fox looks for its den", series=2)
    await town.posted()
    [task] = town.kling.creates
    able = [m for m in CATALOGUE.image if m.series_max]
    prices = {m.name: m.units_of_an_image(None, images=False) for m in able}
    assert prices[task.order.model] == min(p for p in prices.values() if p is not None)
    assert task.order.model in card_text(town.card_of(asked))


@pytest.mark.parametrize("by_input", [False, True])
@pytest.mark.parametrize("dialect", ["official", pytest.param("gateway", marks=pytest.mark.sweep)])
async def test_either_path_of_kling_is_found(
    tmp_path: Path, dialect: str, *, by_input: bool
) -> None:
    """The path is not documented: what is not there costs nothing and is asked for once."""
    switches = Switches(images_by_input=by_input, v4_takes_ids=True)
    async with open_town(tmp_path, dialect=dialect, switches=switches, env=KEY) as town, town.bot():
        for number, given in enumerate(GIVEN, start=1):
            await town.ask("image", prompt=f"a fox, {number}", model=LARGE, **given)
            await town.posted(number)
            await town.settled()
        assert [task.external_id is not None for task in town.kling.creates] == [True, True]
        asked = [path.split("/")[1] for path, _ in orders(town)]
        found = ["text-to-image", "image-to-image"] if by_input else ["omni-image"]
        assert asked == ["omni-image", *found]
        assert_posted_once(town.posts(), 2)


@pytest.mark.parametrize("takes", [False, True])
async def test_a_model_that_takes_no_id_is_learnt(tmp_path: Path, *, takes: bool) -> None:
    """The refusal costs nothing and is asked for once, also after a restart."""
    async with open_town(tmp_path, switches=Switches(v4_takes_ids=takes), env=KEY) as town:
        for number in (1, 2):
            async with town.bot():
                await town.ask("image", prompt=f"a fox, {number}", model=LARGE)
                await town.posted(number)
                await town.settled()
        with_id = ["external_task_id" in body.get("options", {}) for _, body in orders(town)]
        assert with_id == ([True, True] if takes else [True, False, False])
        assert len(town.kling.creates) == 2


@pytest.mark.parametrize("as_large_as_asked", sampled([False, True], False))
async def test_8k_comes_as_a_preview_a_link_and_later_as_a_whole(
    tmp_path: Path, *, as_large_as_asked: bool
) -> None:
    """A preview with a link to the whole; where the whole fits, "deliver again" posts it."""
    drawn = {"media_for": None} if as_large_as_asked else {}
    limit_bytes = (10 if as_large_as_asked else 1) * MIB
    async with open_town(tmp_path, env=KEY, kling_options=drawn) as town, town.bot():
        town.discord.channel_rules.limit_bytes = limit_bytes
        town.kling.script(Script(takes_s=math.inf, times=1))
        asked = await town.ask("image", prompt="a fox", resolution="8k", aspect_ratio="21:9")
        assert "at least 17 image units" in card_text(town.card_of(asked))
        await town.kling.until(lambda: bool(town.kling.creates))
        [task] = town.kling.creates
        assert isinstance(task.order.drawing, PictureDrawing)
        assert max(task.order.drawing.size) > 8000
        if as_large_as_asked:
            whole = shelf.result(task.order.drawing, 0)
        else:
            whole = noise(840, 560)
            town.results.made[task.id] = [whole]
        with Image.open(io.BytesIO(whole)) as large:
            shape = large.width / large.height
        town.kling.finish(task)
        [post] = await town.posted()
        [job] = await town.settled()
        [file] = post.attachments
        assert file.data is not None
        small = Image.open(io.BytesIO(file.data))
        assert file.size <= limit_bytes < len(whole)
        assert small.width / small.height == pytest.approx(shape, rel=0.01)
        assert town.kling.base_url in post.content
        town.discord.channel_rules.limit_bytes = 100 * MIB  # boosted
        town.clock.jump(WEEK_S)  # until then, the smaller limit counts
        await town.ask("image", prompt="a small fox")
        await town.posted(2)
        await town.press(await page_of(town, job.id), "deliver")
        *_, again = await town.posted(3)
        [file] = again.attachments
        assert (file.filename[-4:], file.size) == (".png", len(whole))
        assert file.sha256 == sha(whole)
        assert len(town.kling.creates) == 2


@pytest.mark.parametrize("takes", [False, True])
async def test_more_than_one_at_once_is_kling_s_to_refuse(tmp_path: Path, *, takes: bool) -> None:
    """Whether `n` has another limit is not documented; a refusal costs nothing and is told."""
    switches = Switches(image_v4_takes_n=takes)
    async with open_town(tmp_path, switches=switches, env=KEY) as town, town.bot():
        await town.ask("image", prompt="a fox", model=LARGE, n=2)
        if takes:
            [post] = await town.posted()
            assert len(post.attachments) == 2
        else:
            [job] = await town.settled()
            assert outcome_problems(job.outcome)
            assert town.kling.creates == []


async def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Privately, with the models that can, and before anything is sent."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        said = await town.refused(
            "image",
            prompt="x",
            model=IMAGE,
            resolution="8k",
            series=4,
            n=2,
            negative_prompt="fog",
            image=png(width=10, height=10),
        )
        for word in ("8k", "`series` and `n`", "doesn't make a series", LARGE, "negative", "10"):
            assert word in said, word
        assert orders(town) == []


async def test_a_pair_of_keys_is_not_enough(tmp_path: Path) -> None:
    """Refused privately with the line to set, before anything is spent, and not proposed."""
    async with open_town(tmp_path) as town, town.bot():
        said = await town.refused("image", prompt="a fox", model=LARGE)
        assert "KLINGBOT_KLING__API_KEY" in said
        assert LARGE in said
        proposed = await town.discord.autocomplete(
            town.member, town.channel, "image", {"model": "kling"}, "model"
        )
        assert LARGE not in {choice["value"] for choice in proposed}
        assert orders(town) == []
