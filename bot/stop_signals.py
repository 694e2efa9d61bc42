"""The operating system's signals that stop a process in order."""

import asyncio
import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopSignals:
    """The operating system's signals to this process: to stop, and then to hurry."""

    once: asyncio.Event
    again: asyncio.Event


def on_signals() -> StopSignals:
    """Return the events that SIGINT and SIGTERM set from now on: the first one, and any later."""
    signals = StopSignals(asyncio.Event(), asyncio.Event())

    def asked() -> None:
        (signals.again if signals.once.is_set() else signals.once).set()

    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, asked)
    return signals
