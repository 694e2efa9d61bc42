"""The commands examined: what Discord has is compared with this version, refusals are named."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.client import commands_of_this_version
from bot.doctor.commands import command_findings
from bot.doctor.findings import Finding, Mark, worst
from bot.doctor.registration import examine_commands
from sandbox.discord import Answer, Reply
from tests.harness.opening import open_town
from tests.harness.town import Town

PUT = ("PUT", "/applications/{application_id}/commands")
FIRST = {"video": "prompt", "image": "prompt", "lipsync": "video"}
"""The first option of each command."""
TOO_LONG = "Must be between 1 and 100 in length."


def refuse(town: Town, *names: str) -> None:
    """Let Discord refuse every list with one of these commands."""
    town.discord.command_rules.refuses = dict.fromkeys(names, TOO_LONG)


async def examined(town: Town) -> list[Finding]:
    findings = await examine_commands(town.settings, commands_of_this_version)
    return [finding for finding in findings if finding.mark is not Mark.OK]


async def test_all_registered_is_well(tmp_path: Path) -> None:
    """What the bot has just registered is what Discord has, translations and options included."""
    async with open_town(tmp_path) as town, town.bot():
        assert await examined(town) == []
        wanted = await commands_of_this_version()
        assert wanted
        assert len(town.discord.commands) == len(wanted)


async def test_a_bot_that_never_ran_has_none_yet(tmp_path: Path) -> None:
    """Before the first start that is as it should be."""
    async with open_town(tmp_path) as town:
        findings = await examine_commands(town.settings, commands_of_this_version)
        assert [finding.mark for finding in findings] == [Mark.OK]
        assert "not registered yet" in findings[0].what


def lines(records: Any, event: str) -> list[dict[str, Any]]:
    return [dict(record) for record in records if record["event"] == event]


@pytest.mark.parametrize("names", [("video",), ("image", "lipsync")])
async def test_a_refused_command_is_named_and_the_others_work(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """The log and the doctor name each with its field; the bot has all the others."""
    async with open_town(tmp_path) as town:
        refuse(town, *names)
        with capture_logs() as records:
            async with town.bot():
                known = {command["name"] for command in town.discord.commands}
                assert not known & set(names)
                assert {"help", "jobs"} <= known
                findings = await examined(town)
        told = lines(records, "command.refused")
        assert [line["name"] for line in told] == sorted(names)
        for line in told:
            assert line["reason"] == f"{FIRST[line['name']]}.description: {TOO_LONG}"
            assert len(str(line)) < 400
        assert [finding.what for finding in findings] == [
            f"Discord refuses /{name}: {FIRST[name]}.description: {TOO_LONG}"
            for name in sorted(names)
        ]
        assert worst(findings) == 1


async def test_a_refusal_is_forgotten_once_discord_takes_the_command(tmp_path: Path) -> None:
    """The next start tries again; then all is registered, and the doctor is content."""
    async with open_town(tmp_path) as town:
        refuse(town, "video")
        async with town.bot():
            assert await examined(town)
        refuse(town)
        async with town.bot():
            assert await examined(town) == []
        puts = len(town.discord.sent(*PUT))
        async with town.bot():
            assert len(town.discord.sent(*PUT)) == puts, "nothing has changed"


async def test_a_refusal_without_names_is_short(tmp_path: Path) -> None:
    """One line of the log, whatever the length of what Discord says."""
    async with open_town(tmp_path) as town:
        endless = {"message": "No. " * 5_000, "code": 30_034}
        town.discord.fault(*PUT, Reply(json.dumps(endless).encode(), status=400))
        with capture_logs() as records:
            async with town.bot():
                findings = await examined(town)
        (line,) = lines(records, "commands.refused")
        assert line["code"] == 30_034
        assert len(line["reason"]) <= 300
        assert findings[0].what.startswith("Discord refuses the commands: HTTP 400 No.")


@pytest.mark.parametrize("reply", [b"<html>", b"{}", b"[1]", b"\xff"])
async def test_a_list_that_cannot_be_read_does_not_stop_the_bot(
    tmp_path: Path, reply: bytes
) -> None:
    """Discord took the commands; which ids they have is asked at the next start."""
    async with open_town(tmp_path) as town:
        town.discord.fault(*PUT, Reply(reply, stored=True))
        async with town.bot():
            asked = await town.ask("image", prompt="a fox")
            await town.card_says(asked, "✅")
            await town.settled()
        async with town.bot():
            assert len(town.discord.sent(*PUT)) == 2


async def test_differences_are_named(tmp_path: Path) -> None:
    """Missing, of another version, or somebody else's: each by its name."""
    async with open_town(tmp_path) as town, town.bot():
        commands = copy.deepcopy(town.discord.commands)
        by_name = {command["name"]: command for command in commands}
        by_name["image"]["options"][0]["description"] = "What it was before"
        by_name["help"]["description_localizations"] = {}
        commands.remove(by_name["video"])
        commands.append(by_name["jobs"] | {"name": "ban", "id": "1"})
        town.discord.store.commands = commands
        found = await examined(town)
        assert [(finding.mark, finding.what) for finding in found] == [
            (Mark.BAD, "commands: Discord does not have /video"),
            (Mark.WARN, "commands: Discord has another version of /help, /image"),
            (
                Mark.WARN,
                "commands: Discord also has /ban, which this bot does not answer",
            ),
        ]


async def test_what_discord_adds_is_no_difference() -> None:
    """Ids, defaults, and empty in place of absent are the same command."""
    [first, *_] = await commands_of_this_version()
    added = first | {"id": "1", "version": "2", "nsfw": False, "dm_permission": True}
    added |= {
        "options": [
            dict(option, required=option.get("required") or False, choices=option.get("choices"))
            for option in first.get("options") or []
        ]
    }
    assert command_findings([first], [added], {})[0].mark is Mark.OK


async def test_without_access_to_the_list_it_says_so(tmp_path: Path) -> None:
    """403 for the list is a finding, not a crash."""
    async with open_town(tmp_path) as town:
        town.discord.fault("GET", PUT[1], Answer(400, 50_035))
        [found] = await examined(town)
        assert "does not list them (HTTP 400)" in found.what
