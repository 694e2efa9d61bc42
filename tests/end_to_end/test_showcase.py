"""`star`: what enough members like is copied into the showcase of their server, once ever."""

import asyncio

from sandbox.discord import (
    MEMBER_PERMISSIONS,
    Answer,
    Channel,
    Message,
    Permission,
    User,
)
from storage.job import CARD_GONE, Job
from tests.end_to_end.test_going_on import made
from tests.end_to_end.test_jobs import UNKNOWN, text_of
from tests.harness.town import Town, card_text, custom_ids

HOUR_S = 3_600.0
DELETE = "/channels/{channel_id}/messages/{message_id}"


def manager(town: Town) -> User:
    """Return a member who may change the server."""
    more = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    return town.discord.add_user("boss", permissions=more)


async def showcase(town: Town, stars: int = 2, boss: User | None = None) -> Channel:
    """Return the channel that a manager has made the showcase."""
    wall = town.discord.add_channel(town.guild, "showcase")
    boss = boss or manager(town)
    await town.ask("settings showcase set", by=boss, channel=wall, presses=stars)
    return wall


def fans(town: Town, number: int = 2) -> list[User]:
    return [town.discord.add_user(f"fan-{one}") for one in range(number)]


async def starred(town: Town, post: Message, people: list[User]) -> list[str]:
    """Have all of them press the star, one after the other, and return what each is told."""
    return [text_of(await town.press(post, "star", by=user)) for user in people]


async def rested(town: Town) -> Job:
    """Return the only job once nothing of it is owed to the showcase."""

    async def found() -> Job | None:
        [job] = await town.store.list_jobs()
        return job if job.show_due_at is None and job.lease_owner is None else None

    return await town.commits.until(found)


async def waiting(town: Town, tries: int = 1) -> Job:
    """Return the only job once its copy was tried in vain so often, and waits."""

    async def found() -> Job | None:
        [job] = await town.store.list_jobs()
        return job if job.show_tries >= tries and job.lease_owner is None else None

    return await town.commits.until(found)


async def test_enough_stars_copy_a_result_once(town: Town) -> None:
    """As a file, with credit, link and the star that marks it; later stars copy nothing more."""
    wall = await showcase(town)
    post, job = await made(town)
    assert f"kling:star:{job.id}" in custom_ids(post)
    eve, bob, tom = fans(town, 3)
    [first, mine, second] = await starred(town, post, [eve, town.member, bob])
    assert "1 of 2" in first
    assert "your star doesn't count (1 of 2)" in mine
    assert f"<#{wall.id}>" in second
    [copy] = await town.posted(1, wall)
    assert copy.content.splitlines()[0] == (
        f"⭐ By <@{town.member.id}>: [the original]"
        f"(https://discord.com/channels/{town.guild.id}/{town.channel.id}/{post.id})"
    )
    assert "> a fox" in copy.content, "its author's star permits that"
    assert [file.data for file in copy.attachments] == [file.data for file in post.attachments]
    assert [file.description for file in copy.attachments] == ["a fox"]
    assert copy.mentions == []
    assert custom_ids(copy) == [f"kling:star:{job.id}:s-0"]
    await rested(town)
    assert "enough stars" in text_of(await town.press(post, "star", by=tom))
    assert "enough stars" in text_of(await town.press(copy, "star", by=tom))
    for told in await starred(town, post, [town.member, town.member]):
        assert "stays as it is" in told, "it would promise what no longer can be"
    await starred(town, post, [eve, bob, eve, bob])
    await rested(town)
    assert town.posts(wall) == [copy]
    assert town.posts() == [post]


async def test_without_the_authors_star_the_prompt_is_not_shown(town: Town) -> None:
    """Neither in the text nor as alternative text, which then says what was made."""
    wall = await showcase(town)
    post, _ = await made(town, "video", prompt="a secret owl")
    told = await starred(town, post, [town.member, town.member, *fans(town)])
    assert "will not show your prompt" in told[1]
    [copy] = await town.posted(1, wall)
    assert "owl" not in copy.content
    assert [file.description for file in copy.attachments] == ["Made with Kling AI: Video"]


async def test_a_second_press_takes_the_star_back(town: Town) -> None:
    """Twice at once by one member is one of each; two members at once are two, and one copy."""
    wall = await showcase(town)
    post, _ = await made(town)
    eve, bob = fans(town)
    [_, off] = await starred(town, post, [eve, eve])
    assert "taken back: 0 of 2" in off
    pressed = await asyncio.gather(*(town.press(post, "star", by=eve) for _ in range(2)))
    assert sorted("taken back" in text_of(one) for one in pressed) == [False, True]
    assert town.posts(wall) == []
    await asyncio.gather(*(town.press(post, "star", by=user) for user in (eve, bob)))
    [copy] = await town.posted(1, wall)
    await rested(town)
    assert town.posts(wall) == [copy]


