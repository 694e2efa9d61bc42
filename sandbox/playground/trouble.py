"""Faults that can be switched on, watched, and switched off again."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from sandbox.discord import LocalDiscord, Throttle
from sandbox.kling import Fault, How, LocalKling, Product
from sandbox.playground.refused import Refused

SLOWER_S: Final = 3600.0
RETRY_AFTER_S: Final = 1.0
NO_SLOT: Final = "parallel task over resource pack limit"
THROTTLED: Final = (
    ("POST", "/channels/{channel_id}/messages"),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"),
)

Undo = Callable[[], None]


class Trouble:
    """Each switch does one thing to a local world and undoes just that."""

    def __init__(self, discord: LocalDiscord, kling: LocalKling) -> None:
        self._discord = discord
        self._kling = kling
        self._makers: dict[str, Callable[[], Undo]] = {
            "slow": self._slow,
            "full": self._full,
            "throttled": self._throttled,
            "outage": self._outage,
        }
        self._active: dict[str, Undo] = {}

    @property
    def state(self) -> dict[str, bool]:
        """Whether each fault is active."""
        return {name: name in self._active for name in self._makers}

    def switch(self, name: str, *, on: bool) -> None:
        """Begin or end a fault; idempotent.

        Raises:
            Refused: if there is no such fault.
        """
        if name not in self._makers:
            raise Refused("unknown_fault", name=name)
        if on and name not in self._active:
            self._active[name] = self._makers[name]()
        elif not on and name in self._active:
            self._active.pop(name)()

    def _slow(self) -> Undo:
        """Kling takes an hour longer for everything."""
        self._kling.slow_down(SLOWER_S)
        return lambda: self._kling.slow_down(0.0)

    def _full(self) -> Undo:
        """Kling has no free slot: every create is refused with 1303."""
        undo = ExitStack()
        for product in Product:
            path = product.creates
            fault = Fault(How.REFUSE, path=path, times=None, code=1303, message=NO_SLOT)
            undo.callback(self._kling.withdraw, self._kling.fault(fault))
        return undo.close

    def _throttled(self) -> Undo:
        """Discord answers 429 to every message and every edit in a channel."""
        undo = ExitStack()
        for method, route in THROTTLED:
            fault = self._discord.fault(method, route, Throttle(RETRY_AFTER_S), times=None)
            undo.callback(self._discord.withdraw, fault)
        return undo.close

    def _outage(self) -> Undo:
        """The Discord gateway disconnects the bot and refuses all connections."""
        self._discord.gateway.begin_outage()
        return self._discord.gateway.end_outage
