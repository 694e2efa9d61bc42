"""How much memory this process holds: as the system counts it, and as Python does."""

import gc
import os
from pathlib import Path
from typing import Final, NamedTuple

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
MIB: Final = 2**20


class Memory(NamedTuple):
    """One look. The system's number also holds what allocators keep for later."""

    resident_mib: float
    objects: int


def measured() -> Memory:
    """Collect what is garbage and look."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Memory(round(pages * PAGE_BYTES / MIB, 1), len(gc.get_objects()))
