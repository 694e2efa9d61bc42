"""The words of the command line, and what happens to words it does not know."""

import io
from pathlib import Path

import pytest

from bot.cli import main


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
        ("gateway", "--config"),
        ("doctor", "--config"),
        ("jobs", "--config"),
        ("jobs", "resolve"),
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
