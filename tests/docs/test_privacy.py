"""The page about privacy says what the code does."""

import math
import re
from pathlib import Path

from bot.cli import _parser
from bot.domain.limits import RESULTS_KEPT_DAYS
from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.card import TOKEN_LIFE_S
from bot.domain.policy.delivery import PICKUP_S
from bot.jobs.drafting import QUESTION_LIFE_S
from bot.jobs.tidying import PURGE_EVERY_S
from bot.settings.load import load_settings
from storage.schema import metadata
from storage.sqlite_file import BACKUPS_KEPT
from storage.upload_limits import COUNTS_S

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "PRIVACY.md").read_text(encoding="utf-8")
TABLE_ROW = re.compile(r"^\| .*? \| (.*?) \| .*? \|$", re.MULTILINE)
SPAN = re.compile(r"`([^`]+)`")


def test_every_table_is_on_the_page() -> None:
    """Whatever the database holds is told, and nothing that it does not hold."""
    kept = PAGE.partition("## What is kept")[2].partition("\n## ")[0]
    told = {name for cell in TABLE_ROW.findall(kept) for name in SPAN.findall(cell)}
    assert told == set(metadata.tables)


def test_the_numbers_are_those_of_the_code() -> None:
    """The times on the page are those of the code."""
    storage = load_settings(None, {}).storage
    minutes = math.ceil(TOKEN_LIFE_S / 60)
    for said in (
        f"`storage.keep_days` after it ended (default: {storage.keep_days} days)",
        f"`storage.keep_inputs_days` after it ended (default: {storage.keep_inputs_days} days)",
        f"{PICKUP_S / DAY_S:.0f} days later everything of it is deleted",
        f"until Kling deletes the video (after {RESULTS_KEPT_DAYS} days)",
        f"| `upload_limits` | {COUNTS_S / DAY_S:.0f} days after",
        f"the {BACKUPS_KEPT} newest stay",
        f"open for {QUESTION_LIFE_S / 60:.0f} minutes",
        f"{PURGE_EVERY_S / 3_600:.0f} hours later at the latest",
        f"no longer honours it, after {minutes} minutes",
    ):
        assert said in PAGE, said


def test_every_command_on_the_page_exists() -> None:
    """What an operator is told to type is taken by the command line."""
    typed = re.findall(r'make jobs ARGS="([^"]+)"', PAGE)
    assert len(typed) == 2
    for words in typed:
        _parser().parse_args(["jobs", *words.replace("ID", "1").split()])


def test_whoever_looks_finds_the_page() -> None:
    """Both READMEs and the page of settings lead to it."""
    for name in ("README.md", "README.zh-CN.md"):
        assert "](PRIVACY.md)" in (ROOT / name).read_text(encoding="utf-8")
    settings = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert "](../PRIVACY.md)" in settings
