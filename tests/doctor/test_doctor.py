"""The whole examination, and as a process: what it says and the exit code it comes to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.doctor.files import examine_files
from bot.doctor.findings import Finding, Mark, bad, ok, report, settings_findings, warn, worst
from bot.doctor.run import examine, examine_proxies
from bot.errors import SettingsInvalid
from bot.invocation import AS_MODULE
from bot.settings.files import SettingsFiles
from bot.settings.load import Settings
from sandbox.discord import LocalDiscord
from tests.harness.shell import bot

Make = Callable[..., Settings]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_all_well_is_exit_0(env: dict[str, str], tmp_path: Path) -> None:
    """Everything as it should be: exit 0, plain lines, nothing made or changed."""
    ended = await bot("doctor", cwd=tmp_path, env=env)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("All well.\n")
    assert {line[0] for line in ended.out.splitlines()[:-2]} == {"✓"}
    assert names_in(tmp_path) == []
    assert not any(secret in ended.out for secret in (env["KLINGBOT_KLING__API_KEY"], "\x1b"))


async def test_settings_that_cannot_be_are_exit_2(env: dict[str, str], tmp_path: Path) -> None:
    """Each problem is a finding of its own; nothing else is looked at."""
    wrong = {"KLINGBOT_KLING__VIDEO_SLOTS": "0", "KLINGBOT_POL__FIRST_S": "1"}
    ended = await bot("doctor", cwd=tmp_path, env=env | wrong)
    assert ended.code == 2
    assert "✗ kling.video_slots: " in ended.out
    assert "✗ KLINGBOT_POL__FIRST_S: " in ended.out
    assert "2 to fix" in ended.out


async def test_a_missing_token_is_exit_2_and_the_rest_is_examined(
    env: dict[str, str], tmp_path: Path
) -> None:
    """Before the token there are other things to know already."""
    ended = await bot("doctor", cwd=tmp_path, env=env | {"KLINGBOT_DISCORD__TOKEN": ""})
    assert ended.code == 2
    assert "✗ discord.token: is missing" in ended.out
    assert "✓ Kling at" in ended.out


async def test_a_refused_token_is_exit_3(env: dict[str, str], tmp_path: Path) -> None:
    """Discord answers 401, and the token stays unsaid."""
    ended = await bot("doctor", cwd=tmp_path, env=env | {"KLINGBOT_DISCORD__TOKEN": "the-wrong-1"})
    assert ended.code == 3
    assert "✗ Discord refuses the token" in ended.out
    assert "the-wrong-1" not in ended.out + ended.err


async def test_a_database_that_is_none_is_exit_4(env: dict[str, str], tmp_path: Path) -> None:
    """A file that is no database is left alone and named."""
    file = tmp_path / "diary.db"
    file.write_bytes(b"dear diary" * 100)
    wrong = {"KLINGBOT_STORAGE__URL": f"sqlite:///{file}"}
    ended = await bot("doctor", cwd=tmp_path, env=env | wrong)
    assert ended.code == 4
    assert "is not a SQLite database" in ended.out
    assert file.read_bytes() == b"dear diary" * 100


async def test_kling_that_refuses_us_is_exit_1(env: dict[str, str], tmp_path: Path) -> None:
    """A wrong key is Kling not being as it should be."""
    ended = await bot("doctor", cwd=tmp_path, env=env | {"KLINGBOT_KLING__API_KEY": "wrong-key"})
    assert ended.code == 1
    assert "rejects us" in ended.out
    assert "wrong-key" not in ended.out + ended.err


async def test_a_world_that_is_not_there_is_no_traceback(
    env: dict[str, str], tmp_path: Path, discord: LocalDiscord
) -> None:
    """Neither Discord nor Kling answers: two findings, exit 1."""
    await discord.close()
    nowhere = {"KLINGBOT_KLING__BASE_URL": discord.url}
    ended = await bot("doctor", cwd=tmp_path, env=env | nowhere)
    assert ended.code == 1
    assert "✗ Discord at" in ended.out
    assert "nothing answers there" in ended.out
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("mode", "marks"), [(0o600, "✓"), (0o640, "✓"), (0o644, "✓!"), (0o604, "✓!")]
)
@pytest.mark.parametrize("name", [".env", "config.toml"])
async def test_a_secret_that_everybody_can_read_is_warned_of(
    tmp_path: Path, name: str, mode: int, marks: str
) -> None:
    """In `.env` as in `config.toml`, by the file's name; the secret itself is not repeated."""
    file = tmp_path / name
    file.write_text(
        'KLINGBOT_DISCORD__TOKEN="hunter22"\n'
        if name == ".env"
        else '[discord]\ntoken = "hunter22"\n'
    )
    file.chmod(mode)
    findings = await examine_files(SettingsFiles.find(None, tmp_path))
    assert "".join(finding.mark for finding in findings) == marks
    assert all(str(file) in finding.what for finding in findings)
    assert "hunter22" not in report(findings, colours=False)


