"""The files that run the bot elsewhere, read by parsers of their own kind."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types
from dockerfile_parse import (  # type: ignore[import-untyped]  # as above
    DockerfileParser,
)

ROOT: Final = Path(__file__).parents[2]
OPERATING: Final = ROOT / "docs" / "operating.md"
UNIT: Final = ROOT / "deploy" / "kling-discord.service"


def steps() -> list[tuple[str, str]]:
    parser = DockerfileParser(path=str(ROOT / "Dockerfile"))
    return [
        (step["instruction"], step["value"])
        for step in parser.structure
        if step["instruction"] != "COMMENT"
    ]


def said(instruction: str) -> list[str]:
    return [value for name, value in steps() if name == instruction]


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def test_the_image_is_built_in_two_stages_from_the_lock() -> None:
    """The second stage has no installer's leftovers; what is installed is pinned by hashes."""
    assert len(said("FROM")) == 2
    [install] = [value for value in said("RUN") if "pip install" in value]
    assert "--require-hashes" in install
    assert "-r requirements.lock" in install


def test_the_image_runs_without_root_and_says_how_it_is() -> None:
    """A numeric user that is not root, a health check, signals to the bot itself."""
    last_stage = steps()[[name for name, _ in steps()].index("FROM", 2) :]
    names = [name for name, _ in last_stage]
    told = dict(last_stage)
    user = told["USER"].partition(":")[0]
    assert user.isdigit()
    assert user != "0"
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert json.loads(told["ENTRYPOINT"]) == ["python", "-m", "bot"]
    assert json.loads(told["CMD"]) == ["run"]
    assert "bot.web.probe" in told["HEALTHCHECK"]
    assert told["STOPSIGNAL"] == "SIGTERM"


def test_what_the_image_copies_is_there_and_not_left_out() -> None:
    """Every source exists and is let through by `.dockerignore`; nothing else is."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {value.split()[0] for value in said("COPY") if not value.startswith("--from")}
    assert "*" in ignored
    assert copied == let_through
    assert all((ROOT / source).exists() for source in copied)


def test_compose_hardens_the_bot_and_waits_for_it_to_stop() -> None:
    """Read-only with one volume and a temporary folder, no privileges, time to drain."""
    bot = compose()["services"]["bot"]
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in bot["security_opt"]
    [volume] = [one for one in bot["volumes"] if not one.endswith(":ro")]
    assert volume.partition(":")[2] in said("VOLUME")[0]
    assert [one.partition(":")[0] for one in bot["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's
    assert int(bot["stop_grace_period"].removesuffix("s")) > 8 + 2
    assert "profiles" not in bot
    assert compose()["services"]["postgres"]["profiles"] == ["postgresql"]


def test_compose_starts_two_workers_with_postgresql() -> None:
    """As hardened as the bot, from the same image and settings, without a volume."""
    services = compose()["services"]
    worker, bot = services["worker"], services["bot"]
    assert worker["profiles"] == services["postgres"]["profiles"]
    assert (worker["command"], worker["deploy"]["replicas"]) == (["worker"], 2)
    for key in ("image", "env_file", "read_only", "cap_drop", "security_opt", "tmpfs"):
        assert worker[key] == bot[key], key
    assert all(one.endswith(":ro") for one in worker["volumes"])
    assert worker["stop_grace_period"] == bot["stop_grace_period"]
    assert worker["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing, with a program that exists on this machine."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is missing (Debian: apt install systemd)")
    unit = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    program = "/opt/kling-discord/bin/kling-discord"
    assert text.count(program) == 1
    unit.write_text(text.replace(program, sys.executable), encoding="utf-8")
    ran = subprocess.run(  # noqa: S603 - systemd's own checker
        [found, "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, ran.stderr.replace(str(tmp_path), "")) == (0, "")


def test_the_gpl_is_named_where_an_image_is_made() -> None:
    """Who publishes an image reads it first."""
    for name in ("Dockerfile", "docs/operating.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "GPL" in text
        assert "publish" in text


def test_processes_of_one_machine_listen_at_different_addresses() -> None:
    """The units that the page makes of the one for `run` name others, whatever `env` has."""
    page = OPERATING.read_text(encoding="utf-8").splitlines()
    making = [line.partition(" | sudo")[0] for line in page if line.startswith("sed ")]
    words, addresses = [], ["127.0.0.1:8080"]
    for command in making:
        made = subprocess.run(  # noqa: S602 - a line of our own page
            command, shell=True, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        [started] = [line for line in made.splitlines() if line.startswith("ExecStart=")]
        before, _, after = started.partition(" /opt/kling-discord/bin/kling-discord ")
        addresses.append(before.partition("/usr/bin/env KLINGBOT_WEB__LISTEN=")[2])
        words.append(after.split()[0])
    assert words == ["worker", "run"]
    assert "" not in addresses
    assert len(set(addresses)) == len(addresses)
