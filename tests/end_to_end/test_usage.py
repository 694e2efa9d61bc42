"""`/usage`: one's own units, the server's for its managers, and a picture of both."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.media.chart import GROUND, TEXT, draw_chart
from bot.media.products import Bar, Panel
from sandbox.clock import PATIENCE_S
from sandbox.discord import Message
from storage.ledger import day_of, month_of
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text


def words_of(message: Message) -> str:
    return card_text(message)


async def test_a_member_sees_their_own_month(town: Town) -> None:
    """Numbers at once and privately; then a picture whose alternative text says them."""
    await town.warm()
    await town.ask("image", prompt="a fox")
    await town.settled()
    asked = await town.ask("usage")
    assert asked.ephemeral
    shown = town.card_of(asked)
    assert "Image units: 8 spent, 0 reserved, 0 given back" in words_of(shown)
    assert "Today: 8 of 400 image units" in words_of(shown)
    assert "Spent: $0.03" in words_of(shown)
    assert "This server" not in words_of(shown)
    await town.discord.until(lambda: len(shown.attachments) == 1, PATIENCE_S)
    today = int(day_of(town.clock.now())[-2:])
    assert shown.attachments[0].description == f"Image units by day: {today}: 8."
    with Image.open(io.BytesIO(shown.attachments[0].data or b"")) as picture:
        assert picture.format == "PNG"


async def test_a_manager_sees_the_server_and_its_members(town: Town) -> None:
    """By member, those who used most first; and one member's, of this server alone."""
    await town.warm()
    other = town.discord.add_user("noor")
    await town.ask("image", prompt="a fox", n=2)
    await town.ask("image", by=other, prompt="a boat", n=3)
    await town.settled()
    owner = town.guild.owner
    answer = town.card_of(await town.ask("usage", by=owner))
    shown = words_of(answer)
    assert "**This server**\nVideo units: 0 spent" in shown
    assert "Image units: 40 spent" in shown
    assert f"1. <@{other.id}>: 0 video units, 24 image units" in shown
    assert f"2. <@{town.member.id}>: 0 video units, 16 image units" in shown
    await town.discord.until(lambda: len(answer.attachments) == 1, PATIENCE_S)
    day = int(day_of(town.clock.now())[-2:])
    said = answer.attachments[0].description
    assert said == f"Image units by day: {day}: 40. By member, as listed: 1. 24, 2. 16."
    of_one = words_of(town.card_of(await town.ask("usage", by=owner, member=other)))
    assert f"**<@{other.id}> in this server**" in of_one
    assert "Image units: 24 spent" in of_one
    told = town.card_of(await town.ask("usage", member=other))
    assert told.ephemeral
    assert "24" not in words_of(told)


@pytest.mark.parametrize("month", ["2026-13", "abcdefg", "2126-01"])
async def test_a_month_that_is_none_is_said(town: Town, month: str) -> None:
    """Misspelt, or not begun: privately, with this month as the example."""
    told = town.card_of(await town.ask("usage", month=month))
    assert told.ephemeral
    assert month_of(day_of(town.clock.now())) in words_of(told)


def test_the_picture_can_be_read_on_any_ground() -> None:
    """Its own ground is opaque, and text on it has a contrast of at least 7 to 1."""
    days = tuple(Bar(str(day), day * 10, str(day / 10)) for day in range(1, 32))
    data = draw_chart((Panel("video", days, days[:3]), Panel("image", days)))
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "RGB"
        assert len(picture.getcolors(1_000_000) or ()) > 3
    light, dark = luminance(TEXT), luminance(GROUND)
    assert (light + 0.05) / (dark + 0.05) >= 7


def luminance(colour: str) -> float:
    """Relative luminance, as the WCAG defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


async def test_the_operator_sees_what_is_left_at_kling(town: Town) -> None:
    """The packs with what is left and until when; nobody else sees them."""
    shown = words_of(town.card_of(await town.ask("usage", by=town.discord.owner)))
    assert "100000 of 100000 units left at Kling, until <t:" in shown
    assert "left at Kling" not in words_of(town.card_of(await town.ask("usage")))


async def test_a_credit_is_seen_and_can_be_used(tmp_path: Path) -> None:
    """What the owner credited stands in one's own usage, and more than the limit is left by it."""
    env = {"KLINGBOT_LIMITS__MEMBER_IMAGE_UNITS_PER_DAY": "8"}
    async with open_town(tmp_path, env=env) as town, town.bot():
        await town.store.credit(town.member.id, {"image": 900}, now=town.clock.now())
        shown = words_of(town.card_of(await town.ask("usage")))
        assert "Credited by the owner of this bot: 9 image units" in shown
        assert "Today: 0 of 17 image units" in shown
        told = await town.refused("image", prompt="three", n=3)
        assert "You have 17 of your 17 left for today" in told
        await town.ask("image", prompt="two", n=2)
        await town.settled()
        shown = words_of(town.card_of(await town.ask("usage")))
        assert "Image units: 16 spent" in shown
        assert "Today: 7 of 8 image units" in shown


async def test_of_a_team_those_see_it_who_can_take_the_token(tmp_path: Path) -> None:
    """Its owner, admins and developers; not who may only read, nor who has only been invited."""
    async with open_town(tmp_path) as town:
        named = {name: town.discord.add_user(name) for name in ("admin", "dev", "reads", "invited")}
        town.discord.application.team = [
            (town.discord.owner, "admin", True),
            (named["admin"], "admin", True),
            (named["dev"], "developer", True),
            (named["reads"], "read_only", True),
            (named["invited"], "admin", False),
        ]
        async with town.bot():
            seen = {
                name: "left at Kling" in words_of(town.card_of(await town.ask("usage", by=one)))
                for name, one in {"owner": town.discord.owner, **named}.items()
            }
    assert seen == {"owner": True, "admin": True, "dev": True, "reads": False, "invited": False}
