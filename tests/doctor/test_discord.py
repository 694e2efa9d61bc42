"""Discord examined: who may invite the bot, its servers, and each missing permission by name."""

import json
import re
from collections.abc import Callable, Sequence

import pytest
from aiohttp import web

from bot.doctor.discord import examine_discord
from bot.doctor.findings import Finding, Mark, worst
from bot.doctor.permissions import NEEDED, invite_url
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.web.server import listen
from sandbox.discord import Answer, LocalDiscord, Reply, payloads
from sandbox.discord.model import POSTING, Permission

Make = Callable[..., Settings]
EACH = {
    "View Channels": Permission.VIEW_CHANNEL,
    "Send Messages": Permission.SEND_MESSAGES,
    "Send Messages in Threads": Permission.SEND_MESSAGES_IN_THREADS,
    "Attach Files": Permission.ATTACH_FILES,
    "Embed Links": Permission.EMBED_LINKS,
    "Read Message History": Permission.READ_MESSAGE_HISTORY,
}


def amiss(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.mark is not Mark.OK]


async def test_all_well(settings: Make) -> None:
    """A private application with its permissions has nothing to change."""
    findings = await examine_discord(settings())
    assert amiss(findings) == []
    assert any("server Den" in finding.what for finding in findings)


async def test_a_public_application_without_a_list_is_warned_of(
    discord: LocalDiscord, settings: Make
) -> None:
    """Strangers could invite the bot and spend the units; a list of servers is enough."""
    discord.application.public = True
    (warned,) = amiss(await examine_discord(settings()))
    assert warned.mark is Mark.WARN
    assert "strangers" in warned.what
    (guild_id,) = discord.store.guilds
    assert amiss(await examine_discord(settings(access__guilds=f"[{guild_id}]"))) == []


async def test_a_server_on_the_list_without_the_bot_is_named(
    discord: LocalDiscord, settings: Make
) -> None:
    """With the address that invites it there."""
    elsewhere = discord.add_guild("Elsewhere", bot_member=False)
    findings = await examine_discord(settings(access__guilds=f"[{elsewhere.id}]"))
    (found,) = amiss(findings)
    assert str(elsewhere.id) in found.what
    assert invite_url(str(discord.store.application_id), str(elsewhere.id)) in found.fix
    assert worst(findings) == 1


async def test_a_bot_in_no_server_is_invited(discord: LocalDiscord, settings: Make) -> None:
    """The address has the scopes and exactly the permissions that are needed."""
    for guild in list(discord.store.guilds.values()):
        discord.remove_bot(guild)
    (found,) = amiss(await examine_discord(settings()))
    assert "scope=bot+applications.commands" in found.fix
    assert f"permissions={int(sum(EACH.values()))}" in found.fix


@pytest.mark.parametrize("name", EACH)
async def test_each_permission_that_a_server_withholds_is_named(
    discord: LocalDiscord, settings: Make, name: str
) -> None:
    """By the name that Discord's settings use, and nothing else."""
    discord.add_guild("Strict", bot_permissions=POSTING & ~EACH[name])
    findings = await examine_discord(settings())
    (found,) = amiss(findings)
    assert found.what == f"server Strict: the bot lacks {name}"
    assert worst(findings) == 1


async def test_channels_that_withhold_something_are_grouped(
    discord: LocalDiscord, settings: Make
) -> None:
    """Overwrites are warned of by channel; a hidden channel is taken for meant so."""
    guild = discord.add_guild("Big")
    mute = [discord.add_channel(guild, f"mute-{number}") for number in range(7)]
    hidden = discord.add_channel(guild, "hidden")
    for channel in mute:
        discord.set_permissions(channel, POSTING & ~Permission.ATTACH_FILES)
    discord.set_permissions(hidden, POSTING & ~Permission.VIEW_CHANNEL)
    (warned,) = amiss(await examine_discord(settings()))
    assert warned.mark is Mark.WARN
    assert warned.what == (
        "server Big: the bot lacks Attach Files in #mute-0, #mute-1, #mute-2, #mute-3, #mute-4 "
        "and 2 more"
    )


