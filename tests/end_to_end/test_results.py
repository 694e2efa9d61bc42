"""Every file is posted complete, described and once, and only the requester is mentioned."""

import math

import pytest

from sandbox.discord import POSTING, Answer, Permission
from sandbox.kling import Script, mark_of, read_mark
from storage.job import State
from tests.harness.end_to_end.samples import noise, noisy_clip
from tests.harness.town import Town, card_text, pixels

LIMIT = 10 * 2**20
"""Of the servers in which something is too large."""
POST = "/channels/{channel_id}/messages"
HOSTILE = (
    "@everyone @here <@{other}> <@&5> <#6> **bold** `code` ||spoiler||\n"
    "# heading\n> quote\n```\n[click](https://evil.example) https://evil.example discord.gg/evil\n"
    "a\u202eb\u2066c\u200bd\u200ee"
)


async def made(town: Town, *results: bytes) -> None:
    """Let the latest task end with these files instead of the local Kling's drawings."""
    await town.kling.until(lambda: bool(town.kling.creates))
    *_, task = town.kling.creates
    town.results.made[task.id] = results
    town.kling.finish(task)


async def test_several_pictures_come_in_one_message(either: Town) -> None:
    """Nine pictures are one message: nine different files, each described, in reply to the card."""
    asked = await either.ask("image", prompt="a fox", n=9, aspect_ratio="1:1")
    [post] = await either.posted()
    assert len(post.attachments) == 9
    assert len({file.sha256 for file in post.attachments}) == 9
    assert {file.description for file in post.attachments} == {"a fox"}
    for file in post.attachments:
        assert file.data is not None
        assert read_mark(file.data) == mark_of("a fox")
    assert post.reference == either.card_of(asked).id
    assert post.mentions == [either.member]
    assert "9 images" in post.content
    await either.settled()
    assert len(either.posts()) == 1


async def test_a_prompt_that_does_not_fit_goes_along_whole(town: Town) -> None:
    """The message quotes the beginning, a file holds all of it, and alt texts end with …."""
    prompt = "a" + "*" * 2_499
    await town.ask("image", prompt=prompt, n=9)
    [post] = await town.posted()
    assert len(post.attachments) == 10
    text = post.attachments[-1]
    assert (text.filename, text.data) == ("prompt.txt", prompt.encode())
    assert "prompt.txt" in post.content
    assert len(post.content) <= 2_000
    description = post.attachments[0].description
    assert description is not None
    assert len(description) == 1_024
    assert description.endswith("…")


async def test_no_prompt_calls_anybody_or_breaks_out_of_its_quote(town: Town) -> None:
    """Mentions, mark-up, links and characters that hide or reorder are shown, not obeyed."""
    other = town.discord.add_user("bob")
    town.discord.set_permissions(town.channel, POSTING | Permission.MENTION_EVERYONE)
    asked = await town.ask("image", prompt=HOSTILE.format(other=other.id))
    [post] = await town.posted()
    card = await town.card_says(asked, "Done")
    for message, words in ((post, post.content), (card, card_text(card))):
        assert not message.mentions_everyone
        assert other not in message.mentions
        assert f"<@{other.id}>" not in words
        assert "\n#" not in words
        assert "```" not in words
        assert "https://" not in words
        assert "discord.gg/" not in words
        assert not set(words) & set("\u202e\u2066\u200b\u200e")
    assert post.mentions == [town.member]
    assert all(line.startswith(">") for line in post.content.splitlines()[1:])


async def test_a_deleted_card_does_not_keep_the_result(town: Town) -> None:
    """The result comes all the same, as a plain message."""
    town.kling.script(Script(takes_s=math.inf))
    asked = await town.ask("image", prompt="a fox")
    await town.card_says(asked, "working")
    town.discord.posts.delete(town.card_of(asked))
    town.kling.finish(town.kling.creates[0])
    [post] = await town.posted()
    assert post.reference is None
    assert post.mentions == [town.member]
    assert len(post.attachments) == 1
    await town.settled()


async def test_what_is_too_large_together_comes_in_several_messages(town: Town) -> None:
    """Each file is as Kling made it; only the first message calls the requester."""
    heavy = [noise(1_400, 1_400, seed) for seed in (1, 2)]
    town.discord.channel_rules.limit_bytes = LIMIT
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="two foxes", n=2)
    await made(town, *heavy)
    first, second = await town.posted(2)
    await town.settled()
    assert [file.data for post in town.posts() for file in post.attachments] == heavy
    assert first.mentions == [town.member]
    assert second.mentions == []
    assert "Compressed" not in first.content + second.content


