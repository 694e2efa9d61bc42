"""What people are told to type is what starts this program where they are."""

import shlex
from pathlib import Path

import pytest

from bot.cli import _parser
from bot.errors import SettingsInvalid
from bot.invocation import AS_MODULE, Invocation
from bot.operator.explain import explain

CONFIG = Path("my settings.toml")


@pytest.mark.parametrize("started", [Invocation.of_script(), AS_MODULE])
@pytest.mark.parametrize("config", [None, CONFIG])
def test_a_command_of_the_wheel_is_understood(started: Invocation, config: Path | None) -> None:
    """It begins with the program, and the settings that were asked for go along."""
    line = started.with_config(config).command("jobs", "resolve", "a-B_3", "give-up")
    assert line.startswith(f"{started.program} jobs ")
    args = _parser().parse_args(shlex.split(line.removeprefix(started.program)))
    assert (args.id, args.choice, args.config) == ("a-B_3", "give-up", config)


def test_a_checkout_is_started_by_make() -> None:
    """The packages are in its virtual environment, where make finds them."""
    started = Invocation.of_module()
    assert started.command("doctor") == "make doctor"
    assert started.command("jobs", "show", "X") == 'make jobs ARGS="show X"'
    assert started.with_config(CONFIG).command("run") == 'make run CONFIG="my settings.toml"'


def test_a_problem_of_the_settings_names_the_command_that_is_there() -> None:
    """An installed bot never mentions a Makefile."""
    problem = SettingsInvalid("log.level: no")
    assert "`make doctor`" in explain(problem, Invocation.of_module())
    installed = explain(problem, Invocation.of_script())
    assert "`kling-discord doctor`" in installed
    assert "make" not in installed
