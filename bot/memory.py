"""How the process keeps its memory."""

import ctypes
import gc
import sys
from contextlib import suppress
from typing import Final

M_ARENA_MAX: Final = -8  # malloc.h of glibc


def share_one_arena() -> None:
    """Have all threads share the C library's one heap; without effect where it has no other.

    glibc gives every thread a heap of its own, which stays as large as it once was. Ours run one at
    a time, behind Python's lock, and the database's threads would keep 1 MB each.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def keep_what_is_loaded() -> None:
    """Have the garbage collector pass over everything that exists now: it is code, and stays.

    Each of its full rounds would look at some 200,000 objects in vain, and keep members waiting.
    """
    gc.collect()
    gc.freeze()
