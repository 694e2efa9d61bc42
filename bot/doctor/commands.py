"""Compares the commands that Discord has with those of this version. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.doctor.findings import Finding, bad, ok, warn

RESTART: Final = (
    "Restart the bot: it registers them at the start, and its log says why Discord refuses one."
)
UPDATE: Final = "Update the bot; until then it runs without them."
COMPARED: Final = (
    *("name", "type", "description", "required", "autocomplete", "value"),
    *("name_localizations", "description_localizations"),
    *("min_value", "max_value", "min_length", "max_length"),
)
LISTED: Final = ("options", "choices")
CHAT_INPUT: Final = 1

Command = Mapping[str, Any]


def command_findings(
    wanted: Sequence[Command], registered: Sequence[Command], refused: Mapping[str, str]
) -> list[Finding]:
    """Return which commands are refused, missing, out of date, or not the bot's.

    `refused` has the reasons that the bot noted at its last start.
    """
    findings = [
        bad(f"Discord refuses {_shown(name)}: {reason}", UPDATE) for name, reason in refused.items()
    ]
    there = {_key(command): command for command in registered}
    expected = {_key(command): command for command in wanted}
    named = {key for key in expected if key[1] not in refused}
    if not there and not refused:
        return [ok("commands: not registered yet; the bot does that when it starts")]
    absent = [expected[key] for key in sorted(named - there.keys())]
    other = [
        expected[key]
        for key in sorted(named & there.keys())
        if _gist(expected[key]) != _gist(there[key])
    ]
    strange = [there[key] for key in sorted(there.keys() - expected.keys())]
    if absent:
        findings.append(bad(f"commands: Discord does not have {_names(absent)}", RESTART))
    if other:
        what = f"commands: Discord has another version of {_names(other)}"
        findings.append(warn(what, RESTART))
    if strange:
        findings.append(
            warn(
                f"commands: Discord also has {_names(strange)}, which this bot does not answer",
                "Does another program use this token? Otherwise restart the bot, which replaces "
                "the list.",
            )
        )
    return findings or [ok(f"commands: all {len(expected)} are registered")]


def _key(command: Command) -> tuple[int, str]:
    return int(command.get("type") or CHAT_INPUT), str(command["name"])


def _shown(name: str) -> str:
    return f"/{name}" if name else "the commands"


def _names(commands: Sequence[Command]) -> str:
    return ", ".join(_shown(str(command["name"])) for command in commands)


def _gist(node: Command) -> dict[str, Any]:
    """Return what members see, without what means the same absent and empty."""
    gist = {key: node[key] for key in COMPARED if node.get(key) not in (None, False, "", {})}
    for key in LISTED:
        if node.get(key):
            gist[key] = [_gist(below) for below in node[key]]
    return gist
