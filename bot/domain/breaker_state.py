"""The breaker's state as it is stored, and back. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.domain.breaker import Breaker, Circuit, Why
from bot.errors import KlingRefusedAccount
from storage.circuits import Scope, StoredCircuit, StoredOutages


def stored(breaker: Breaker) -> StoredOutages:
    """Return what other processes have to know."""
    circuits = {circuit.scope: _stored(circuit) for circuit in breaker.circuits}
    return StoredOutages(circuits, breaker.doubts)


def restored(state: StoredOutages) -> Breaker:
    """Return the breaker that is in this state."""
    return Breaker([_restored(circuit) for circuit in state.circuits.values()], state.unanswered)


def after(events: Iterable[Callable[[Breaker], object]], state: StoredOutages) -> StoredOutages:
    """Return the state once these things have happened."""
    breaker = restored(state)
    for event in events:
        event(breaker)
    return stored(breaker)


def unreadable(state: StoredOutages) -> frozenset[Scope]:
    """Return what is held by circuits whose refusal can't be read; they are restored without it."""
    return frozenset(
        circuit.scope
        for circuit in state.circuits.values()
        if circuit.refusal is not None and _refusal(circuit.refusal) is None
    )


def _stored(circuit: Circuit) -> StoredCircuit:
    refusal = circuit.refusal
    words = None
    if refusal is not None:  # what Kling said in words is for the log, and not kept
        words = {"code": refusal.code, "http_status": refusal.http_status, "host": refusal.host}
    return StoredCircuit(
        circuit.scope,
        circuit.why.value,
        circuit.until,
        circuit.since,
        words,
        circuit.dear_from,
        circuit.failures,
        circuit.prober,
        circuit.told,
    )


def _restored(circuit: StoredCircuit) -> Circuit:
    return Circuit(
        circuit.scope,
        Why(circuit.why) if circuit.why in set(Why) else Why.AWAY,  # a newer program's
        circuit.until,
        circuit.since,
        None if circuit.refusal is None else _refusal(circuit.refusal),
        circuit.dear_from,
        circuit.failures,
        circuit.prober,
        circuit.told,
    )


def _refusal(said: Mapping[str, Any]) -> KlingRefusedAccount | None:
    """Return what Kling said; None for what a damaged row says, whatever its JSON is."""
    try:
        return KlingRefusedAccount(
            "",
            code=int(said["code"]),
            http_status=int(said["http_status"]),
            host=str(said["host"]),
        )
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
