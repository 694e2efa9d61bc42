"""What waits for a later request of the page: only the newest, as much as there is room for."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from sandbox.playground.refused import Refused

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """Keeps things by key; the oldest go when all of them weigh more than `room`."""

    def __init__(self, room: int, weight: Callable[[Kept], int], gone: str) -> None:
        self._things: OrderedDict[str, Kept] = OrderedDict()
        self._room = room
        self._weight = weight
        self._gone = gone

    def put(self, key: str, thing: Kept) -> str:
        """Keep a thing and return its key."""
        self._things[key] = thing
        while sum(map(self._weight, self._things.values())) > self._room:
            self._things.popitem(last=False)
        return key

    def find(self, key: str) -> Kept:
        """Return the thing, and keep it: what was refused may be tried again.

        Raises:
            Refused: with the words for it, when there is none.
        """
        thing = self._things.get(key)
        if thing is None:
            raise Refused(self._gone)
        return thing

    def drop(self, key: str) -> None:
        """Keep a thing no longer."""
        self._things.pop(key, None)
