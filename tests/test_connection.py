"""Getting connected, and what happens when Discord is away or takes the token back."""

import asyncio
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app import open_app
from bot.client import commands_of_this_version
from bot.errors import DiscordRefused, TokenRefused
from bot.invocation import AS_MODULE
from bot.operator.explain import exit_code, explain
from bot.settings.load import load_settings
from sandbox.discord import Answer, LocalDiscord, Reply, Throttle
from tests.harness.jump_clock import JumpClock
from tests.harness.opening import TOKEN, open_town


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_discord_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """The bot waits for a Discord that cannot be reached, and connects once it is there."""
    clock, port = JumpClock(), _free_port()
    env = {
        "KLINGBOT_DISCORD__TOKEN": TOKEN,
        "KLINGBOT_DISCORD__API_URL": f"http://127.0.0.1:{port}/api/v10",
        "KLINGBOT_DISCORD__GATEWAY_URL": f"ws://127.0.0.1:{port}/gateway",
        "KLINGBOT_STORAGE__URL": f"sqlite:///{tmp_path}/kling.db",
        "KLINGBOT_WEB__LISTEN": "",
    }
    discord = LocalDiscord(clock, token=TOKEN)

    async def run() -> None:
        async with open_app(load_settings(None, env), clock) as app:
            await app.client.wait_until_ready()

    running = asyncio.create_task(run())
    await clock.asleep.wait()  # the first try has failed, and the second is being waited for
    await discord.start(port)
    clock.jump(60)
    await running
    await discord.close()


async def test_a_gateway_that_refuses_the_first_connection_is_tried_again(tmp_path: Path) -> None:
    """Discord responds but refuses the login for now: the bot waits until it is let in."""
    async with open_town(tmp_path) as town:
        town.discord.gateway.begin_outage()
        opening = asyncio.create_task(_ready(town.env, town.clock))
        await town.clock.asleep.wait()
        town.discord.gateway.end_outage()
        while not opening.done():
            town.clock.asleep.clear()
            asleep = asyncio.create_task(town.clock.asleep.wait())
            await asyncio.wait({opening, asleep}, return_when=asyncio.FIRST_COMPLETED)
            asleep.cancel()
            town.clock.jump(60)
        await opening


async def test_a_server_error_while_registering_commands_is_tried_again(tmp_path: Path) -> None:
    """A Discord that stumbles while commands are registered costs another login, nothing more."""
    async with open_town(tmp_path) as town:
        failing = town.discord.fault("PUT", "/applications/{application_id}/commands", Answer(503))
        opening = asyncio.create_task(_ready(town.env, town.clock))
        await town.clock.asleep.wait()
        town.clock.jump(60)
        await opening
        assert len(failing.hits) == 1
        assert len(town.discord.commands) == len(await commands_of_this_version())


@pytest.mark.parametrize(
    ("method", "route"),
    [("GET", "/users/@me"), ("PUT", "/applications/{application_id}/commands")],
)
async def test_too_many_requests_are_waited_out(tmp_path: Path, method: str, route: str) -> None:
    """A 429 of the network in front of Discord costs as long a wait as it asks for."""
    async with open_town(tmp_path) as town:
        failing = town.discord.fault(method, route, Throttle(90, via=False))
        with capture_logs() as records:
            opening = asyncio.create_task(_ready(town.env, town.clock))
            asleep = asyncio.create_task(town.clock.asleep.wait())
            await asyncio.wait({opening, asleep}, return_when=asyncio.FIRST_COMPLETED)
            assert not opening.done(), opening.exception()
            town.clock.jump(90)
            await opening
        (away,) = [record for record in records if record["event"] == "discord.unreachable"]
        assert (away["reason"], away["again_in_s"]) == ("HTTP 429", 90)
        assert len(failing.hits) == 1
        assert len(town.discord.commands) == len(await commands_of_this_version())


async def test_refused_commands_do_not_keep_the_bot_from_running(tmp_path: Path) -> None:
    """The bot runs with the commands that Discord knows, and the next start registers them."""
    async with open_town(tmp_path) as town:
        town.discord.fault(
            "PUT", "/applications/{application_id}/commands", Answer(403, 50001, "Missing Access")
        )
        with capture_logs() as records:
            await _ready(town.env, town.clock)
        (refused,) = [record for record in records if record["event"] == "commands.refused"]
        assert (refused["status"], refused["reason"]) == (403, "Missing Access")
        assert not town.discord.commands
        await _ready(town.env, town.clock)
        assert len(town.discord.commands) == len(await commands_of_this_version())


@pytest.mark.parametrize("route", ["/users/@me", "/oauth2/applications/@me"])
@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[]", b"", b"\xff"])
async def test_a_login_that_cannot_be_read_is_waited_out(
    tmp_path: Path, route: str, body: bytes
) -> None:
    """A page of the network in front of Discord says 200 too: tried again, without a traceback."""
    async with open_town(tmp_path) as town:
        failing = town.discord.fault("GET", route, Reply(body))
        with capture_logs() as records:
            opening = asyncio.create_task(_ready(town.env, town.clock))
            asleep = asyncio.create_task(town.clock.asleep.wait())
            await asyncio.wait({opening, asleep}, return_when=asyncio.FIRST_COMPLETED)
            assert not opening.done(), opening.exception()
            town.clock.jump(90)
            await opening
        (away,) = [record for record in records if record["event"] == "discord.unreachable"]
        assert away["reason"] == "unreadable answer"
        assert len(failing.hits) == 1
        assert town.discord.commands


@pytest.mark.parametrize("status", [403, 404])
async def test_a_login_refused_for_good_is_the_operators_to_fix(
    tmp_path: Path, status: int
) -> None:
    """What is no matter of the token and does not pass is said in words."""
    async with open_town(tmp_path) as town:
        town.discord.fault("GET", "/users/@me", Answer(status))
        with pytest.raises(DiscordRefused) as refused:
            await _ready(town.env, town.clock)
        assert f"HTTP {status}" in explain(refused.value, AS_MODULE)
        assert exit_code(refused.value) == 2


async def test_a_connection_closed_for_good_is_the_operators_to_fix(tmp_path: Path) -> None:
    """A close code that no reconnecting helps against ends the bot in words as well."""
    async with open_town(tmp_path) as town, town.bot() as app:
        await town.discord.gateway.close(4012)
        with pytest.raises(DiscordRefused, match="4012"):
            await app.ended


async def test_a_wrong_token_is_the_operators_to_fix(tmp_path: Path) -> None:
    """A token that Discord does not know ends the start with exit code 3."""
    async with open_town(tmp_path) as town:
        env = {**town.env, "KLINGBOT_DISCORD__TOKEN": "another-token"}
        with pytest.raises(TokenRefused) as refused:
            await _ready(env, town.clock)
        assert refused.value.exit_code == 3


async def test_a_token_taken_back_ends_the_bot(tmp_path: Path) -> None:
    """When Discord takes the token back while the bot runs, the bot ends with exit code 3."""
    async with open_town(tmp_path) as town, town.bot() as app:
        await town.discord.gateway.close(4004)
        with pytest.raises(TokenRefused):
            await app.ended


async def _ready(env: dict[str, str], clock: JumpClock) -> None:
    async with open_app(load_settings(None, env), clock) as app:
        await app.client.wait_until_ready()
