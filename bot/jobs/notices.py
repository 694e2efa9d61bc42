"""How steps tell the operator something: in the background, so that no step waits for it."""

from typing import Protocol


class Notify(Protocol):
    """Notifies the operator with texts of the message catalogue, rarely."""

    def __call__(self, key: str, **facts: str | float) -> None:
        """Begin to send it and return at once; never raises."""
        ...