async def test_roles_are_read_where_a_server_lists_them(
    discord: LocalDiscord, settings: Make
) -> None:
    """A compatible server may leave them out of the server object: there is a list of their own."""
    (guild,) = discord.store.guilds.values()
    whole = payloads.guild(guild, discord.store)
    for bare in (whole | {"roles": []}, {k: v for k, v in whole.items() if k != "roles"}):
        discord.fault("GET", "/guilds/{guild_id}", Reply(json.dumps(bare).encode()))
        assert amiss(await examine_discord(settings())) == []


async def test_only_listed_servers_are_examined(discord: LocalDiscord, settings: Make) -> None:
    """What happens in servers the bot does not serve is of no interest."""
    (guild_id,) = discord.store.guilds
    discord.add_guild("Other", bot_permissions=Permission(0))
    assert amiss(await examine_discord(settings(access__guilds=f"[{guild_id}]"))) == []


async def test_more_servers_than_a_page_are_all_seen(discord: LocalDiscord, settings: Make) -> None:
    """The list of servers is read to its end, though only the first are examined."""
    for number in range(30):
        discord.add_guild(f"Server {number}")
    findings = await examine_discord(settings())
    assert any("11 more servers" in finding.what for finding in findings)
    assert amiss(findings) == []


async def test_the_operators_channel_must_be_reachable(
    discord: LocalDiscord, settings: Make
) -> None:
    """There and writable: fine; unknown or mute: named with the fix."""
    (guild,) = discord.store.guilds.values()
    channel = discord.add_channel(guild, "notices")
    assert amiss(await examine_discord(settings(discord__operator_channel=str(channel.id)))) == []
    thread = discord.add_channel(guild, "notes", "thread", parent=channel)
    assert amiss(await examine_discord(settings(discord__operator_channel=str(thread.id)))) == []
    (lost,) = amiss(await examine_discord(settings(discord__operator_channel="123456789012")))
    assert "cannot reach 123456789012" in lost.what
    discord.set_permissions(channel, POSTING & ~Permission.SEND_MESSAGES)
    findings = await examine_discord(settings(discord__operator_channel=str(channel.id)))
    mute = [finding for finding in findings if finding.mark is Mark.BAD]
    assert ["lacks Send Messages there" in finding.what for finding in mute] == [True]


async def test_discord_in_trouble_is_told_as_such(discord: LocalDiscord, settings: Make) -> None:
    """A fault on the other side is not a wrong token."""
    discord.fault("GET", "/users/@me", Answer(502))
    findings = await examine_discord(settings())
    assert worst(findings) == 1
    assert "HTTP 502" in findings[0].what


async def test_a_name_that_is_not_known_is_said_in_words(settings: Make) -> None:
    """No name, no network: the cause in words, not the name of an exception."""
    (found,) = await examine_discord(settings(discord__api_url="http://discord.invalid/api"))
    assert found.mark is Mark.BAD
    assert re.search(r": its host name (does not exist|cannot be resolved)", found.what)


async def test_a_discord_that_is_not_there_is_said_in_words(
    discord: LocalDiscord, settings: Make
) -> None:
    """Nothing listens at the address."""
    gone = settings()
    await discord.close()
    (found,) = await examine_discord(gone)
    assert found.what == f"Discord at {gone.discord.api_url}: nothing answers there"


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b"<html>", b'{"username": 1}', b"\xff"])
async def test_a_stranger_at_the_address_is_recognised(settings: Make, body: bytes) -> None:
    """Whatever answers there that is not Discord is one finding, not a crash."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with listen(app, Address("127.0.0.1", 0), key="test") as address:
        findings = await examine_discord(settings(discord__api_url=f"http://{address}/api"))
    assert worst(findings) == 1


def test_what_is_needed_is_what_discord_calls_it() -> None:
    """The names stand for Discord's bits."""
    assert {name: int(bit) for name, bit in EACH.items()} == NEEDED
