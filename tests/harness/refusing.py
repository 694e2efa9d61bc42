"""A port at which every connection is refused, and that no other test can get meanwhile."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Hold a port of this machine without listening there; a port let go may soon be another's."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
