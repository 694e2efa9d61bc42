"""A network between this machine and a PostgreSQL server of the tests that can really be cut.

The server's address is at the other end of a pair of virtual Ethernet devices, in a network
namespace of its own. To cut it, that end is taken down: packets vanish, and nobody is told. With
our own end the route would go, and the packets to whoever is behind the default one.
Processes that use the server's socket file do not notice.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.harness.postgres_server import (
    SUPERUSER,
    Server,
    ended,
    find_programs,
    started,
    unprivileged,
)

PORT = 5432
NETWORKS = 200
NEEDED = ("ip", "runuser")


@dataclass(frozen=True)
class Wire:
    """A server, and the network to it."""

    server: Server
    url: str
    """How it is reached by the network."""
    space: str
    device: str
    """At the server's end."""

    def cut(self) -> None:
        """Let every packet vanish from now on."""
        _ip("-n", self.space, "link", "set", self.device, "down")

    def mend(self) -> None:
        """Let packets pass again."""
        _ip("-n", self.space, "link", "set", self.device, "up")


@contextlib.contextmanager
def wired_server() -> Iterator[Wire]:
    """Run a server behind such a network; skips the test where none can be made."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    if not all(map(shutil.which, NEEDED)):
        pytest.skip("ip and runuser are missing (Debian: apt install iproute2 util-linux)")
    number = os.getpid() % NETWORKS
    space, ours, theirs = f"kd{os.getpid()}", f"kdo{number}", f"kdt{number}"
    here, there = f"10.213.{number}.1", f"10.213.{number}.2"
    if os.geteuid() != 0 or not _can("netns", "add", space):
        pytest.skip("no network namespace can be made here: that needs root")
    server = None
    try:
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", space)
        _ip("address", "add", f"{here}/30", "dev", ours)
        _ip("link", "set", ours, "up")
        _ip("-n", space, "address", "add", f"{there}/30", "dev", theirs)
        _ip("-n", space, "link", "set", theirs, "up")
        user = unprivileged()
        assert user is not None
        within = ("ip", "netns", "exec", space, "runuser", "-u", user, "--")
        server = started(programs, there, within)
        yield Wire(server, f"postgresql://{SUPERUSER}@{there}:{PORT}/postgres", space, theirs)
    finally:
        if server is not None:
            ended(server)
        _ip("netns", "delete", space)  # its devices go with it


def _can(*words: str) -> bool:
    done = subprocess.run(["ip", *words], check=False, capture_output=True)  # noqa: S603, S607 - Debian's
    return done.returncode == 0


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)  # noqa: S603, S607 - as above
