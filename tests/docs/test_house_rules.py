"""The house rules of CONTRIBUTING.md that a program can check."""

import ast
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.models import IMAGE_NAMES, VIDEO_NAMES
from tests.harness.shell import environment

ROOT = Path(__file__).parents[2]
PRODUCT = ("bot", "cogs", "sandbox", "storage")
EVERYTHING = (*PRODUCT, "tests", "bench")
LINES_MAX = 300
IMPORT_EVERYTHING = """
import importlib, json, sys

READING = {"open", "os.listdir", "os.scandir"}
REACHING = (
    "socket.", "subprocess.", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.fork",
    "os.posix_spawn", "os.system", "shutil.", "sqlite3.", "tempfile.", "signal.", "os.putenv",
)
import pydantic

roots, names = (json.loads(argument) for argument in sys.argv[1:])
found = []

class First(pydantic.BaseModel):
    # With the first model of a process pydantic looks for its plugins: not our doing.
    pass

def whose(frame):
    # The product's module that is running, unless an import under way lies between.
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(tuple(roots)):
            return file
        if file.startswith("<frozen importlib"):
            return None
        frame = frame.f_back
    return None

def watch(event, arguments):
    if event in READING or event.startswith(REACHING):
        module = whose(sys._getframe(1))
        if module is not None:
            found.append(f"{module}: {event}")
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"}:
        raise PermissionError(event)

sys.addaudithook(watch)
for name in names:
    importlib.import_module(name)
print(json.dumps(found))
"""


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_files_are_short() -> None:
    """A file is about one thing, in at most 300 lines; those of the page too."""
    page = [
        file for ending in ("css", "html", "js") for file in (ROOT / "sandbox").rglob(f"*.{ending}")
    ]
    assert page
    long = {
        str(file.relative_to(ROOT)): lines
        for file in (*modules(*EVERYTHING), *page)
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert not long, long


def test_nothing_is_mocked() -> None:
    """Nothing imports a mocking library: tests use the real parts."""
    for file in modules(*EVERYTHING):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "mock" in text else ():
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported = {origin, *names, *(f"{origin}.{name}" for name in names)}
                assert not imported & {"unittest.mock", "mock", "pytest_mock"}, file


@pytest.mark.parametrize("folder", PRODUCT)
def test_every_module_says_what_it_is(folder: str) -> None:
    """Each module of the product that has anything in it begins with its docstring."""
    for file in modules(folder):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert not tree.body or ast.get_docstring(tree), file


@pytest.mark.parametrize("folder", PRODUCT)
def test_every_public_name_says_what_it_promises(folder: str) -> None:
    """Public classes and functions of the product have a docstring."""
    for file in modules(folder):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.name.startswith("_") or ast.get_docstring(node), (file, node.name)


async def importing(names: list[str], roots: list[str], cwd: Path) -> list[str]:
    """What the product's modules did besides being imported, in a process of their own."""
    env = environment({"PYTHONDONTWRITEBYTECODE": "1"})
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        IMPORT_EVERYTHING,
        json.dumps(roots),
        json.dumps(names),
        cwd=cwd,
        env={name: value for name, value in env.items() if not name.startswith("COVERAGE_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found: list[str] = json.loads(out)
    return found


async def test_importing_does_nothing(tmp_path: Path) -> None:
    """Every module can be imported with no environment and no network, and touches nothing."""
    names = [dotted(file) for file in modules(*PRODUCT) if file.name != "__main__.py"]
    assert len(names) > 100
    assert await importing(names, [f"{ROOT / folder}/" for folder in PRODUCT], tmp_path) == []


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("from pathlib import Path\nPath('/etc/hostname').read_text()", "open"),
        ("import socket\nsocket.socket().close()", "socket.__new__"),
        ("import tempfile\ntempfile.mkdtemp()", "os.mkdir"),
        ("import sqlite3\nsqlite3.connect(':memory:').close()", "sqlite3.connect"),
    ],
)
async def test_the_watch_sees_what_a_module_does(tmp_path: Path, code: str, event: str) -> None:
    """A module that reads, writes or reaches out when it is imported is found."""
    (tmp_path / "doing.py").write_text(code, encoding="utf-8")
    names = ["doing"]
    found = await importing(names, [f"{tmp_path}/"], tmp_path)
    assert f"{tmp_path}/doing.py: {event}" in found


def test_no_test_lists_models() -> None:
    """A model that comes or goes is a row of data: tests find models by what they can do.

    The tests of the local Kling are left out, because its table of models is their subject.
    """
    names = {*VIDEO_NAMES, *IMAGE_NAMES}
    listed = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in modules("tests", "bench")
        if ROOT / "tests/sandbox" not in file.parents
        if any(name in (text := file.read_text(encoding="utf-8")) for name in names)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict)
        if len(names & _texts_in(node)) > 1
    ]
    assert listed == []


def _texts_in(node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> set[str]:
    items = node.keys if isinstance(node, ast.Dict) else node.elts
    return {
        item.value
        for item in items
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }
