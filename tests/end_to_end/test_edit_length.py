"""How long the video of an `/edit` is: known before anything is sent, where its header says so."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import Upload
from storage.job import Pack, State
from tests.end_to_end.test_edit import KEY, WORDS, recording, video
from tests.end_to_end.test_run_again_lipsync import serving
from tests.harness.end_to_end.questions import ALWAYS, question, start
from tests.harness.models import DEAR_EDITS, EDITS
from tests.harness.opening import open_town
from tests.harness.recovery import routes
from tests.harness.town import HASTY, Town, card_text


async def test_a_known_length_is_priced_and_reserved_as_it_is(tmp_path: Path) -> None:
    """Not at the longest: a short clip in pro fits what a member may spend a day."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        given: dict[str, Any] = {"prompt": WORDS, "model": DEAR_EDITS, "mode": "pro"}
        asked = await town.ask("edit", video=video(), **given)
        card = card_text(town.card_of(asked))
        assert "Price: 6.06 video units" in card
        assert (await town.only_job()).units_price == 606
        await town.posted()
        await town.settled()
        assert f"{town.kling.charged('video')}" == "6.06"


async def test_a_part_of_a_second_counts_as_a_whole_one(tmp_path: Path) -> None:
    """How Kling rounds is not documented, so that is the most it can cost."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        asked = await town.ask("edit", prompt=WORDS, video=video(3.5), model=DEAR_EDITS)
        assert "Price: up to 5.36 video units" in card_text(town.card_of(asked))
        await town.posted()
        await town.settled()


@pytest.mark.parametrize("seconds", [2, 16])
async def test_a_wrong_length_is_refused_before_anything_is_sent(town: Town, seconds: int) -> None:
    """Privately, with the lengths that the model takes; nothing is reserved or paid."""
    told = await town.refused("edit", prompt=WORDS, video=video(float(seconds)), model=EDITS)
    assert f"The video is {seconds} s long; {EDITS} takes 3-15 s." in told
    assert await town.store.used_today(town.member.id, Pack.VIDEO, now=town.clock.now()) == 0


@pytest.mark.sweep
async def test_another_model_that_takes_the_length_is_named(tmp_path: Path) -> None:
    """In the words of every refusal, beside all else that is wrong."""
    async with open_town(tmp_path, env=KEY) as town, town.bot():
        told = await town.refused(
            "edit", prompt="<<<image_1>>>", video=video(16.0), model="kling-video-o1"
        )
        assert "The video is 16 s long; kling-video-o1 takes 3-10 s." in told
        assert DEAR_EDITS in told
        assert "<<<image_1>>>" in told


async def test_a_length_that_is_known_late_is_refused_late(tmp_path: Path) -> None:
    """Privately, before anything is paid; what was reserved is given back."""
    async with open_town(tmp_path) as town, town.bot(answer_within=HASTY):
        await town.warm()
        town.discord.hold("GET", routes.ATTACHED)
        asked = await town.ask("edit", prompt=WORDS, video=video(2.0), model=EDITS)
        await town.discord.until(lambda: bool(asked.followups))
        [told] = asked.followups
        assert told.ephemeral
        assert "The video is 2 s long" in told.content
        [job] = await town.settled()
        assert (job.units_held, job.units_spent) == (0, 0)
        assert town.kling.creates == []


async def test_a_length_that_no_header_says_is_left_to_kling(town: Town) -> None:
    """It is accepted at the most; what Kling refuses costs nothing."""
    asked = await town.ask("edit", prompt=WORDS, video=recording(2.0), model=EDITS)
    assert "up to" in card_text(town.card_of(asked))
    [job] = await town.settled()
    assert (job.state, job.units_spent) == (State.DONE, 0)
    assert "Video duration is invalid" in card_text(town.card_of(asked))


async def test_a_file_that_is_no_video_is_refused(town: Town) -> None:
    """Whatever its name and its type say."""
    other = Upload(b"<!doctype html><html>", "clip.mp4", "video/mp4")
    told = await town.refused("edit", prompt=WORDS, video=other, model=EDITS)
    assert "MP4 and MOV" in told


async def test_a_video_by_its_url_is_judged_by_its_header(tmp_path: Path) -> None:
    """Discord says nothing of it: its sides are those that its header says."""
    small = video(3.0, size=(640, 512)).data
    async with open_town(tmp_path) as town, serving(town, small) as url, town.bot():
        told = await town.refused("edit", prompt=WORDS, video_url=url, model=EDITS)
        assert "The video is 640 \u00d7 512 pixels" in told


async def test_a_question_says_the_price_of_this_video(tmp_path: Path) -> None:
    """And so do its cheaper variants; the video is measured once."""
    async with open_town(tmp_path, env=ALWAYS) as town, town.bot():
        given: dict[str, Any] = {"prompt": WORDS, "video": video(), "mode": "pro"}
        asked = await question(town, "edit", model=EDITS, **given)
        assert "Price: 3.6 video units" in card_text(asked)
        labels = [one["label"] for row in asked.components for one in row["components"]]
        assert "Standard instead: 2.7 units ($0.38)" in labels
        await start(town, asked, "std")
        await town.posted()
        [job] = await town.settled()
        assert job.units_spent == 270
