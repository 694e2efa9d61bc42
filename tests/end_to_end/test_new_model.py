"""The recipe "add a model", followed: one row for the bot, one for the local Kling."""

from pathlib import Path

import pytest

from bot.kling.catalogue_files import load_catalogue
from bot.settings.files import CATALOGUE_FILE
from sandbox.kling import edit_models, newer_models
from tests.end_to_end.test_commands import suggested
from tests.end_to_end.test_edit import KEY, video
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import card_text

NAME = "kling-9.0"
OURS = """
[sources]
console = { name = "The price list of my console", as_of = 2026-11-20 }

[[video]]
name = "kling-9.0"
newer = true
text = true
image = false
durations_s = "2-8"
modes = ["std", "pro"]
units_per_s = { std = "0.2", pro = "0.3" }
source = "console"
price_source = "console"

[[edit]]
name = "kling-9.0"
newer = true
uses = ["edit"]
input_s = "2-8"
durations_s = "2-8"
modes = ["std"]
ratios = ["16:9"]
units_per_s = { std = "0.5" }
keeps_sound = ["edit"]
source = "console"
price_source = "console"
"""


async def test_a_model_is_added_by_a_row_for_each_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is suggested first, checked, priced, made and charged: for `/video` and for `/edit`."""
    monkeypatch.setitem(
        newer_models.NEWER,
        NAME,
        newer_models.NewerModel({"720p": "0.2", "1080p": "0.3"}, newer_models.span(2, 8)),
    )
    theirs = edit_models.EditModel({"720p": "0.5"}, (2_000, 8_500), 8)
    monkeypatch.setitem(edit_models.NEWER, NAME, theirs)
    file = tmp_path / CATALOGUE_FILE
    file.write_text(OURS, "utf-8")
    async with open_town(tmp_path, env=KEY) as town, town.bot(catalogue=load_catalogue(file)):
        for command in ("video", "edit"):
            assert (await suggested(town, command, model="kling-9"))[0] == NAME
        told = await town.refused("video", prompt="a fox", model=NAME, duration=9)
        assert f"{NAME} can't make a 9 s video" in told
        asked = await town.ask("video", prompt="a fox", model=NAME, duration=2, mode="pro")
        assert "Price: 0.6 video units" in card_text(town.card_of(asked))
        await town.posted()
        edit = await town.ask("edit", prompt="make it winter", model=NAME, video=video(2.0))
        assert "Price: 1 video unit" in card_text(town.card_of(edit))
        await town.posted(2)
        await town.settled()
        assert f"{town.kling.charged('video')}" == "1.6"
        assert_posted_once(town.posts(), 2)
