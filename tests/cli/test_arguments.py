"""The words of the command line, and what happens to words it does not know."""

import io
from pathlib import Path

import pytest

from bot import __version__
from bot.cli import main
from bot.invocation import AS_MODULE, Invocation


@pytest.mark.parametrize("arguments", [[], ["dance"], ["jobs"], ["jobs", "resolve", "x", "maybe"]])
def test_a_command_that_is_none_is_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Words the command line does not know end with its usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    assert ended.value.code == 2
    assert "usage: python -m bot" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("run", "--config"),
        ("demo", "--tour"),
        ("demo", "--out"),
        ("demo", "--port"),
        ("demo", "--kling"),
        ("demo", "--gateway"),
        ("gateway", "--config"),
        ("doctor", "--config"),
        ("jobs", "--config"),
        ("jobs", "resolve"),
        ("block", "remove"),
        ("audit", "--json"),
        ("usage", "--month"),
        ("budget", "clear"),
        ("budget", "credit"),
    ],
)
def test_every_command_explains_itself(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--help` works for each command of the contract and names its options."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"], {})
    assert ended.value.code == 0
    assert option in capsys.readouterr().out


def test_config_toml_of_the_working_directory_is_read_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `--config` the file beside the operator counts, with it only the one named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("stray = 1", encoding="utf-8")
    (tmp_path / "mine.toml").write_text("strange = 1", encoding="utf-8")
    by_itself, named = io.StringIO(), io.StringIO()
    assert main(["run"], {}, err=by_itself) == 2
    assert main(["run", "--config", "mine.toml"], {}, err=named) == 2
    assert "stray: unknown" in by_itself.getvalue()
    assert "strange: unknown" in named.getvalue()


@pytest.mark.parametrize("started", [AS_MODULE, Invocation.of_script()])
def test_the_version_is_told(started: Invocation, capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` names the program and its version, and nothing else happens."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"], {}, started)
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"kling-discord {__version__}\n"


def test_the_usage_names_the_program_that_was_started(capsys: pytest.CaptureFixture[str]) -> None:
    """Installed, the usage is that of the installed command."""
    with pytest.raises(SystemExit):
        main(["jobs", "--help"], {}, Invocation.of_script())
    assert capsys.readouterr().out.startswith("usage: kling-discord jobs ")


@pytest.mark.parametrize(
    "arguments",
    [
        "--port 65536",
        "--port -1",
        "--port x",
        "--tour --kling",
        "--tour --gateway",
        "--tour --port 1",
    ],
)
def test_a_demo_that_makes_no_sense_is_exit_2(
    arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that is none, and a tour together with what it does not have."""
    with pytest.raises(SystemExit) as ended:
        main(["demo", *arguments.split()], {})
    assert ended.value.code == 2
    assert "demo: error: " in capsys.readouterr().err


ACTIONS = (
    "run",
    "gateway",
    "doctor",
    "jobs list",
    "jobs show ID",
    "jobs resolve ID look",
    "jobs pause",
    "jobs resume",
    "jobs forget --member 1",
    "block list",
    "block add 1",
    "block remove 1",
    "audit",
    "usage",
    "budget list",
    "budget set --server 1 --video 1",
    "budget clear --server 1",
    "budget credit --member 1 --image 1",
    "backup FILE",
    "restore FILE",
)


@pytest.mark.parametrize("words", ACTIONS)
def test_the_settings_file_is_named_anywhere_after_the_command(words: str, tmp_path: Path) -> None:
    """`--config` may follow the command, its action, or everything, and its file counts."""
    named = tmp_path / "mine.toml"
    named.write_text("strange = 1", encoding="utf-8")
    command, *rest = words.split()
    option = ["--config", str(named)]
    places = [[command, *option, *rest], [command, *rest, *option]]
    if rest:
        places.append([command, rest[0], *option, *rest[1:]])
    for given in places:
        err, out = io.StringIO(), io.StringIO()
        assert main(given, {}, out=out, err=err) == 2
        assert "strange: unknown" in err.getvalue() + out.getvalue(), given
