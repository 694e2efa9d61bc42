"""The breaker's state as it is stored: what Kling refuses now, for every process. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.job import Pack

Model = tuple[Pack, str]
Scope = Pack | Model | None
"""What a circuit holds; None: everything."""


@dataclass(frozen=True, slots=True)
class StoredCircuit:
    """One open circuit. Times are Unix seconds."""

    scope: Scope
    why: str
    until: float
    since: float
    refusal: Mapping[str, Any] | None = None
    dear_from: float = 0.0
    failures: int = 1
    prober: str | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class StoredOutages:
    """Every open circuit, and the jobs in a row that got no answer."""

    circuits: Mapping[Scope, StoredCircuit] = field(default_factory=dict)
    unanswered: frozenset[str] = frozenset()


NO_OUTAGES = StoredOutages()
