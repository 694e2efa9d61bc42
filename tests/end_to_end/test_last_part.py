"""Controls under a joined video are about its last part, as long as that can be had alone."""

from tests.end_to_end.test_continue import forgets
from tests.end_to_end.test_jobs import text_of
from tests.end_to_end.test_of_media import (
    DAY_S,
    FACES,
    SOUNDTRACK,
    WORDS,
    add_sound,
    bodies,
    say,
    video_id_of,
)
from tests.harness.end_to_end.parts import (
    FRAMES,
    ended,
    first_part,
    frame_in,
    frames_of,
    next_part,
    numbers_of,
)
from tests.harness.town import Town


async def test_a_face_and_sound_are_of_the_last_part(town: Town) -> None:
    """Kling has that part by its id, and is told no other: here it refuses so short a one."""
    first, _ = await first_part(town)
    joined, last = await next_part(town, first, 1)
    assert "apply to the last part" in joined.content
    await say(town, joined, text=WORDS)
    await add_sound(town, joined, prompt="waves")
    await town.settled()
    assert bodies(town, FACES) == [{"video_id": video_id_of(last)}]
    assert [body["video_id"] for body in bodies(town, SOUNDTRACK)] == [video_id_of(last)]


async def test_once_kling_has_deleted_it_only_the_whole_is_left(town: Town) -> None:
    """What needs the part alone says why it can't be, and the whole is not taken for it.

    Going on needs its last frame alone, which the whole has too; making it again, what it began
    with.
    """
    first, one = await first_part(town)
    joined, last = await next_part(town, first, 1)
    town.clock.jump(31 * DAY_S)
    forgets(town, one.task_id, last.task_id)
    asked, jobs = len(town.kling.requests), await town.store.list_jobs()
    for told in (await say(town, joined, text=WORDS), await add_sound(town, joined)):
        assert told.ephemeral
        assert "has all parts in one file" in text_of(told)
    assert await town.store.list_jobs() == jobs
    assert len(town.kling.requests) == asked
    longer, _ = await next_part(town, joined, 2)
    assert numbers_of(longer) == list(range(3 * FRAMES))
    await town.press(joined, "again")
    await town.kling.until(lambda: len(town.kling.creates) == 4)
    _, again = await ended(town, frames_of(1), 4)
    assert (again.parent_id, again.request["continues"]) == (last.id, last.request["continues"])
    assert frame_in(town.orders()[-1][1]["image"]) == FRAMES - 1
