"""A server, members, files, prompts and a Kling that all mean harm: nothing of it acts."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import POSTING, Message, Permission, Upload
from sandbox.kling import Fault, How, Script
from tests.harness.discord_markdown import hidden, read
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.town import Town, picture
from tests.pure.test_plain import SPELLS

REFUSED = {"\ud800", "\x00", "\x1b[31m", "\u0085# loud", "<<<image_1>>>"}
"""What no prompt may hold: it is refused before, or cites a picture that is not there."""
TYPED = "".join(spell for spell in SPELLS if spell not in REFUSED)
NAMES = ("@everyone", "evil.example", "\u202e", "**", "discord.gg")
ACTS = {
    "link",
    "unfolded",
    "invitation",
    "invited",
    "emoji",
    "heading",
    "small",
    "bracket",
    "angle",
    "at",
}
"""What none of our own messages ever holds, but for the way to a card and names of commands."""
CARD_LINK = re.compile(r"\[Go to its card\]\(https://discord\.com/channels/\d+/\d+/\d+\)")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose every name is a spell, and in which the bot could call everybody."""
    async with open_town(tmp_path) as made:
        guild = made.discord.add_guild("@everyone **x** [a](https://evil.example)")
        made.guild, made.channel = guild, made.discord.add_channel(guild, "discord.gg\u202e")
        made.member = made.discord.add_user("@everyone\u202e[a](https://evil.example)")
        made.discord.set_permissions(made.channel, POSTING | Permission.MENTION_EVERYONE)
        async with made.bot():
            yield made


def sent(town: Town) -> list[dict[str, Any]]:
    """Return every message as the bot handed it to Discord, in whatever request."""
    bodies = [r.json for r in town.discord.requests if isinstance(r.json, dict)]
    bodies = [body["data"] if isinstance(body.get("data"), dict) else body for body in bodies]
    return [body for body in bodies if body.get("content") or body.get("embeds")]


def texts(message: dict[str, Any]) -> list[str]:
    """Return every text of a message in which Discord reads mark-up."""
    embeds = message.get("embeds") or ()
    return [message.get("content") or "", *(embed.get("description", "") for embed in embeds)]


def without_ours(town: Town, text: str) -> str:
    """Return the text without what may be clicked: the way to a card, and registered commands."""
    for command in town.discord.commands:
        text = text.replace(f"</{command['name']}:{command['id']}>", "")
    return CARD_LINK.sub("", text)


def strings(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for item in node.values() for text in strings(item)]
    if isinstance(node, list):
        return [text for item in node for text in strings(item)]
    return [node] if isinstance(node, str) else []


def seen(town: Town) -> list[Message]:
    dm = town.discord.dm(town.discord.owner)
    return [*town.discord.messages(town.channel), *town.discord.messages(dm)]


async def test_everybody_means_harm_and_nothing_happens(town: Town) -> None:
    """No request of the bot has a mention but the requester's, a live link or a hidden letter."""
    told = f"@everyone {TYPED} https://evil.example/x"
    file = Upload(picture(), "x](https://evil.example) @everyone \u202egnp.exe.png")
    town.kling.fault(Fault(How.REFUSE, path="/v1/videos/*", status=400, code=1201, message=told))
    town.kling.script(Script(fail=told, matching=lambda body: "fails" in body["prompt"]))
    await town.warm()
    await town.ask("video", prompt=f"refused {TYPED}", negative_prompt=TYPED)
    await town.ask("image", prompt=f"fails {TYPED}", model="kling-v99")
    await town.ask("image", prompt=TYPED, image=file, model="kling-v2")
    await town.ask("image", prompt=TYPED, model=f"kling{TYPED}")
    await town.ask("lipsync", video_url=f"https://{TYPED}", audio=voice())
    spoken = await town.ask("lipsync", video=clip(2), audio=Upload(voice().data, "`@here`.mp3"))
    await town.card_says(spoken, "2 faces")
    await town.posted(3)
    assert len(await town.store.list_jobs()) == 4
    page = town.card_of(await town.ask("jobs"))
    await town.choose(page, (await town.store.list_jobs())[0].id)
    await town.discord.until(lambda: bool(town.posts(town.discord.dm(town.discord.owner))))

    bodies = sent(town)
    assert len(bodies) > 12
    for body in bodies:
        allowed = body["allowed_mentions"]
        assert allowed["parse"] == []
        assert set(map(int, allowed.get("users", ()))) <= {town.member.id}
        assert not allowed.get("replied_user")
        assert not allowed.get("roles")
        for text in texts(body):
            active = read(without_ours(town, text))[1]
            assert not ACTS & set(active), text
            assert active["mention"] <= 1
        assert [text for text in strings(body) if hidden(text)] == []
    for message in seen(town):
        assert not message.mentions_everyone
        assert set(message.mentions) <= {town.member}
        for attachment in message.attachments:
            assert not [name for name in NAMES if name in attachment.filename]
    titles = [
        text
        for body in bodies
        for embed in body.get("embeds") or ()
        for text in (embed.get("title", ""), (embed.get("footer") or {}).get("text", ""))
    ]
    assert not [name for name in NAMES for title in titles if name in title]