async def test_who_may_star(town: Town) -> None:
    """Nobody from another server or a direct message, and nobody a private result."""
    wall = await showcase(town, stars=1)
    post, job = await made(town)
    eve = town.discord.add_user("eve")
    lobby = town.discord.add_channel(town.discord.add_guild("Elsewhere"), "lobby")
    for user, channel in ((town.discord.owner, lobby), (eve, town.discord.dm(eve))):
        page = town.card_of(await town.ask("help", by=user, at=channel))
        told = await town.forge_press(page, f"kling:star:{job.id}", by=user)
        assert UNKNOWN in text_of(told)
    await town.ask("image", prompt="mine alone", private=True)
    [hidden] = [one for one in await town.settled() if one.id != job.id]
    for user in (eve, town.member):
        told = await town.forge_press(post, f"kling:star:{hidden.id}", by=user)
        assert UNKNOWN in text_of(told)
    assert town.posts(wall) == []


async def test_the_star_is_there_where_a_showcase_is(town: Town) -> None:
    """Results from before show what they showed; switched off, an old star says so."""
    boss = manager(town)
    before, job = await made(town)
    assert not [one for one in custom_ids(before) if ":star:" in one]
    wall = await showcase(town, boss=boss)
    await town.ask("image", prompt="an owl", at=town.discord.dm(town.member))
    [direct] = await town.posted(1, town.discord.dm(town.member))
    assert not [one for one in custom_ids(direct) if ":star:" in one]
    said = card_text(town.card_of(await town.ask("settings show", by=boss)))
    assert f"**Showcase**: <#{wall.id}> (this server)" in said
    assert "**Stars for the showcase**: 2 (this server)" in said
    await town.ask("settings showcase off", by=boss)
    eve = town.discord.add_user("eve")
    told = await town.forge_press(before, f"kling:star:{job.id}", by=eve)
    assert "no showcase" in text_of(told)
    await town.ask("image", prompt="another")
    [_, after] = await town.posted(2)
    assert not [one for one in custom_ids(after) if ":star:" in one]


async def test_a_deleted_job_takes_its_copy_along(town: Town) -> None:
    """Whoever made it takes it back from the showcase as well."""
    wall = await showcase(town, stars=1)
    post, job = await made(town)
    await starred(town, post, fans(town, 1))
    [copy] = await town.posted(1, wall)
    await rested(town)
    assert "Deleted" in text_of(await town.choose(post, "delete"))
    await town.discord.until(lambda: copy.deleted and post.deleted)

    async def gone() -> bool | None:
        [row] = await town.store.list_jobs()
        return True if row.card.shows == CARD_GONE else None

    await town.commits.until(gone)
    told = await town.forge_press(post, f"kling:star:{job.id}", by=town.discord.owner)
    assert UNKNOWN in text_of(told)


async def test_a_member_who_deletes_everything_leaves_the_showcase(town: Town) -> None:
    """Also where Discord fails first; nothing of the job is kept until then but where it lies."""
    wall = await showcase(town, stars=1)
    post, _ = await made(town)
    await starred(town, post, fans(town, 1))
    [copy] = await town.posted(1, wall)
    await rested(town)
    fault = town.discord.fault("DELETE", DELETE, Answer(503), times=None)
    page = town.card_of(await town.ask("mydata delete"))
    await town.press(page, "forget")

    async def left() -> bool | None:
        return True if await town.store.next_leftover_at() is not None else None

    await town.commits.until(left)
    await fault.arrived()
    assert await town.store.list_jobs() == []
    town.discord.withdraw(fault)
    town.clock.jump(HOUR_S)
    await town.discord.until(lambda: copy.deleted)
    assert not post.deleted


async def test_a_copy_can_be_taken_back_after_its_job_was_deleted_by_age(town: Town) -> None:
    """_Delete_ under the old result still works for its author, and says what it does."""
    wall = await showcase(town, stars=1)
    post, job = await made(town)
    [eve] = fans(town, 1)
    await starred(town, post, [eve])
    [copy] = await town.posted(1, wall)
    await rested(town)
    later = town.clock.now() + 99.0
    assert await town.store.purge(now=later, inputs_older_s=1.0, jobs_older_s=1.0) == 1
    assert "Only the member who started" in text_of(await town.choose(post, "delete", by=eve))
    assert not copy.deleted
    told = text_of(await town.choose(post, "delete"))
    assert "copy in the showcase" in told
    await town.discord.until(lambda: copy.deleted)
    assert UNKNOWN in text_of(await town.choose(post, "delete"))
    assert UNKNOWN in text_of(await town.forge_press(post, f"kling:star:{job.id}", by=eve))


async def test_delivered_again_and_a_copy_do_not_stand_for_each_other(town: Town) -> None:
    """Nothing is posted twice by the one because of the other."""
    wall = await showcase(town, stars=1)
    post, job = await made(town)
    await starred(town, post, fans(town, 1))
    await town.posted(1, wall)
    await rested(town)
    page = town.card_of(await town.ask("jobs"))
    opened = town.card_of(await town.choose(page, job.id))
    await town.press(opened, "deliver")
    await town.posted(2)
    await town.settled()
    assert len(town.posts()) == 2
    assert len(town.posts(wall)) == 1
    kinds = [row.kind for row in await town.store.deliveries(job.id)]
    assert kinds == ["r", "s", "a1"]
