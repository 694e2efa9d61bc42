"""`bot block` and `bot audit` beside a running bot."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli import _parser, main
from bot.operator import people
from bot.settings.load import Settings, load_settings
from storage.engine import open_database
from storage.standing import EVERYWHERE, Block, Set
from storage.store import JobStore
from tests.harness.manual_clock import START_UNIX_S, ManualClock

NOW = START_UNIX_S
MEMBER, SERVER, MANAGER = 123456789012345678, 223456789012345678, 323456789012345678


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    """The store of the running bot."""
    async with open_database(f"sqlite:///{tmp_path}/kling.db", owner="bot") as database:
        yield database.jobs


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(None, {"KLINGBOT_STORAGE__URL": f"sqlite:///{tmp_path}/kling.db"})


async def typed(settings: Settings, *words: str) -> tuple[int, str]:
    """Return the exit code and the output of these words."""
    args, out = _parser().parse_args(words), io.StringIO()
    if words[0] == "audit":
        return await people.audit(settings, args, out), out.getvalue()
    return await people.block(settings, ManualClock(), args, out), out.getvalue()


async def test_the_operator_blocks_and_lifts(store: JobStore, settings: Settings) -> None:
    """It holds at once for the running bot; lifting what is not there is exit 1."""
    code, said = await typed(settings, "block", "list")
    assert (code, said) == (0, "No member is blocked.\n")
    code, said = await typed(settings, "block", "add", str(MEMBER), "--why", "a\nb\x1b[31m")
    assert code == 0
    assert "everywhere" in said
    [block] = (await store.standing(SERVER, MEMBER)).blocks
    assert (block.guild_id, block.by_operator) == (EVERYWHERE, True)
    there = ("block", "add", str(MEMBER), "--server", str(SERVER))
    assert (await typed(settings, *there))[0] == 0
    assert "already" in (await typed(settings, *there))[1]
    await store.block(MEMBER, SERVER, by=MANAGER, reason="spam", now=NOW)
    code, said = await typed(settings, "block", "list")
    assert "\x1b" not in said
    assert [line.split()[1:3] for line in said.splitlines()[1:]] == [
        ["everywhere", "operator"],
        [str(SERVER), "operator"],
        [str(SERVER), "managers"],
    ]
    assert (await typed(settings, "block", "remove", str(MEMBER)))[0] == 0
    code, said = await typed(settings, "block", "remove", str(MEMBER))
    assert code == 1
    assert "is not blocked" in said
    await typed(settings, "block", "remove", str(MEMBER), "--server", str(SERVER))
    left = (await store.standing(SERVER, MEMBER)).blocks
    assert left == (Block(SERVER, by_operator=False, reason="spam"),)


async def test_the_log_is_complete_and_machine_readable(
    store: JobStore, settings: Settings
) -> None:
    """Rows as other programs read them, newest first; one server's on request."""
    assert (await typed(settings, "audit"))[1] == "Nothing has been changed yet.\n"
    value = Set("server", SERVER, "mode", "pro")
    await store.put_settings(SERVER, [value], by=MANAGER, now=NOW - 60)
    await typed(settings, "block", "add", str(MEMBER))
    code, said = await typed(settings, "audit", "--json")
    assert code == 0
    newest, oldest = json.loads(said)
    assert newest == {
        "at": newest["at"],
        "who": "operator",
        "server": None,
        "what": f"block {MEMBER}",
        "from": "",
        "to": "blocked",
    }
    assert newest["at"].endswith("+00:00")
    assert (oldest["who"], oldest["server"]) == (str(MANAGER), str(SERVER))
    assert (oldest["what"], oldest["from"], oldest["to"]) == ("mode", "", "pro")
    _, said = await typed(settings, "audit", "--json", "--server", str(SERVER))
    assert json.loads(said) == [oldest]
    _, said = await typed(settings, "audit", "--server", str(SERVER))
    assert said.endswith(f"{MANAGER} in {SERVER}: mode: - -> pro\n")
    await store.forget_member(MANAGER, now=NOW)
    _, said = await typed(settings, "audit", "--json", "--server", str(SERVER))
    assert [row["who"] for row in json.loads(said)] == [""]


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "abc", "٣", "9" * 30, ""])
def test_what_is_no_id_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else reaches the database."""
    for words in (["block", "add", wrong], ["audit", "--server", wrong]):
        with pytest.raises(SystemExit) as ended:
            main(words, {})
        assert ended.value.code == 2
    assert capsys.readouterr().err
