"""SECURITY.md: what it names is there, each parser is fuzzed where it says, and none is missing."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
ROW = re.compile(r"^\| (`(?:bot|storage)\.[^|]+) \| `(tests/[^`]+)` \|$", re.MULTILINE)
PARSER = re.compile(r"`((?:bot|storage)\.[a-z_.]+)`: ((?:`\w+` ?)+)")
READS = frozenset(
    {
        "loads", "urlsplit", "parse_qs", "URL", "ip_address", "IPv4Address",
        "unpack", "fromhex", "b64decode", "fullmatch", "open",
    }
)  # fmt: skip
"""Calls by which bytes or words are taken apart."""
ELSEWHERE = {
    "bot.kling.catalogue_files": "files of the operator; parse_catalogue checks every field",
    "bot.kling.transport": "the address in the settings",
    "bot.connection": "the address in the settings",
    "bot.jobs.own_clips": "compares addresses that name_of_ours has read",
    "bot.delivery.results": "hands the first bytes to kind_of",
    "bot.domain.given_clip": "part of check",
    "bot.domain.rules.values": "part of check",
    "bot.money.reconciling": "a fact of our own",
    "bot.discord.command_sync": "a fact of our own; CommandNames takes nothing that is no id",
    "bot.doctor.kling": "the address in the settings",
    "bot.media.image_source": "part of prepare_picture",
    "bot.media.container": "part of prepare_sound and probe",
    "bot.media.screen": "what FFmpeg has written into a frame; part of poster and fit",
    "bot.media.mp4": "opens files of our own to write them",
    "bot.media.tasks": "reads files of our own for what is in the table",
    "bot.media.worker": "frames of a worker: test_hostile_files takes one over",
    "bot.media.worker_process": "calls of the bot itself",
    "bot.discord.rendering": "opens files of our own to send them",
    "bot.web.gateway_newer": "bodies that translate has checked",
    "bot.web.gateway_price": "numbers of bodies that translate has checked: test_reference",
    "bot.web.gateway_reference": "bodies that translate has checked",
    "bot.web.gateway_reading": "an id of letters, digits, - and _: test_repeats",
    "bot.doctor.run": "a setting that was checked",
    "bot.network": "a setting that was checked",
    "bot.kling.wire": "part of read_task and read_faces",
    "cogs.components": "matches CUSTOM_ID",
}


def rows() -> list[tuple[str, str, str]]:
    """Return module, name and test file of every parser in the table."""
    return [
        (module, name, path)
        for parsers, path in ROW.findall(PAGE)
        for module, names in PARSER.findall(parsers)
        for name in re.findall(r"\w+", names)
    ]


@pytest.mark.parametrize(("module", "name", "path"), rows())
def test_a_parser_is_fuzzed_where_the_page_says(module: str, name: str, path: str) -> None:
    """It exists, and a test with Hypothesis in that file is about it."""
    assert hasattr(importlib.import_module(module), name)
    text = (ROOT / path).read_text("utf-8")
    assert "@given(" in text
    assert re.search(rf"\b{name}\b", text)


@pytest.mark.parametrize("path", sorted({path for _, _, path in rows()}))
def test_what_is_fuzzed_is_fuzzed_by_make_test(path: str) -> None:
    """None of these tests with Hypothesis is left to the sweeps as a whole, as the page says."""
    text = (ROOT / path).read_text("utf-8")
    fuzzing = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and "@given(" in ast.unparse(node)
    ]
    assert fuzzing
    swept = [node.name for node in fuzzing if "@pytest.mark.sweep" in ast.unparse(node)]
    assert swept == []
    assert not re.search(r"^pytestmark = .*sweep", text, re.MULTILINE)


def _reads(path: Path) -> set[str]:
    calls = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    called = {
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for call in calls
    }
    json_of_others = {"from_json"} if "pydantic_core" in path.read_text("utf-8") else set()
    return called & (READS | json_of_others)


def test_no_parser_is_missing() -> None:
    """A module that takes bytes or words apart is in the table, or it is said why not."""
    listed = {module for module, _, _ in rows()}
    missing = {}
    for room in ("bot", "cogs"):
        for path in (ROOT / room).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            known = module in listed or module in ELSEWHERE
            if "sandbox" not in module and not known and _reads(path):
                missing[module] = sorted(_reads(path))
    assert missing == {}


def test_no_reason_is_left_over() -> None:
    """Nothing is excused that is gone, or that takes nothing apart."""
    paths = {module: ROOT / f"{module.replace('.', '/')}.py" for module in ELSEWHERE}
    assert [m for m, path in paths.items() if not path.exists() or not _reads(path)] == []


def test_every_file_of_the_page_is_there() -> None:
    """A door that is said to be closed has its lock in the code."""
    named = re.findall(r"`((?:bot|storage)/[\w/]+(?:\.py|/))`", PAGE)
    assert len(named) >= 10
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_the_page_is_found(page: str) -> None:
    """A finder of a vulnerability learns where to report it."""
    assert "SECURITY.md" in (ROOT / page).read_text("utf-8")


def test_the_page_invents_no_address() -> None:
    """Reports go through the repository: there is no mail address without a reader."""
    assert not re.search(r"\S@\S+\.\w", PAGE)
