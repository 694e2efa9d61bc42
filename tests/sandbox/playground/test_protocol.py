"""What the page and the server say to each other, with the real bot where it is needed."""

from typing import Any

import aiohttp
import pytest

from sandbox.playground.ground import Ground
from tests.harness.playground.page import OpenPage, RefusedByGroundError

PROMPT = "a paper boat on a quiet river"


def channel(view: dict[str, Any], name: str) -> str:
    return next(str(place["id"]) for place in view["channels"] if place["name"] == name)


def member(view: dict[str, Any], name: str) -> str:
    return next(str(person["id"]) for person in view["members"] if person["name"] == name)


async def test_a_command_and_its_result_arrive(ground: Ground, open_page: OpenPage) -> None:
    """A member uses /image: the card comes at once, the picture when it is made."""
    page = await open_page()
    view = await page.ask("view", member=None, locale="en-US")
    await ground.bot.start_bot()
    await page.heard("presence", presence={"connected": True})
    studio = channel(view, "studio")
    answer = await page.ask("slash", channel=studio, command="image", options={"prompt": PROMPT})
    assert answer == {}
    posts = ground.scene.channels[0].messages
    await ground.bot.discord.until(lambda: any(post.attachments for post in posts), 60)
    kinds = [(f["event"], f["message"]) for f in page.told if f["type"] == "message"]
    assert kinds[0][0] == "create"
    while not (result := [m for _, m in kinds if m["attachments"]]):
        frame = await page.heard("message", event="create")
        page.told.remove(frame)
        kinds.append(("create", frame["message"]))
    assert PROMPT in result[0]["content"]
    assert result[0]["attachments"][0]["url"].startswith(ground.url)


@pytest.mark.sweep
async def test_an_ephemeral_answer_is_told_to_its_member_only(
    ground: Ground, open_page: OpenPage
) -> None:
    """Two pages look at one channel; what one member is told in private, the other never gets."""
    mine, other = await open_page(), await open_page()
    view = await mine.ask("view", member=None, locale="en-US")
    await other.ask("view", member=member(view, "moderator"), locale="en-US")
    await ground.bot.start_bot()
    studio = channel(view, "studio")
    await mine.ask("slash", channel=studio, command="help", options={})
    told = await mine.heard("message", event="create")
    assert told["message"]["flags"] & 1 << 6
    await other.ask("history", channel=studio, before=str(2**63))
    assert not [frame for frame in other.told if frame["type"] == "message"]
    again = await other.ask("view", member=view["me"], locale="en-US")
    assert [m["id"] for m in again["messages"][studio]["messages"]] == [told["message"]["id"]]


@pytest.mark.sweep
async def test_the_page_speaks_for_the_member_in_their_language(
    ground: Ground, open_page: OpenPage
) -> None:
    """The bot answers in the language in which the page is read."""
    page = await open_page()
    view = await page.ask("view", member=None, locale="zh-CN")
    await ground.bot.start_bot()
    studio = channel(view, "studio")
    await page.ask("slash", channel=studio, command="image", options={"prompt": PROMPT})
    told = await page.heard("message", event="create")
    assert "排队" in told["message"]["embeds"][0]["description"]


async def test_older_messages_come_in_pages(ground: Ground, open_page: OpenPage) -> None:
    """A view holds the newest fifty; the rest is asked for, without gaps or repeats."""
    scene, discord = ground.scene, ground.bot.discord
    for number in range(120):
        await discord.say(scene.members[0], scene.channels[0], str(number))
    page = await open_page()
    view = await page.ask("view", member=None, locale="en-US")
    studio = channel(view, "studio")
    room = view["messages"][studio]
    seen = room["messages"]
    while room["more"]:
        room = await page.ask("history", channel=studio, before=seen[0]["id"])
        seen = room["messages"] + seen
    assert [message["content"] for message in seen] == [str(number) for number in range(120)]


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "dance"},
        {"do": "slash"},
        {"do": "click", "message": "nothing", "custom_id": 3},
        {"do": "click", "message": "1", "custom_id": "x"},
        {"do": "say", "channel": "1", "content": "x"},
        {"do": "submit", "form": "1", "values": {}},
        {"do": "history", "channel": {}, "before": None},
    ],
    ids=str,
)
async def test_nonsense_is_refused(open_page: OpenPage, request_: dict[str, Any]) -> None:
    """Whatever a page sends, it is answered in words and the connection stays."""
    page = await open_page()
    with pytest.raises(RefusedByGroundError):
        await page.ask("history", channel="1", before="1")
    await page.ask("view", member=None, locale="en-US")
    with pytest.raises(RefusedByGroundError):
        await page.ask(**request_)
    assert (await page.ask("view", member=None, locale="en-US"))["me"]


async def test_a_form_that_is_gone_is_told_in_words(open_page: OpenPage) -> None:
    """A form from before a restart of the playground: the reader learns what to do."""
    page = await open_page()
    await page.ask("view", member=None, locale="en-US")
    with pytest.raises(RefusedByGroundError, match="open it again"):
        await page.ask("submit", form="1", values={})


async def test_a_failure_of_the_playground_is_answered(
    ground: Ground, open_page: OpenPage, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected error, here a missing folder, is reported to the page and in the terminal."""
    page = await open_page()
    await page.ask("view", member=None, locale="en-US")
    ground.bot.folder.rmdir()
    with pytest.raises(RefusedByGroundError, match="see the terminal"):
        await page.ask("bot", order="start")
    assert "FileNotFoundError" in caplog.text
    assert (await page.ask("view", member=None, locale="en-US"))["me"]


async def test_an_upload_stands_for_an_option(
    ground: Ground, open_page: OpenPage, http: aiohttp.ClientSession
) -> None:
    """A file sent beforehand is what a message or command carries."""
    origin = ground.url.rstrip("/")
    async with http.post(
        f"{origin}/playground/uploads?name=notes.txt",
        data=b"paper boats",
        headers={"Origin": origin, "Content-Type": "text/plain"},
    ) as response:
        key = (await response.json())["upload"]
    page = await open_page()
    view = await page.ask("view", member=None, locale="en-US")
    await page.ask("say", channel=channel(view, "lounge"), content="", uploads=[key])
    told = await page.heard("message", event="create")
    async with http.get(told["message"]["attachments"][0]["url"]) as response:
        assert await response.read() == b"paper boats"
