"""What the operator is told, where, and how often."""

from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection, update

from sandbox.clock import PATIENCE_S
from sandbox.discord import Hold, Message
from storage.schema import jobs
from tests.harness.opening import open_town
from tests.harness.town import Town


def _notices(town: Town) -> list[Message]:
    return town.posts(town.discord.dm(town.discord.owner))


async def test_a_used_up_pack_is_told_once_to_the_owner(town: Town) -> None:
    """The owner hears which pack is used up; fifty waiting jobs make one notice."""
    town.kling.set_pack("image", Decimal(0))
    for number in range(3):
        asked = await town.ask("image", prompt=f"picture {number}")
        await town.card_says(asked, "owner")
    await town.discord.until(lambda: bool(_notices(town)), PATIENCE_S)
    [notice] = _notices(town)
    assert "image units are used up" in notice.content
    assert "video" not in notice.content


async def test_an_unknown_model_is_passed_on_and_told(town: Town) -> None:
    """A model that the catalogue has not heard of goes to Kling, and is told once."""
    for _ in range(2):
        await town.ask("image", prompt="a boat", model="kling-v99")
    await town.discord.until(lambda: len(_notices(town)) >= 1)
    await town.kling.until(lambda: len(town.kling.requests) >= 2)
    await town.settled()
    [notice] = _notices(town)
    assert "kling-v99" in notice.content


async def test_no_step_waits_for_a_notice(town: Town) -> None:
    """While the operator's channel does not answer, a job of an unknown model is sent and told."""
    held = town.discord.fault("POST", "/users/@me/channels", Hold())
    try:
        await town.ask("image", prompt="a boat", model="kling-v99")
        assert await town.posted()
    finally:
        town.discord.withdraw(held)
    await town.discord.until(lambda: bool(_notices(town)), PATIENCE_S)


async def test_notices_go_where_the_operator_wants_them(tmp_path: Path) -> None:
    """With a channel set, the notice is posted there and no direct message is sent."""
    async with open_town(tmp_path) as town:
        channel = town.discord.add_channel(town.guild, "operators")
        town.env["KLINGBOT_DISCORD__OPERATOR_CHANNEL"] = str(channel.id)
        town.kling.set_pack("image", Decimal(0))
        async with town.bot():
            await town.ask("image", prompt="a boat")
            [notice] = await town.posted(1, channel)
        assert "used up" in notice.content
        assert notice.mentions == []
        assert _notices(town) == []


async def test_a_row_of_a_newer_version_stops_nobody(town: Town) -> None:
    """After a downgrade the owner hears of the unreadable job once, and all others go on."""
    asked = await town.ask("image", prompt="a boat")
    await town.settled()
    [job] = await town.store.list_jobs()
    now = town.clock.now()

    def make_newer(here: Connection) -> None:
        changed = {"kind": "hologram", "state": "running", "due_at": now, "ended_at": None}
        here.execute(update(jobs).where(jobs.c.id == job.id).values(changed))

    await town.store._connections.write(make_newer)
    another = await town.ask("image", prompt="a lighthouse")
    await town.card_says(another, "✅")
    await town.discord.until(lambda: bool(_notices(town)), PATIENCE_S)
    await town.settled()
    [notice] = _notices(town)
    assert job.id in notice.content
    assert "newer version" in notice.content
    assert town.card_of(asked).id != town.card_of(another).id


async def test_many_unknown_models_are_one_notice(town: Town) -> None:
    """A member who makes up names doesn't flood the operator."""
    for name in ("kling-made-up-1", "kling-made-up-2", "kling-made-up-3"):
        await town.ask("image", prompt="a", model=name)
    await town.settled()
    told = await town.posted(1, town.discord.dm(town.discord.owner))
    assert sum("kling-made-up" in post.content for post in told) == 1
