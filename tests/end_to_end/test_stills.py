"""A video that is too large to post: its still stands for it in the message, and is never used."""

import gc
from pathlib import Path

import pytest

from bot.errors import KlingError
from bot.jobs.earlier_parts import EarlierParts
from sandbox.discord import Answer
from sandbox.kling import Fault, How
from storage.job import State
from tests.end_to_end.test_continue import forgets
from tests.end_to_end.test_going_on import the_new_job
from tests.end_to_end.test_jobs import text_of
from tests.end_to_end.test_of_media import DAY_S, FACES, WORDS, a_clip, add_sound, bodies, say
from tests.end_to_end.test_results import POST
from tests.harness.end_to_end.parts import FRAMES, fill_in, first_part, next_part, numbers_of
from tests.harness.town import Town, card_text


async def test_a_still_is_not_taken_for_its_video(town: Town) -> None:
    """Once Kling has deleted the video it is gone: that is said before anything is paid."""
    town.discord.fault("POST", POST, Answer(413, 40_005), times=2)
    post, job = await a_clip(town)
    [still] = post.attachments
    assert still.filename == f"kling-{job.id}-r-0-1-still.jpg"
    town.clock.jump(31 * DAY_S)
    forgets(town, job.task_id)
    for told in (await say(town, post, text=WORDS), await add_sound(town, post)):
        assert "can't get this video any more" in text_of(told)
    assert bodies(town, FACES) == []
    answer = await fill_in(town, post, prompt="on")
    new = await the_new_job(town, job)
    assert new.state is State.DONE
    assert "neither Kling nor Discord still has it" in card_text(answer.followups[-1])
    assert len(town.kling.creates) == 1


async def test_where_kling_does_not_say_it_our_message_does(town: Town, tmp_path: Path) -> None:
    """A refused question is answered from our message at once, other failures at the last try."""
    first, one = await first_part(town)
    town.kling.fault(unsaid(one.task_id, 400, 1201))
    longer, two = await next_part(town, first, 1)
    assert numbers_of(longer) == list(range(2 * FRAMES))
    refusing = town.kling.fault(unsaid(two.task_id, 400, 1201))
    chain = (one.id, two.id)
    found_parts = [one for one in gc.get_objects() if isinstance(one, EarlierParts)]
    [parts] = [one for one in found_parts if one._store is town.store]
    [found] = await parts.all(chain, tmp_path, patient=True) or ()
    assert found.stat().st_size == longer.attachments[0].size
    found.unlink()
    town.kling.withdraw(refusing)
    town.kling.fault(unsaid(two.task_id, 401, 1002))
    with pytest.raises(KlingError):
        await parts.all(chain, tmp_path, patient=True)
    [found] = await parts.all(chain, tmp_path, patient=False) or ()
    assert found.stat().st_size == longer.attachments[0].size
    found.unlink()
    town.discord.posts.delete(longer)
    with pytest.raises(KlingError):
        await parts.all(chain, tmp_path, patient=False)


def unsaid(task_id: str | None, status: int, code: int) -> Fault:
    """Kling refuses to say where the video of this task is, but knows the task."""
    path = f"/v1/videos/*/{task_id}"
    return Fault(How.REFUSE, method="GET", path=path, status=status, code=code, times=None)
