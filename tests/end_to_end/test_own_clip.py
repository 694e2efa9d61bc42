"""A clip that the bot made can be lip-synced by Kling's own id, without being fetched again."""

import pytest

from bot.messages.filenames import OurName, name_of_ours, result_name
from sandbox.discord import Message, Upload
from sandbox.kling import Fault, How
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.town import Town

IDENTIFY = "/v1/videos/identify-face"


async def _made(town: Town) -> Message:
    asked = await town.ask("video", prompt="somebody looks up")
    [post] = await town.posted()
    await town.card_says(asked, "Done")
    return post


def _identified(town: Town) -> list[dict[str, object]]:
    return [dict(r.body or {}) for r in town.kling.requests if r.path == IDENTIFY]


async def test_the_requesters_own_clip_goes_by_its_id(town: Town) -> None:
    """A clip that was made for the same member is named to Kling by Kling's id."""
    post = await _made(town)
    await town.ask("lipsync", video_url=post.attachments[0].url, audio=voice(2.5, "wav"))
    await town.posted(2)
    [made] = [job for job in await town.store.list_jobs() if job.kind == "video"]
    assert made.outcome is not None
    assert _identified(town) == [{"video_id": made.outcome["media"][0]["id"]}]


async def test_the_requesters_own_clip_is_known_when_it_is_attached_again(town: Town) -> None:
    """The file that we posted, saved and attached, has its name and its size."""
    post = await _made(town)
    saved = post.attachments[0]
    assert saved.data is not None
    await town.ask("lipsync", video=Upload(saved.data, saved.filename), audio=voice(2.5, "wav"))
    await town.posted(2)
    [asked] = _identified(town)
    assert asked.keys() == {"video_id"}


@pytest.mark.sweep
@pytest.mark.parametrize("how", ["attached", "posted in the channel"])
async def test_an_edited_clip_under_our_name_goes_by_address(town: Town, how: str) -> None:
    """An edited file that kept its name is another video, and it is the one that is used."""
    post = await _made(town)
    edited = Upload(clip(1, 4.0).data, post.attachments[0].filename)
    if how == "attached":
        await town.ask("lipsync", video=edited, audio=voice(2.5, "wav"))
    else:
        said = await town.discord.say(town.member, town.channel, "", edited)
        await town.ask("lipsync", video_url=said.attachments[0].url, audio=voice(2.5, "wav"))
    await town.posted(2)
    [asked] = _identified(town)
    assert asked.keys() == {"video_url"}


async def test_somebody_elses_clip_goes_by_address(town: Town) -> None:
    """Where managers allow it, the clip of another member is looked at where it lies."""
    post = await _made(town)
    await town.ask("settings own_media", by=town.discord.owner, on=False)
    town.member = town.discord.add_user("noor")
    await town.ask("lipsync", video_url=post.attachments[0].url, audio=voice(2.5, "wav"))
    await town.posted(2)
    [asked] = _identified(town)
    assert asked.keys() == {"video_url"}


async def test_a_link_to_somebody_elses_clip_does_not_speak(town: Town) -> None:
    """As under the result itself: a face is its owner's, however the name in the link is spelled.

    A file that was saved and attached is the member's own, like any other.
    """
    post = await _made(town)
    await town.settled()
    [file] = post.attachments
    town.member = town.discord.add_user("noor")
    for url in (
        file.url,
        file.url.replace("kling-", "SPOILER_kling-"),
        file.url.replace("kling-", "kling%2D"),
        file.url.replace("-1.mp4", "-1-joined.mp4"),
    ):
        told = await town.refused("lipsync", video_url=url, text="Good morning, dear neighbours!")
        assert "only your own" in told, url
    assert file.data is not None
    saved = Upload(file.data, file.filename)
    await town.ask("lipsync", video=saved, text="Good morning, dear neighbours!")
    await town.posted(2)


async def test_an_id_that_kling_does_not_take_is_tried_by_address(town: Town) -> None:
    """When Kling keeps the clip no longer, its address serves."""
    post = await _made(town)
    town.kling.fault(Fault(How.REFUSE, path=IDENTIFY, status=400, code=1201))
    await town.ask("lipsync", video_url=post.attachments[0].url, audio=voice(2.5, "wav"))
    await town.posted(2)
    assert [body.keys() for body in _identified(town)] == [{"video_id"}, {"video_url"}]


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/kling-abcdefghijklmnop-r-0-1.png",
        "https://cdn.example/kling-ABCDEFGHIJKLMNOP-r-0-1.mp4",
        "https://cdn.example/xkling-abcdefghijklmnop-r-0-1.mp4",
        "https://cdn.example/?kling-abcdefghijklmnop-r-0-1.mp4",
        "http://[broken",
        "",
    ],
)
def test_only_our_names_are_recognised(url: str) -> None:
    """A name that is not exactly in our format proves nothing."""
    assert name_of_ours(url) is None


def test_a_name_is_recognised_again() -> None:
    """The name of a result leads back to its job and its place."""
    name = result_name("abcdefghijklmnop-r-0", 2, ".mp4")
    read = name_of_ours(f"https://cdn.example/a/b/{name}?ex=1#x")
    assert read == OurName(name, "abcdefghijklmnop", "abcdefghijklmnop-r-0", 2)
