"""What operators are told to type runs as it is written."""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import _parser
from bot.invocation import Invocation
from bot.messages.translations import LANGUAGES, load_translations
from bot.operator.notices import commands_for

ROOT = Path(__file__).parents[2]
TOLD = re.compile(r'make jobs ARGS="([^"]+)"')


def recipe(*arguments: str) -> str:
    """What make would run."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    dry = [make, "--dry-run", "--no-print-directory", f"PYTHON={sys.executable}", *arguments]
    return subprocess.run(  # noqa: S603 - make itself, with our own arguments
        dry, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def given(*arguments: str) -> argparse.Namespace:
    """What the command line understands of what make would run."""
    (line,) = [line for line in recipe(*arguments).splitlines() if " -m bot " in line]
    return _parser().parse_args(shlex.split(line.partition(" -m bot ")[2]))


@pytest.mark.parametrize("target", ["run", "gateway", "doctor", "jobs"])
def test_every_command_with_settings_takes_a_file(target: str) -> None:
    """CONFIG names another file; without it the default is meant."""
    assert given(target).config is None
    assert given(target, "CONFIG=my settings.toml").config == Path("my settings.toml")


def test_jobs_are_listed_or_what_args_say() -> None:
    """Without words it shows, with them it acts."""
    assert given("jobs").action == "list"
    resolved = given("jobs", "ARGS=resolve abc give-up")
    assert (resolved.action, resolved.id, resolved.choice) == ("resolve", "abc", "give-up")


def test_the_playground_is_the_demo_without_the_tour() -> None:
    """The page, or words that there is none; never the tour instead."""
    assert (given("playground").tour, given("playground").port) == (False, None)
    assert given("playground", "PORT=8421").port == 8421
    assert given("demo").tour is True


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("config", [None, Path("my settings.toml")])
def test_what_the_operator_is_told_to_type_is_understood(
    language: str, config: Path | None
) -> None:
    """All ways out of an unsure create, ready to be copied, for the same settings."""
    words = load_translations(strict=True)
    commands = commands_for(Invocation.of_module().with_config(config), "a-B_3")
    notice = words.say("operator.unsure", language, job="a-B_3", **commands)
    told = [given(*shlex.split(line)[1:]) for line in re.findall(r"`(make [^`]+)`", notice)]
    shown = [args for args in told if args.action == "show"]
    resolving = [args.choice for args in told if args not in shown]
    assert (len(shown), resolving) == (1, ["look", "send", "give-up", "take"])
    assert {args.id for args in told} == {"a-B_3"}
    assert {args.config for args in told} == {config}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_spells_a_command_itself(language: str) -> None:
    """How the program is started is known in one place; words only have room for it."""
    words = load_translations(strict=True)
    templates = [words.template(key, language) for key in words.keys(language)]
    assert not [text for text in templates if re.search(r"`make |python -m|kling-discord", text)]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_tells_to_type_is_understood(name: str) -> None:
    """The row about unsure jobs can be copied too."""
    told = TOLD.findall((ROOT / name).read_text(encoding="utf-8"))
    assert told
    for arguments in told:
        assert given("jobs", f"ARGS={arguments}").action == "resolve"
