"""Sees whatever blocks the event loop: look-ups, files, databases, waits for a disk.

Python announces each of these to audit hooks, whoever calls it and however; a guard that replaces
functions one by one sees only those it knows. What Python does not announce is replaced here. And
whatever is read from a file that was open before, the kernel counts for each thread.
"""

import asyncio
import contextlib
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av

ROOT: Final = Path(__file__).parents[2]
EVENTS: Final = frozenset(
    {
        *("open", "sqlite3.connect", "fcntl.flock", "fcntl.lockf"),
        *("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"),
        *("socket.getnameinfo", "glob.glob", "os.listdir", "os.scandir", "os.walk"),
        *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link"),
        *("os.symlink", "os.chmod", "os.chown", "os.utime", "tempfile.mkstemp"),
        *("tempfile.mkdtemp", "shutil.rmtree", "shutil.copyfile", "shutil.move"),
    }
)
UNANNOUNCED: Final = (
    (time, "sleep"),
    (os, "fsync"),
    (os, "fdatasync"),
    (os, "sync"),
    (os, "cpu_count"),
    (av, "open"),
)
WORLDS: Final = (ROOT / "sandbox", ROOT / "tests")
"""The local worlds share the loop with the bot; what they do is no fault of the bot's."""
IMPORTING: Final = "importlib._bootstrap"
ACCOUNT: Final = Path("/proc/thread-self/io")
"""Where Linux counts the reads of the thread that asks; not those of sockets."""
EXCUSED: Final = frozenset({"import", "subprocess.Popen", "cpu_count"})
"""What reads by its nature: code, whether a child has begun, and what the kernel makes up."""


@dataclass
class LoopGuard:
    """What was called on an event loop while the guard was up, as `event in file:line`."""

    seen: list[str] = field(default_factory=list)
    thread: int = field(default_factory=threading.get_ident)
    excused: bool = False
    """Whether what runs now may read."""

    def notice(self, event: str, argument: object) -> None:
        """Take note if this thread runs an event loop now, and neither imports nor is a world."""
        if threading.get_ident() != self.thread or asyncio._get_running_loop() is None:
            return
        if event in EXCUSED:
            self.excused = True
            return
        if event == "open" and (isinstance(argument, int) or argument == os.devnull):
            return  # one that is open already, and one that is no file
        caller = _caller(sys._getframe(2))
        if caller is not None:
            self.seen.append(f"{event} in {caller}")
        else:
            self.excused = True


_up: list[LoopGuard] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _up and (event in EVENTS or event in EXCUSED):
        for guard in _up:
            guard.notice(event, arguments[0] if arguments else None)


def _caller(frame: types.FrameType | None) -> str | None:
    """Return the code that is to blame, the nearest of ours, else the nearest of all."""
    nearest = None
    while frame is not None:
        path = frame.f_code.co_filename
        if IMPORTING in path:
            return None
        if path != __file__ and not path.startswith("<"):
            place = f"{path}:{frame.f_lineno}"
            nearest = nearest or place
            if any(path.startswith(str(world)) for world in WORLDS):
                return None
            if path.startswith(str(ROOT)) and ".venv" not in path:
                return place.removeprefix(f"{ROOT}/")
            if path.endswith(("asyncio/events.py", "asyncio/runners.py")):
                return nearest
        frame = frame.f_back
    return nearest


@contextlib.contextmanager
def guarding_the_loop() -> Iterator[LoopGuard]:
    """Watch this thread's event loop for the block."""
    if not _up:
        _hooked()
    guard = LoopGuard()
    replaced = [(module, name, getattr(module, name)) for module, name in UNANNOUNCED]
    with contextlib.ExitStack() as stack:
        for module, name, function in replaced:
            setattr(module, name, _announcing(guard, name, function))
            stack.callback(setattr, module, name, function)
        with contextlib.suppress(FileNotFoundError):  # another system than Linux
            account = os.open(ACCOUNT, os.O_RDONLY)
            stack.callback(os.close, account)
            stack.enter_context(_counting_reads(guard, account))
        _up.append(guard)
        stack.callback(_up.remove, guard)
        yield guard


@contextlib.contextmanager
def _counting_reads(guard: LoopGuard, account: int) -> Iterator[None]:
    """Compare the thread's account before and after each call of the loop."""
    run = asyncio.Handle._run

    def counting(handle: asyncio.Handle) -> None:
        if threading.get_ident() != guard.thread:
            run(handle)
            return
        of_a_pipe = _is_a_pipes(handle)  # it may be cancelled, and then tells no more
        guard.excused, before = False, _reads(account)
        run(handle)
        if guard not in _up or guard.excused or of_a_pipe:
            return  # the guard may have been taken down meanwhile
        own = 1  # read of the account itself, before
        if _reads(account) - before > own:
            guard.seen.append(f"a read in {handle!r}")

    loops: Any = asyncio.Handle
    loops._run = counting
    try:
        yield
    finally:
        loops._run = run


def _reads(account: int) -> int:
    """How often the thread has read so far: `syscr` in proc(5)."""
    lines = os.pread(account, 512, 0).splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(b"syscr:"))


def _is_a_pipes(handle: asyncio.Handle) -> bool:
    """Whether it takes what a child has written: the loop reads pipes without waiting."""
    owner = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]  # asyncio's
    return isinstance(owner, asyncio.ReadTransport)


_hooks: list[bool] = []


def _hooked() -> None:
    if not _hooks:  # a hook stays for as long as the process lives
        _hooks.append(True)
        sys.addaudithook(_hook)


def _announcing(guard: LoopGuard, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def announced(*args: Any, **kwargs: Any) -> Any:
        guard.notice(name, args[0] if args else None)
        return function(*args, **kwargs)

    return announced