async def test_settings_without_secrets_may_be_read_by_everybody(tmp_path: Path) -> None:
    """A `config.toml` without secrets needs no protection."""
    (tmp_path / "config.toml").write_text('[log]\nlevel = "debug"\n')
    (tmp_path / "config.toml").chmod(0o644)
    findings = await examine_files(SettingsFiles.find(None, tmp_path))
    assert [finding.mark for finding in findings] == [Mark.OK]


async def test_callbacks_that_arrive_nowhere_are_warned_of(settings: Make) -> None:
    """A public URL without pages: Kling would call back, and nothing would listen."""
    findings = await examine(
        settings(web__public_url="https://bot.example", web__listen=""),
        SettingsFiles(None, None, None),
        SystemClock(),
        AS_MODULE,
    )
    (warned,) = [finding for finding in findings if finding.mark is Mark.WARN]
    assert "web.public_url" in warned.what
    assert worst(findings) == 0


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0], 0), ([1, 4], 4), ([4, 3, 1], 3), ([1, 3, 2, 4], 2), ([0, 1], 1)],
)
def test_the_worst_finding_decides(codes: list[int], expected: int) -> None:
    """Settings before the token before the database before everything else."""
    assert worst([Finding(Mark.BAD, "x", exit_code=code) for code in codes]) == expected


def test_a_report_reads_well() -> None:
    """A mark, what was found, below it what to do; then what it comes to."""
    findings = [ok("fine"), warn("hm", "look"), bad("no \x1b[31m\u202e", "do\nthis")]
    assert report(findings, colours=False) == (
        "✓ fine\n! hm\n    look\n✗ no [31m\n    do\nthis\n\n1 to fix, 1 to look at."
    )
    assert "\x1b[32m✓\x1b[0m fine" in report(findings, colours=True)


def test_each_problem_of_the_settings_is_a_finding() -> None:
    """All of them, with one hint at the end."""
    findings = settings_findings(SettingsInvalid("a.b: no\nc.d: no"))
    assert [(finding.what, bool(finding.fix)) for finding in findings] == [
        ("a.b: no", False),
        ("c.d: no", True),
    ]
    assert worst(findings) == 2


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_for_other_programs_is_named(settings: Make, name: str) -> None:
    """Whoever set it may think that the bot goes through it."""
    env = {name: "http://me:k8xwv@proxy.lan:3128"}
    found = examine_proxies(settings(discord__proxy="http://proxy.lan:1"), env)
    assert [finding.what for finding in found] == [
        "discord.proxy: http://proxy.lan:1",
        f"{name} is set, but kling.proxy is empty: the bot connects directly there",
    ]
    assert examine_proxies(settings(), {}) == []


def test_a_proxy_before_this_machine_is_named(settings: Make) -> None:
    """The proxy's own machine is another one."""
    found = examine_proxies(settings(kling__proxy="http://proxy.lan:1"), {})
    assert "is this machine: the proxy is asked for it" in found[-1].what