async def test_a_picture_that_is_too_large_is_made_smaller(town: Town) -> None:
    """The picture is still the picture, the message says that it was made smaller."""
    heavy = noise(2_000, 1_900)
    assert len(heavy) > LIMIT
    town.discord.channel_rules.limit_bytes = LIMIT
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("image", prompt="a fox")
    await made(town, heavy)
    [post] = await town.posted()
    [file] = post.attachments
    assert file.size <= LIMIT
    assert file.filename.endswith(".jpg")
    assert file.description == "a fox"
    assert file.data is not None
    assert pixels(file.data)[0] == (2_000, 1_900)
    assert "Compressed to fit" in post.content


@pytest.mark.sweep
async def test_a_clip_that_is_too_large_is_made_smaller(town: Town) -> None:
    """A video over the limit is re-encoded until it fits."""
    heavy = noisy_clip()
    assert len(heavy) > LIMIT
    town.discord.channel_rules.limit_bytes = LIMIT
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("video", prompt="a river in a storm")
    await made(town, heavy)
    [post] = await town.posted()
    [file] = post.attachments
    assert file.filename.endswith(".mp4")
    assert file.size <= LIMIT
    assert "Compressed to fit" in post.content


async def test_a_clip_that_cannot_be_made_smaller_is_a_link(town: Town) -> None:
    """Something always arrives: here the address at Kling, and no card that never ends."""
    broken = noisy_clip()[: LIMIT + 1]
    town.discord.channel_rules.limit_bytes = LIMIT
    town.kling.script(Script(takes_s=math.inf))
    await town.ask("video", prompt="a river in a storm")
    await made(town, broken)
    [post] = await town.posted()
    assert town.kling.base_url in post.content
    assert "too large" in post.content
    assert post.mentions == [town.member]
    await town.settled()


@pytest.mark.parametrize("refusals", [1, 2])
async def test_discord_has_the_last_word_on_size(town: Town, refusals: int) -> None:
    """Refused although under the limit: smaller first, then a link with a still of the clip."""
    town.discord.fault("POST", POST, Answer(413, 40_005), times=refusals)
    await town.ask("video", prompt="a river")
    [post] = await town.posted()
    await town.settled()
    assert len(town.posts()) == 1
    [file] = post.attachments
    if refusals == 1:
        assert file.filename.endswith(".mp4")
        return
    assert file.filename.endswith(".jpg")
    assert file.data is not None
    (width, height), _ = pixels(file.data)
    assert width > height
    assert file.description == "a river"
    assert town.kling.base_url in post.content
    assert "too large" in post.content


async def test_a_failed_task_is_told_with_what_to_change(both: Town) -> None:
    """Refused at once or after all: the requester is called, told why, and pays nothing."""
    for number, word in enumerate(("forbidden", "unsafe"), 1):
        asked = await both.ask("image", prompt=f"{word} fox")
        posts = await both.posted(number)
        assert "content check" in posts[-1].content
        assert posts[-1].mentions == [both.member]
        assert posts[-1].reference == both.card_of(asked).id
        card = await both.card_says(asked, "didn't work")
        assert "content check" in card_text(card)
    await both.settled()
    assert both.kling.charged("image") == 0


async def test_results_of_a_thread_stay_in_the_thread(town: Town) -> None:
    """What is asked in a thread is answered there."""
    thread = town.discord.add_channel(town.guild, "sketches", "thread", parent=town.channel)
    asked = await town.ask("image", at=thread, prompt="a fox")
    [post] = await town.posted(channel=thread)
    assert post.reference == town.card_of(asked).id
    assert town.posts() == []


async def test_the_bot_works_in_direct_messages(town: Town) -> None:
    """What is asked in private is answered in private."""
    dm = town.discord.dm(town.member)
    asked = await town.ask("image", at=dm, prompt="a fox")
    [post] = await town.posted(channel=dm)
    assert post.reference == town.card_of(asked).id
    assert len(post.attachments) == 1
    assert (await town.job_is(State.DONE)).origin.guild_id is None
