"""`/defaults`: what a member set for themselves, the order of all defaults, what the card says."""

from typing import Any

import pytest

from sandbox.discord import MEMBER_PERMISSIONS, Permission, User
from tests.end_to_end.test_jobs import text_of
from tests.harness.end_to_end.modals import send_form
from tests.harness.end_to_end.questions import question, start
from tests.harness.models import VIDEO_MODELS
from tests.harness.town import Town, card_text


async def told(town: Town, command: str, by: User | None = None, **options: Any) -> str:
    answer = await town.ask(command, by=by, **options)
    assert answer.ephemeral
    return card_text(town.card_of(answer)).strip()


def boss(town: Town) -> User:
    more = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    return town.discord.add_user("boss", permissions=more)


async def test_ones_own_defaults_are_shown_set_and_cleared(town: Town) -> None:
    """Each with who set what holds here; in every place, also in direct messages."""
    assert await told(town, "defaults set", name="mode", value=" PRO ") == "**Mode**: pro (you)"
    await told(town, "defaults set", name="private", value="true")
    dm = town.discord.dm(town.member)
    shown = card_text(town.card_of(await town.ask("defaults show", at=dm))).splitlines()
    for line in (
        "**Mode**: pro (you)",
        "**Private**: on (you)",
        "**Aspect ratio**: not set",
        f"**Image model**: {town.settings.defaults.image_model} (the bot owner)",
    ):
        assert line in shown, line
    assert "no longer set (you)" in await told(town, "defaults clear", name="mode")
    assert "**Mode**: not set" in (await told(town, "defaults show")).splitlines()
    eve = town.discord.add_user("eve")
    assert "(you)" not in await told(town, "defaults show", by=eve)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mode", "8k", "Choose from: std, pro, 4k"),
        ("video_model", "kling-v99", "don't know a model of this name"),
        ("private", "maybe", "Choose from: true, false"),
        ("aspect_ratio", "  ", "Choose from"),
    ],
)
async def test_a_wrong_value_is_refused(town: Town, name: str, value: str, words: str) -> None:
    """Privately, with what there is; nothing is set."""
    assert words in await told(town, "defaults set", name=name, value=value)
    assert "(you)" not in await told(town, "defaults show")


async def test_what_managers_set_is_no_own_default(town: Town) -> None:
    """A forged name is refused, and nothing of the server changes."""
    for name in ("spoiler", "allowed", "own_media", "nothing"):
        sent = town.discord.interactions.start(
            2, town.member, town.channel, forged(town, name, "true")
        )
        assert "Choose from: video_model" in text_of(await sent.answered())
    assert (await town.store.standing(town.guild.id, town.member.id)).settings == ()


def forged(town: Town, name: str, value: str) -> dict[str, Any]:
    """Return `/defaults set` as no client would send it."""
    registered = next(c for c in town.discord.commands if c["name"] == "defaults")
    options = [
        {"name": "name", "type": 3, "value": name},
        {"name": "value", "type": 3, "value": value},
    ]
    sub = {"name": "set", "type": 1, "options": options}
    return {"id": registered["id"], "name": "defaults", "type": 1, "options": [sub]}


async def test_the_order_of_defaults(town: Town) -> None:
    """Option, then one's own, the channel's, the server's, `config.toml`; the card says whose."""
    manager = boss(town)
    for where, value in (({}, "1:1"), ({"channel": town.channel}, "9:16")):
        await told(town, "settings default set", manager, name="aspect_ratio", value=value, **where)
    await told(town, "defaults set", name="aspect_ratio", value="16:9")

    async def asked(**options: Any) -> tuple[str | None, str]:
        before = len(town.orders())
        card = town.card_of(await town.ask("image", prompt="a fox", **options))
        await town.kling.until(lambda: len(town.orders()) > before)
        return town.orders()[before][1].get("aspect_ratio"), card_text(card)

    ratio, card = await asked(aspect_ratio="3:2")
    assert ratio == "3:2"
    assert "defaults" not in card
    ratio, card = await asked()
    assert ratio == "16:9"
    assert "From your defaults: Ratio" in card
    await told(town, "defaults clear", name="aspect_ratio")
    ratio, card = await asked()
    assert ratio == "9:16"
    assert "From this channel's defaults: Ratio" in card
    await told(town, "settings default clear", manager, name="aspect_ratio", channel=town.channel)
    ratio, card = await asked()
    assert ratio == "1:1"
    assert "From this server's defaults: Ratio" in card
    await told(town, "settings default clear", manager, name="aspect_ratio")
    ratio, card = await asked()
    assert ratio is None
    assert "defaults" not in card


async def test_a_model_of_ones_own_is_sent_and_said(town: Town) -> None:
    """Where it can do what was asked for; what was chosen beats it, and is no default."""
    ours = town.settings.defaults.video_model
    mine = next(m.name for m in VIDEO_MODELS if m.text and not m.newer and m.name != ours)
    await told(town, "defaults set", name="video_model", value=mine)
    card = town.card_of(await town.ask("video", prompt="a boat"))
    assert f"Model: {mine}" in card_text(card)
    assert "From your defaults: Model" in card_text(card)
    chosen = town.card_of(await town.ask("video", prompt="a boat", model=ours))
    assert "defaults" not in card_text(chosen)


async def test_what_is_private_by_default_is_private(town: Town) -> None:
    """As with the option; the option says otherwise."""
    await told(town, "defaults set", name="private", value="true")
    asked = await town.ask("image", prompt="a secret fox")
    assert asked.ephemeral
    assert "From your defaults: Private" in text_of(asked)
    await town.settled()
    assert town.posts() == []
    assert not (await town.ask("image", prompt="a fox", private=False)).ephemeral
    await town.posted()


async def test_a_card_still_says_so_in_the_end(town: Town) -> None:
    """Also after the job has ended; a job made of it has the values for itself."""
    await told(town, "defaults set", name="mode", value="pro")
    asked = await town.ask("video", prompt="a boat", model="kling-v1-6")
    [post] = await town.posted()
    await town.settled()
    assert "From your defaults: Mode" in card_text(town.card_of(asked))
    again = await town.press(post, "again", by=town.discord.add_user("eve"))
    assert "Mode: Professional" in text_of(again)
    assert "defaults" not in text_of(again)
    opened = await town.press(post, "edit")
    edited = await send_form(town, opened, prompt="a ship")
    assert "defaults" not in text_of(edited)


async def test_a_question_keeps_what_was_a_default(asking: Town) -> None:
    """What a cheaper variant changes was chosen."""
    await told(asking, "defaults set", name="mode", value="pro")
    asked = await question(asking, "video", prompt="a boat", model="kling-v1-6", duration=10)
    started = await start(asking, asked)
    assert "From your defaults: Mode" in text_of(started)
    other = await question(asking, "video", prompt="a ship", model="kling-v1-6", duration=10)
    started = await start(asking, other, "std")
    assert "defaults" not in text_of(started)


async def test_a_blocked_member_sets_nothing(town: Town) -> None:
    """As with every command but their jobs."""
    await town.store.block(town.member.id, 0, by=None, reason="", now=town.clock.now())
    assert "blocked you" in await told(town, "defaults show")
