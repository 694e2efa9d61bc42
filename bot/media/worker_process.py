"""The inside of a media worker: it limits itself, then runs calls until its pipe closes.

Started by `bot.media.worker` as `python -m bot.media.worker_process MEMORY_BYTES`.
"""

import ctypes
import importlib
import json
import os
import pickle
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bot.errors import MediaRefused
from bot.media.framing import FRAME, REQUEST

LIBRARIES = ("PIL.Image", "pillow_heif", "av", "bot.media.images", "bot.media.sound")
FILE_MAX_BYTES = 1024 * 1024 * 1024
OPEN_FILES_MAX = 64
ORPHAN_GRACE_S = 1.0  # if the bot dies, a busy worker may run this much longer
PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
STATM = Path("/proc/self/statm")
OOM_SCORE = Path("/proc/self/oom_score_adj")


def main(memory_bytes: int) -> None:
    """Serve calls from stdin, replies on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    requests, replies = _take_pipes()
    for library in LIBRARIES:
        importlib.import_module(library)
    _limit(memory_bytes)
    _give_up_privileges()
    calls: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
    threading.Thread(target=_read_calls, args=(requests, calls), daemon=True).start()
    _send(replies, {"result": None})
    while (call := calls.get()) is not None:
        cpu_s, pickled = call
        _allow_cpu(cpu_s)
        _send(replies, *_answer(pickled))


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Our own copies of stdin and stdout, so that a library that prints cannot break a frame."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, replies


def _limit(memory_bytes: int) -> None:
    """Limit memory, files and core dumps; without such a limit in the system, do without."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, FILE_MAX_BYTES)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES_MAX)
    if sys.platform == "linux":
        mapped_bytes = int(STATM.read_text().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, mapped_bytes + memory_bytes)
        with suppress(OSError):
            OOM_SCORE.write_text("1000")  # the kernel kills the worker before the bot


def _give_up_privileges() -> None:
    """Let no program that is started from here gain rights that this process does not have."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _allow_cpu(cpu_s: float) -> None:
    """Let the kernel end us (SIGXCPU) if the bot is too busy to notice the deadline."""
    soft_s = int(time.process_time() + cpu_s) + 1
    _, hard_s = resource.getrlimit(resource.RLIMIT_CPU)  # stays: the next call has time of its own
    resource.setrlimit(resource.RLIMIT_CPU, (_least(soft_s, hard_s), hard_s))


def _lower(limit: int, value: int) -> None:
    """Set the soft and the hard limit: what a file takes over cannot raise it again."""
    _, hard = resource.getrlimit(limit)
    lowest = _least(value, hard)
    resource.setrlimit(limit, (lowest, lowest))


def _least(value: int, hard: int) -> int:
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _read_calls(requests: BinaryIO, calls: "queue.SimpleQueue[tuple[float, bytes] | None]") -> None:
    """Pass calls on. If the pipe closes, the bot is gone, and the running call is abandoned."""
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        cpu_s, length = REQUEST.unpack(head)
        calls.put((cpu_s, requests.read(length)))
    calls.put(None)
    time.sleep(ORPHAN_GRACE_S)
    os._exit(1)


def _answer(pickled: bytes) -> tuple[dict[str, Any], bytes]:
    """Run one call; every possible end becomes a frame."""
    try:
        fn, args = pickle.loads(pickled)  # noqa: S301 - written by the bot itself, our parent
        return _pack(fn(*args))
    except MediaRefused as refusal:
        return {"refused": refusal.code, "facts": dict(refusal.facts)}, b""
    except MemoryError:
        return {"lost": "memory"}, b""
    except Exception as error:  # noqa: BLE001 - whatever a library throws at bad media
        frames = traceback.extract_tb(error.__traceback__)[-2:]
        places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        return {"lost": "crashed", "detail": f"{type(error).__name__} at {places}"}, b""


def _pack(result: object) -> tuple[dict[str, Any], bytes]:
    if isinstance(result, bytes):
        return {"blob": "result"}, result
    if isinstance(result, Path):
        return {"result": str(result)}, b""
    if not is_dataclass(result):
        return {"result": result}, b""
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    data = values.pop("data", None)
    if data is None:
        return {"result": values}, b""
    return {"result": values, "blob": "data"}, data


def _send(replies: BinaryIO, head: dict[str, Any], blob: bytes = b"") -> None:
    try:
        encoded = json.dumps(head).encode()
    except (TypeError, ValueError):
        encoded, blob = b'{"lost": "crashed", "detail": "result of no known type"}', b""
    try:
        replies.write(FRAME.pack(len(encoded), len(blob)))
        replies.write(encoded)
        replies.write(blob)
        replies.flush()
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
