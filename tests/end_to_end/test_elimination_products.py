"""A lost answer of 4.0 whatever it makes: images, videos with references, videos made from another.

`test_elimination.py` has the laws; here each of them is tried on every such product.
"""

from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import Interaction
from sandbox.kling import Fault, How, Switches
from tests.end_to_end.test_edit import video
from tests.end_to_end.test_elimination import (
    ALONE,
    KEY,
    by_a_stranger,
    resting,
    told,
    unsure,
    without_id,
)
from tests.harness.models import DEAR_EDITS, LARGE, REFERENCES
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import Town, png

PRODUCTS = ["an image", "a series", "references", "an edit", "a new video"]
SAMPLE = {"an image", "an edit"}
EACH = [p if p in SAMPLE else pytest.param(p, marks=pytest.mark.sweep) for p in PRODUCTS]
FREELY = {"KLINGBOT_LIMITS__MEMBER_VIDEO_UNITS_PER_DAY": "0"}
FOREIGN = {"watermark_info": {"enabled": False}}


async def ask(town: Town, product: str, seconds: float = 3.0, **more: Any) -> Interaction:
    """Ask for one of it."""
    ways: dict[str, tuple[str, dict[str, Any]]] = {
        "an image": ("image", {"model": LARGE, "prompt": "the same words"}),
        "a series": ("image", {"model": LARGE, "prompt": "the same words", "series": 2}),
        "references": ("video", {"model": REFERENCES, "prompt": "<<<image_1>>> runs"}),
        "an edit": ("edit", {"model": DEAR_EDITS, "prompt": "make it winter"}),
        "a new video": ("edit", {"model": DEAR_EDITS, "prompt": "like it", "use": "reference"}),
    }
    command, options = ways[product]
    files: dict[str, Any] = {"references": {"reference": png()}}.get(product, {})
    if command == "edit":
        files = {"video": video(seconds)}
    return await town.ask(command, **options, **files, **more)


def path_of(product: str) -> str:
    if product in {"an image", "a series"}:
        return f"/omni-image/{LARGE}"
    return f"/omni-video/{REFERENCES if product == 'references' else DEAR_EDITS}"


def lost(town: Town, product: str, *, before: bool = False) -> Fault:
    """Lose the answer to the next order without an id."""
    fault = Fault(How.DROP, path=path_of(product), body=without_id, before=before)
    return town.kling.fault(fault)


async def the_same_by_a_stranger(town: Town, product: str) -> None:
    """Have another program order exactly what the bot ordered last."""
    sent = [r.body for r in town.kling.requests if r.path == path_of(product) and r.body]
    body = {key: value for key, value in sent[-1].items() if key != "options"}
    await by_a_stranger(town, path_of(product), body | {"options": FOREIGN})


@pytest.mark.parametrize("product", EACH)
async def test_the_only_task_of_that_time_is_ours(tmp_path: Path, product: str) -> None:
    """Alone on the account, it is found, paid once and posted once."""
    async with open_town(tmp_path, env=ALONE | FREELY) as town, town.bot():
        lost(town, product)
        asked = await ask(town, product)
        await resting(town, told)
        await town.card_says(asked, "✅")
        await town.settled()
        assert len(town.kling.creates) == 1
        assert_posted_once(town.posts(), 1)


@pytest.mark.parametrize("product", EACH)
async def test_each_twin_gets_a_task_of_its_own(tmp_path: Path, product: str) -> None:
    """The same in the same second by two members, one answer lost."""
    async with open_town(tmp_path, env=ALONE | FREELY) as town, town.bot():
        lost(town, product)
        first = await ask(town, product)
        second = await ask(town, product, by=town.discord.add_user("noa"))
        rows = await resting(town, told)
        for asked in (first, second):
            await town.card_says(asked, "✅")
        await town.settled()
        assert {job.task_id for job in rows} == {task.id for task in town.kling.creates}
        assert len(town.kling.creates) == 2
        assert_posted_once(town.posts(), 2)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("product", EACH)
async def test_on_a_shared_account_a_strangers_twin_is_never_ours(
    tmp_path: Path, product: str, *, before: bool
) -> None:
    """Whether ours was made or not: a person decides, and nothing is posted."""
    async with open_town(tmp_path, env=KEY | FREELY) as town, town.bot():
        fault = lost(town, product, before=before)
        await ask(town, product)
        await fault.arrived.wait()
        await the_same_by_a_stranger(town, product)
        await resting(town, unsure)
        assert town.posts() == []
        assert len(town.kling.creates) == 2 - before


@pytest.mark.parametrize("product", [pytest.param(p, marks=pytest.mark.sweep) for p in PRODUCTS])
async def test_where_ids_are_taken_it_is_found_by_its_id(tmp_path: Path, product: str) -> None:
    """The other answer of 4.0, on a shared account, beside a stranger's twin."""
    switches = Switches(v4_takes_ids=True)
    async with open_town(tmp_path, switches=switches, env=KEY | FREELY) as town, town.bot():
        fault = town.kling.fault(
            Fault(
                How.DROP,
                path=path_of(product),
                body=lambda body: "external_task_id" in body["options"],
            )
        )
        asked = await ask(town, product)
        await fault.arrived.wait()
        await the_same_by_a_stranger(town, product)
        [job] = await resting(town, told)
        await town.card_says(asked, "✅")
        [ours] = [task for task in town.kling.creates if task.external_id == job.id]
        assert job.task_id == ours.id
        assert_posted_once(town.posts(), 1)


@pytest.mark.sweep
async def test_an_edit_of_another_length_is_not_ours(tmp_path: Path) -> None:
    """An edit is as long as its video: what Kling shows of others excludes them."""
    async with open_town(tmp_path, env=ALONE | FREELY) as town, town.bot():
        await ask(town, "an edit", 5.0)
        await town.posted()
        await the_same_by_a_stranger(town, "an edit")
        lost(town, "an edit")
        asked = await ask(town, "an edit")
        await resting(town, told)
        await town.card_says(asked, "✅")
        jobs = await town.store.list_jobs()
        ours = max(jobs, key=lambda job: job.created_at)
        assert ours.task_id == town.kling.creates[-1].id
