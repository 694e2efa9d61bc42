"""`/history`: a member's own ended jobs, found again by their words, and what came from what."""

import math
from dataclasses import replace
from typing import Any

from sandbox.discord import Message, User
from sandbox.kling import Script
from storage.job import Job, State
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.storage.making import make_job
from tests.harness.town import Town, card_text, custom_ids

PAGE = 25


async def looks_back(town: Town, search: str | None = None, by: User | None = None) -> Message:
    """Open the first page, or that of a search."""
    options: dict[str, Any] = {} if search is None else {"search": search}
    asked = await town.ask("history", by=by, **options)
    assert asked.ephemeral
    return town.card_of(asked)


def offered(message: Message) -> list[str]:
    """Return the jobs in the menu, in its order."""
    return [
        option["value"]
        for row in message.components
        for one in row["components"]
        for option in one.get("options", ())
    ]


def ended_job(town: Town, created_at: float, prompt: str) -> Job:
    """Return a job of the member that has ended."""
    made = make_job(
        user_id=town.member.id, created_at=created_at, request={"prompt": prompt, "model": "m"}
    )
    card = replace(made.card, token=None, message_id=5, answered_at=created_at)
    return replace(made, state=State.CANCELLED, ended_at=created_at, card=card, due_at=None)


async def past(town: Town, count: int) -> list[Job]:
    """Put ended jobs of the member into the database, oldest first."""
    start = town.clock.now() - 10_000
    made = [ended_job(town, start + number, f"number {number:02}") for number in range(count)]
    for job in made:
        await town.store.insert(job)
    return made


async def test_only_what_has_ended_is_listed_newest_first(town: Town) -> None:
    """A job under way is in `/jobs`; nobody else's job is in either."""
    assert "None of your jobs" in card_text(await looks_back(town))
    eve = town.discord.add_user("eve")
    await town.ask("image", prompt="a fox of mine")
    await town.ask("image", prompt="an owl of hers", by=eve)
    await town.posted(2)
    await town.settled()
    await town.ask("image", prompt="a second fox")
    await town.posted(3)
    await town.settled()
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="not yet")
    page = card_text(await looks_back(town))
    assert page.index("a second fox") < page.index("a fox of mine")
    assert "owl" not in page
    assert "not yet" not in page
    assert "owl" in card_text(await looks_back(town, by=eve))


async def test_words_are_found_anywhere_in_any_case(town: Town) -> None:
    """Of the whole past, not of a page; what SQLite or PostgreSQL calls a pattern is just text."""
    made = await past(town, 60)
    odd = ended_job(town, town.clock.now() - 20_000, "ÜBER 100% Straße_7")
    await town.store.insert(odd)
    for search in ("über", "STRASSE", "100%", "e_7", "straße ÜBER"):
        assert offered(await looks_back(town, search)) == [odd.id], search
    assert offered(await looks_back(town, "number 41")) == [made[41].id]
    nothing = await looks_back(town, "1__%")
    assert offered(nothing) == []
    assert "None of your ended jobs" in card_text(nothing)


async def test_a_page_has_25_and_the_next_is_one_press_away(town: Town) -> None:
    """Page after page down to the oldest; a search shows the newest, and says if there are more."""
    made = await past(town, 2 * PAGE + 3)
    page = await looks_back(town)
    seen = offered(page)
    while any(custom_id.startswith("kling:older:") for custom_id in custom_ids(page)):
        assert len(offered(page)) == PAGE
        page = town.card_of(await town.press(page, "older"))
        seen += offered(page)
    assert seen == [job.id for job in reversed(made)]
    found = await looks_back(town, "NUMBER")
    assert offered(found) == [job.id for job in reversed(made)][:PAGE]
    assert "There are more" in card_text(found)
    assert not [one for one in custom_ids(found) if one.startswith("kling:older:")]


async def test_a_page_is_only_for_whoever_it_is_about(town: Town) -> None:
    """The next page of somebody else, or from a job that is gone, is not to be had."""
    made = await past(town, PAGE + 1)
    page = await looks_back(town)
    eve = town.discord.add_user("eve")
    told = await town.forge_press(page, f"kling:older:{made[0].id}", by=eve)
    assert "Only the member" in text_of(told)
    told = await town.forge_press(page, f"kling:older:{'a' * 16}")
    assert UNKNOWN in text_of(told)


async def test_a_job_shows_what_came_from_what(town: Town) -> None:
    """Above it what it was made from, below it what was made from it; each can be opened."""
    await town.ask("image", prompt="the first")
    [post] = await town.posted()
    await town.press(post, "again")
    second = (await town.posted(2))[1]
    await town.press(second, "again")
    await town.press(second, "again")
    await town.posted(4)
    await town.ask("image", prompt="a stranger")
    await town.posted(5)
    jobs = {job.created_at: job for job in await town.settled()}
    first, middle, left, right, stranger = (jobs[at] for at in sorted(jobs))
    assert (middle.parent_id, left.parent_id, right.parent_id) == (first.id, middle.id, middle.id)
    opened = town.card_of(await town.choose(await looks_back(town), middle.id))
    tree = card_text(opened).partition("What came from what")[2].splitlines()[1:]
    depth = [line.count("\u2003") + line.count("↳") for line in tree if line]
    assert depth == [0, 1, 2, 2]
    assert "this one" in tree[1]
    assert set(offered(opened)) == {first.id, left.id, right.id}
    assert stranger.id not in str(opened.components)
    assert "kling:again:" in str(custom_ids(opened))


async def test_what_others_made_of_it_is_not_shown(town: Town) -> None:
    """Another member's job is theirs, even if it came from mine."""
    await town.ask("image", prompt="a common fox")
    [post] = await town.posted()
    await town.press(post, "again", by=town.discord.add_user("eve"))
    await town.posted(2)
    await town.settled()
    page = await looks_back(town)
    [mine] = offered(page)
    opened = town.card_of(await town.choose(page, mine))
    assert "What came from what" not in card_text(opened)
