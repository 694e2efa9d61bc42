"""What `make compose` begins, it ends."""

import signal
import subprocess
import sys

from tests.commands.compose import end

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(flush=True)
signal.pause()
"""


def test_a_process_that_does_not_end_is_killed() -> None:
    """Nothing waits for ever for one that ignores that it is to end."""
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE)  # noqa: S603 - fixed words
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n", "it is deaf from now on"
        end(process, 0.0)
        assert process.returncode == -signal.SIGKILL
