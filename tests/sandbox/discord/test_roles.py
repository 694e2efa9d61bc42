"""Roles: what the bot knows of them, how members name them, and that they look as Discord says."""

import asyncio
import json
from pathlib import Path
from typing import Any

import discord
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from sandbox.discord import LocalRefusal, Message, Role
from tests.harness.discord_conformance import spec_path
from tests.harness.discord_scene import Scene, connected
from tests.harness.playground.forms_bot import forms_bot

RED = 0xFF0000


@pytest.fixture
def painters(scene: Scene) -> Role:
    return scene.world.add_role(scene.guild, "painters", scene.member, color=RED)


def described(kind: str) -> Draft202012Validator:
    """What Discord's own description says of one kind of object."""
    path = spec_path()
    if path is None:
        pytest.skip("Discord's OpenAPI description is not beside the checkout")
    return Draft202012Validator(_schema(path, kind))


def _schema(path: Path, kind: str) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="utf-8"))
    schema: dict[str, Any] = {"$ref": f"#/components/schemas/{kind}"}
    return schema | {"components": document["components"]}


async def answer(scene: Scene, message: Message, custom_id: str, *values: Any) -> str:
    """What the bot says to a choice."""
    chosen = await scene.world.choose(scene.member, message, custom_id, values)
    said = (await chosen.answered()).message
    assert said is not None
    return said.content


async def test_the_bot_knows_the_roles(scene: Scene, painters: Role) -> None:
    """The roles that exist when it joins and those made later, by the server's list."""
    bot = forms_bot()
    async with connected(bot, scene.world):
        heard = asyncio.create_task(bot.wait_for("guild_role_create"))
        await asyncio.sleep(0)  # it listens from its first turn on
        later = scene.world.add_role(scene.guild, "later")
        assert (await heard).id == later.id
        guild = bot.get_guild(scene.guild.id)
        assert guild is not None
        known = guild.get_role(painters.id)
        assert known is not None
        assert (known.name, known.colour.value) == ("painters", RED)
        assert {role.id for role in await guild.fetch_roles()} >= {painters.id, later.id}
        member = await guild.fetch_member(scene.member.id)
        assert painters.id in {role.id for role in member.roles}


async def test_selects_offer_roles(scene: Scene, painters: Role) -> None:
    """A role select takes roles, a mentionable one people too, and neither anything else."""
    world, other = scene.world, scene.world.add_role(scene.guild, "others")
    async with connected(forms_bot(), world):
        used = await world.slash(scene.member, scene.channel, "rolepanel")
        message = (await used.answered()).message
        assert message is not None
        said = await answer(scene, message, "roles", painters, other)
        assert said == f"roles [('painters', {RED}), ('others', 0)]"
        assert await answer(scene, message, "any", painters) == "anybody [('Role', 'painters')]"
        assert "Member" in await answer(scene, message, "any", scene.member)
        for value in (scene.member, scene.channel, str(painters.id)):
            with pytest.raises(LocalRefusal, match="not offered"):
                await world.choose(scene.member, message, "roles", [value])
        elsewhere = world.add_role(world.add_guild("Elsewhere"), "foreign")
        with pytest.raises(LocalRefusal):
            await world.choose(scene.member, message, "roles", [elsewhere])


async def test_forms_and_options_take_roles(scene: Scene, painters: Role) -> None:
    """A role in a form and in an option reaches the bot as that role."""
    world = scene.world
    async with connected(forms_bot(), world):
        opened = await (await world.slash(scene.member, scene.channel, "roleform")).answered()
        with pytest.raises(LocalRefusal, match="not offered"):
            await world.submit_modal(opened, {"role": [scene.member]})
        sent = await (await world.submit_modal(opened, {"role": [painters]})).answered()
        assert sent.message is not None
        assert sent.message.content == "form ['painters']"
        options = {"role": painters, "other": scene.member}
        used = await (await world.slash(scene.member, scene.channel, "role", options)).answered()
        assert used.message is not None
        assert used.message.content == f"role painters | {scene.member.name}"
        with pytest.raises(LocalRefusal, match="does not take"):
            await world.slash(scene.member, scene.channel, "role", {"role": scene.member})


@pytest.mark.parametrize(
    ("allowed", "mentionable", "pings"),
    [
        (discord.AllowedMentions.none(), True, False),
        (discord.AllowedMentions(roles=True), True, True),
        (discord.AllowedMentions(roles=True), False, False),
    ],
)
async def test_who_is_pinged(
    scene: Scene, allowed: discord.AllowedMentions, *, mentionable: bool, pings: bool
) -> None:
    """A role is pinged where the message allows it and the role may be mentioned by anybody."""
    role = scene.world.add_role(scene.guild, "painters", mentionable=mentionable)
    bot = forms_bot()
    async with connected(bot, scene.world):
        channel = bot.get_channel(scene.channel.id)
        assert isinstance(channel, discord.TextChannel)
        sent = await channel.send(f"<@&{role.id}>", allowed_mentions=allowed)
    message = scene.world.message(sent.id)
    assert message is not None
    assert [one.name for one in message.mentioned_roles] == (["painters"] if pings else [])
    assert [one.id for one in sent.role_mentions] == ([role.id] if pings else [])


async def test_roles_look_as_discord_says(scene: Scene, painters: Role) -> None:
    """In the server's list and in what an interaction resolves, each is a whole role object."""
    role, resolved = described("GuildRoleResponse"), described("ResolvedObjectsResponse")
    bot = forms_bot()
    async with connected(bot, scene.world):
        listed = await bot.http.get_roles(scene.guild.id)
        assert len(listed) > 2
        for one in listed:
            role.validate(one)
        used = await scene.world.slash(scene.member, scene.channel, "rolepanel")
        message = (await used.answered()).message
        assert message is not None
        chosen = await scene.world.choose(scene.member, message, "roles", [painters])
        roles = chosen.payload["data"]["resolved"]
        resolved.validate(roles)
        role.validate(roles["roles"][str(painters.id)])
        assert chosen.payload["data"]["values"] == [str(painters.id)]
