"""Both READMEs say the same, and whatever they name exists."""

import argparse
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from discord import app_commands

from bot.cli import _parser
from bot.client import KlingBot, equip
from bot.clock import SystemClock
from bot.messages.translations import load_translations
from bot.settings.load import dotted_keys, env_name
from tests.harness.requests import EVERY

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
BOTH = {ENGLISH: "en-US", CHINESE: "zh-CN"}
OWN_OF_LIVE = {"KLING_LIVE_GUILD", "KLING_LIVE_CHANNEL"}
DISCORDS_OWN_WORDS = {"The application did not respond", "该应用程序未响应"}

BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|<(https?://[^>\s]+)>|\bsrc=\"([^\"]+)\"")
BOLD = re.compile(r"\*\*([A-Z][\w ]+)\*\*")
QUOTED = re.compile(r'^\| ["“]([^"”]+)["”] \|', re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_of(name: str) -> list[str]:
    """Every piece of code: the lines of blocks without their comments, and the spans."""
    text = text_of(name)
    blocks = [
        line.partition("#")[0].strip() for b in BLOCK.findall(text) for line in b.splitlines()
    ]
    return [*filter(None, blocks), *SPAN.findall(BLOCK.sub("", text))]


def links_of(name: str) -> set[str]:
    return {"".join(found) for found in LINK.findall(BLOCK.sub("", text_of(name)))}


def make_targets(name: str) -> set[str]:
    return {found for code in code_of(name) for found in re.findall(r"\bmake ([a-z]+)", code)}


def settings_of(name: str) -> set[str]:
    """Every setting as it is written, by its environment name or with a dot."""
    sections = "|".join({key.partition(".")[0] for key in dotted_keys()})
    shape = re.compile(rf"KLINGBOT_\w+|\b(?:{sections})\.[a-z_]+\b(?!\.)")
    words = {found for code in code_of(name) for found in shape.findall(code)}
    return {word for word in words if word != "config.toml"}


def actions(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The sub-commands of a parser."""
    (choices,) = [
        dict(action.choices)
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return choices


def test_both_name_the_same() -> None:
    """Code, settings, targets, buttons and links are equal; only the words around them differ."""
    assert sorted(code_of(ENGLISH)) == sorted(code_of(CHINESE))
    assert sorted(BOLD.findall(text_of(ENGLISH))) == sorted(BOLD.findall(text_of(CHINESE)))
    theirs = {link.replace("pictures/zh-CN/", "pictures/") for link in links_of(CHINESE)}
    assert links_of(ENGLISH) - {CHINESE} == theirs - {ENGLISH}


def test_both_have_the_same_build() -> None:
    """The same headings by level, and the same number of table rows and bullets."""
    shape = re.compile(r"^(#+|\||-|\d\.) ", re.MULTILINE)
    assert shape.findall(text_of(ENGLISH)) == shape.findall(text_of(CHINESE))


def test_each_leads_to_the_other() -> None:
    """A reader of either language finds the page in theirs."""
    assert CHINESE in links_of(ENGLISH)
    assert ENGLISH in links_of(CHINESE)


@pytest.mark.parametrize("name", BOTH)
def test_every_link_leads_somewhere(name: str) -> None:
    """Relative links are files of the repository; the others are https."""
    for link in links_of(name):
        parts = urlsplit(link)
        assert parts.scheme == "https" or (not parts.scheme and (ROOT / parts.path).is_file()), link


@pytest.mark.parametrize("name", BOTH)
def test_every_target_exists(name: str) -> None:
    """`make …` is in the Makefile, and the front doors are in the README."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))
    named = make_targets(name)
    assert named <= targets
    assert {"demo", "doctor", "run", "gateway", "test", "check", "bench", "live"} <= named


@pytest.mark.parametrize("name", BOTH)
def test_every_command_line_exists(name: str) -> None:
    """`python -m bot …` is something the command line takes, each of its alternatives too."""
    commands = actions(_parser())
    programs = re.compile(r"(?:python -m bot|kling-discord) (\w.*)")
    lines = [found[1] for code in code_of(name) if (found := programs.search(code))]
    assert len(lines) > 4
    for line in lines:
        command, *rest = line.split()
        if rest and (rest[0].startswith("--") or rest[0].isupper()):
            assert rest[0] in commands[command].format_help(), line
            continue
        assert command in commands, line
        alternatives = [words.split()[0] for words in " ".join(rest).split(" | ") if words]
        assert not alternatives or set(alternatives) <= set(actions(commands[command])), line


@pytest.mark.parametrize("name", BOTH)
def test_every_setting_exists(name: str) -> None:
    """Each is a key of the configuration, or one of the two that `make live` has for itself."""
    known = {*dotted_keys(), *map(env_name, dotted_keys()), *OWN_OF_LIVE}
    named = settings_of(name)
    assert named <= known
    assert {env_name("discord.token"), env_name("kling.api_key"), "access.guilds"} <= named


@pytest.mark.parametrize("name", BOTH)
async def test_every_command_and_option_is_named(name: str) -> None:
    """All that a member can type: each command, and each of its options; of a list the first."""
    spans = SPAN.findall(BLOCK.sub("", text_of(name)))
    words = {word for span in spans for word in span.split()}
    further = {name for _, option in EVERY for name in option.names[1:]}
    async with KlingBot(SystemClock()) as client:
        await equip(client)
        commands = client.tree.get_commands()
    assert len(commands) >= 5
    for command in commands:
        if isinstance(command, app_commands.ContextMenu):
            assert command.name in spans
            continue
        assert f"/{command.name}" in words
        leaves = (
            [*command.walk_commands()] if isinstance(command, app_commands.Group) else [command]
        )
        for leaf in leaves:
            inside = {*leaf.qualified_name.split()[1:]}
            options = set()
            if isinstance(leaf, app_commands.Command):
                options = {option.name for option in leaf.parameters} - further
            missing = sorted((inside | options) - words)
            assert not missing, f"{name} names nothing of /{command.name} called {missing}"


@pytest.mark.parametrize("name", BOTH)
def test_quoted_messages_are_those_of_the_bot(name: str) -> None:
    """What a reader is told they will see is what the bot says, in that language."""
    words = load_translations()
    language = BOTH[name]
    said = "\n".join(words.template(key, language) for key in words.keys(language))
    quoted = QUOTED.findall(text_of(name))
    assert len(quoted) == 5
    for message in quoted:
        assert message in DISCORDS_OWN_WORDS or message in said, message
