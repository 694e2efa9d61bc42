"""Start-time fair queueing over keys: one level of `storage.turns`. Pure."""

import heapq
from collections.abc import Mapping
from typing import Generic, TypeVar

Key = tuple[int, int]
"""A server and 0; or 0 and a member outside of servers; or a server and its member."""
Age = tuple[float, str]
"""When a job first came into the queue, and its id: the older is less."""
_KeyT = TypeVar("_KeyT", int, Key)


class Rotation(Generic[_KeyT]):
    """Keys in the order of their start tags, of equal ones the one with the older job first."""

    def __init__(self, virtual: float) -> None:
        self.virtual = virtual
        self.finish: dict[_KeyT, float] = {}
        self._reached = virtual
        self._ready: list[tuple[Age, _KeyT]] = []
        self._later: list[tuple[float, Age, _KeyT]] = []

    def enter(self, key: _KeyT, age: Age) -> None:
        """Put in a key that is not in it, with its oldest job."""
        finish = self.finish.get(key, 0.0)
        if finish <= self._reached:
            heapq.heappush(self._ready, (age, key))
        else:
            heapq.heappush(self._later, (finish, age, key))

    def fill(self, ages: Mapping[_KeyT, Age]) -> None:
        """Put in many keys that are not in it: faster than one by one."""
        for key, age in ages.items():
            finish = self.finish.get(key, 0.0)
            if finish <= self._reached:
                self._ready.append((age, key))
            else:
                self._later.append((finish, age, key))
        heapq.heapify(self._ready)
        heapq.heapify(self._later)

    def leave(self) -> _KeyT | None:
        """Take out the first key, if there is one."""
        if not self._ready and self._later:
            self._reached = self._later[0][0]
        while self._later and self._later[0][0] <= self._reached:
            _, age, key = heapq.heappop(self._later)
            heapq.heappush(self._ready, (age, key))
        return heapq.heappop(self._ready)[1] if self._ready else None

    def charge(self, key: _KeyT, slots: int) -> float:
        """Return the start tag of a job that goes."""
        self.virtual = max(self.virtual, self.finish.get(key, 0.0))
        self.finish[key] = self.virtual + slots
        return self.virtual
