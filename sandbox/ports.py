"""The message for a port that can't be listened on."""

import errno
from typing import Final

PORT_MAX: Final = 65535
IN_USE: Final = """\
Port {port} is already in use.
Close the program that uses it (another instance?), or choose another port:
--port {other}"""
BY_MAKE: Final = ", or PORT={other} with make"


def explained(
    what: str, port: int, problem: OSError, default: int, *, by_make: bool = False
) -> str:
    """Say why `what` can't be served on a port, and what to do; `default` is its usual port.

    `by_make`: a make target starts it, with a variable for the port.
    """
    if problem.errno == errno.EADDRINUSE:
        words = IN_USE + BY_MAKE * by_make
        return words.format(port=port, other=port + 1 if port < PORT_MAX else default)
    return f"{what} cannot be served on port {port}: {problem.strerror}."
