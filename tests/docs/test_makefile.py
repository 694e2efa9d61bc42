"""What operators are told to type runs as it is written."""

import argparse
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli import _parser
from bot.messages.translations import LANGUAGES, load_translations

ROOT = Path(__file__).parents[2]
TOLD = re.compile(r'make jobs ARGS="([^"]+)"')


def recipe(*arguments: str) -> str:
    """What make would run."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    dry = [make, "--dry-run", "--no-print-directory", *arguments]
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
    assert given("playground").tour is False
    assert given("demo").tour is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_operator_is_told_to_type_is_understood(language: str) -> None:
    """All three ways out of an unsure create, ready to be copied; nothing outside of make."""
    words = load_translations(strict=True)
    notice = words.say("operator.unsure", language, job="a-B_3")
    told = [given("jobs", f"ARGS={arguments}") for arguments in TOLD.findall(notice)]
    assert [args.choice for args in told] == ["look", "send", "give-up"]
    assert {args.id for args in told} == {"a-B_3"}
    assert not [key for key in words.keys(language) if "python -m" in words.template(key, language)]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_tells_to_type_is_understood(name: str) -> None:
    """The row about unsure jobs can be copied too."""
    told = TOLD.findall((ROOT / name).read_text(encoding="utf-8"))
    assert told
    for arguments in told:
        assert given("jobs", f"ARGS={arguments}").action == "resolve"
