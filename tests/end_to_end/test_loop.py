"""Nothing that the bot does while it runs blocks the event loop, on which every member waits."""

import asyncio
import functools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.end_to_end.samples import clip, voice
from tests.harness.loop_guard import ACCOUNT, guarding_the_loop
from tests.harness.opening import open_town
from tests.harness.town import png

SEEN = {
    "open": "open(PLACE)",
    "read line by line": "[line for line in open(PLACE)]",
    "pathlib": "__import__('pathlib').Path(PLACE).read_text()",
    "a look-up": "__import__('socket').getaddrinfo('localhost', 80)",
    "a database": "__import__('sqlite3').connect(PLACE).close()",
    "fsync": "import os; f = open(PLACE, 'a'); f.flush(); os.fsync(f.fileno()); f.close()",
    "av.open": "import av\ntry: av.open(PLACE)\nexcept Exception: pass",
    "sleep": "__import__('time').sleep(0)",
    "a folder": "import os; os.listdir('.')",
    "deletion": "import os; os.remove(PLACE)",
}
OPEN_BEFORE = {
    "a line": "next(FILE)",
    "the rest of a file": "FILE.read()",
    "a query": "DATABASE.execute('SELECT * FROM numbers').fetchall()",
}
"""What reads, though nothing is opened for it."""


async def test_the_whole_life_of_jobs_leaves_the_loop_free(tmp_path: Path) -> None:
    """Attachments, orders, results, uploads, faces: no file, look-up or database on it."""
    async with open_town(tmp_path) as town, town.bot():
        with guarding_the_loop() as guard:
            await town.ask("image", prompt="a fox", image=png(), model="kling-v2")
            await town.posted(1)
            await town.ask("video", prompt="a fox")
            await town.posted(2)
            await town.ask("lipsync", video=clip(1), audio=voice())
            await town.posted(3)
            await town.settled()
    assert guard.seen == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("kind", SEEN)
async def test_the_guard_sees(tmp_path: Path, kind: str) -> None:
    """What others miss too: look-ups, `fsync`, `sqlite3.connect`, `av.open`, lines of files."""
    place = tmp_path / "file"
    place.write_text("a\nb\n", encoding="utf-8")
    code = compile(SEEN[kind], "elsewhere.py", "exec")

    run = functools.partial(exec, code, {"PLACE": str(place)})
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    with guarding_the_loop() as guard:
        loop.call_soon(run)  # by the loop itself: a test is not what the guard looks for
        loop.call_soon(done.set)
        await done.wait()
    assert guard.seen
    place.touch()
    with guarding_the_loop() as guard:
        await asyncio.to_thread(run)
    assert guard.seen == []


@pytest.mark.skipif(not ACCOUNT.exists(), reason="only Linux counts the reads of a thread")
@pytest.mark.parametrize("kind", OPEN_BEFORE)
async def test_the_guard_sees_reads_of_what_was_open(tmp_path: Path, kind: str) -> None:
    """A file that a thread has opened may be read there, and not on the loop."""
    place = tmp_path / "file"
    place.write_text("a\nb\n", encoding="utf-8")
    code = compile(OPEN_BEFORE[kind], "elsewhere.py", "exec")
    with closing(sqlite3.connect(tmp_path / "numbers.db")) as database:
        database.execute("CREATE TABLE numbers (number INTEGER)")
    for on_the_loop in (True, False):
        with (
            place.open(encoding="utf-8") as file,
            closing(sqlite3.connect(tmp_path / "numbers.db", check_same_thread=False)) as database,
            guarding_the_loop() as guard,
        ):
            run = functools.partial(exec, code, {"FILE": file, "DATABASE": database})
            if on_the_loop:
                done = asyncio.Event()
                asyncio.get_running_loop().call_soon(run)
                asyncio.get_running_loop().call_soon(done.set)
                await done.wait()
            else:
                await asyncio.to_thread(run)
        assert bool(guard.seen) is on_the_loop
