"""Which tests one worker plays one after the other."""

import functools
from pathlib import Path

from xdist.scheduler.loadscope import (  # type: ignore[import-untyped]  # it ships no types
    LoadScopeScheduling,
)

ROOT = Path(__file__).parents[2]
BROWSER = "tests/sandbox/playground/"


class Together(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """Keeps a module on one worker whose tests share something dear, so that it starts once.

    Groups that `--dist loadgroup` reads from marks would be lost: pytest-xdist 3.8.0 writes them
    into an attribute that pytest 9.2.0 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if shares(file) else nodeid


@functools.cache
def shares(file: str) -> bool:
    """Tell whether the tests of a file, given from the root, share a server or a browser."""
    if file.startswith(BROWSER):
        return True
    text = (ROOT / file).read_text(encoding="utf-8")
    return "tests.harness.postgres_server import" in text and "server: Server" in text
