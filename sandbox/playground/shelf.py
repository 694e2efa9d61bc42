"""Things that wait for a later request of the page: only the newest, as far as there is room."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from sandbox.playground.refused import Refused

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """Keeps things by key; the oldest are dropped if the total weighs more than `room`."""

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
        """Return the thing, and keep it: a refused request may be repeated.

        Raises:
            Refused: with its text, if there is none.
        """
        thing = self._things.get(key)
        if thing is None:
            raise Refused(self._gone)
        return thing

    def drop(self, key: str) -> None:
        """Drop a thing."""
        self._things.pop(key, None)
