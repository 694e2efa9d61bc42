"""The wheel, installed in a fresh virtual environment and run in a folder with foreign code."""

import asyncio
import os
import re
import subprocess
import sys
import sysconfig
import venv
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest

from bot import __version__
from sandbox.clock import PATIENCE_S
from tests.harness.shell import ROOT, Ended

pytestmark = pytest.mark.sweep

STRANGERS = ("bot", "cogs", "sandbox", "storage", "discord", "aiohttp", "sqlalchemy")
"""Modules of that name lie in the folder in which the program is started."""
STRANGER = "open('STRANGER', 'a').write(__name__)\nraise SystemExit('this is the stranger')\n"


def run(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own commands
        list(map(str, command)), cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`kling-discord` as pip, uv and pipx install it; what it depends on is borrowed from here."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=True)
    place = ("--offline", "--no-deps", "--python", folder / "venv" / "bin" / "python")
    run(sys.executable, "-m", "uv", "pip", "install", "-q", *place, wheel)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "venv" / "bin" / "kling-discord"


@pytest.fixture
def strange_folder(tmp_path: Path) -> Path:
    for name in STRANGERS:
        (tmp_path / f"{name}.py").write_text(STRANGER, encoding="utf-8")
    return tmp_path


async def start(program: Path, *args: str, cwd: Path) -> Process:
    """Start it in `cwd`, with nothing but a PATH in the environment."""
    return await asyncio.create_subprocess_exec(
        program, *args, cwd=cwd, env={"PATH": os.environ["PATH"]}, stdout=PIPE, stderr=PIPE
    )


async def ended(program: Path, *args: str, cwd: Path) -> Ended:
    process = await start(program, *args, cwd=cwd)
    out, err = await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode())


def written_by_strangers(folder: Path) -> bool:
    return (folder / "STRANGER").exists()


async def test_python_itself_would_run_the_stranger(program: Path, strange_folder: Path) -> None:
    """The trap is one: `python -m bot` in that folder runs what lies there."""
    ran = await ended(program.with_name("python"), "-m", "bot", "--version", cwd=strange_folder)
    assert "this is the stranger" in ran.err
    assert written_by_strangers(strange_folder)


async def test_the_installed_program_runs_no_stranger(program: Path, strange_folder: Path) -> None:
    """Started in a folder with modules of its own names, it runs only what was installed."""
    told = await ended(program, "--version", cwd=strange_folder)
    assert (told.code, told.out) == (0, f"kling-discord {__version__}\n")
    checked = await ended(program, "doctor", cwd=strange_folder)
    assert checked.code == 2
    assert "start it (kling-discord gateway)" in checked.out
    assert "make" not in checked.out.replace("made", "")
    refused = await ended(program, "run", cwd=strange_folder)
    assert refused.code == 2
    assert "`kling-discord doctor`" in refused.err
    assert not written_by_strangers(strange_folder)


async def test_the_playground_is_in_the_wheel(program: Path, strange_folder: Path) -> None:
    """Page, words and local worlds are there, and the bot that it starts is the installed one."""
    process = await start(program, "demo", "--port", "0", cwd=strange_folder)
    try:
        assert process.stdout is not None
        told = re.search(r"http://[\d.:]+", (await process.stdout.readline()).decode())
        assert told is not None
        async with asyncio.timeout(PATIENCE_S):
            await see_the_bot(told[0])
    finally:
        process.terminate()
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert not written_by_strangers(strange_folder)


async def see_the_bot(url: str) -> None:
    """Fetch every file of the page, and return once the bot behind it is connected."""
    async with aiohttp.ClientSession(base_url=url, headers={"Origin": url}) as session:
        async with session.get("/") as answer:
            files = re.findall(r'(?:href|src)="(page/[^"]+)"', await answer.text())
        assert len(files) > 20
        for file in files:
            async with session.get(f"/{file}") as answer:
                assert answer.status == 200, file
        async with session.ws_connect("/playground/socket") as socket:
            await socket.send_json({"id": 1, "do": "view", "member": None, "locale": "en-US"})
            async for frame in socket:
                if '"connected": true' in str(frame.data):
                    return
