"""Outages of Kling, as rows that all processes share; what they mean is `bot.domain.breaker`'s."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, delete, insert, select, update

from storage.access import Access
from storage.circuits import Scope, StoredCircuit, StoredOutages
from storage.job import Pack
from storage.machine_schema import outages, unanswered
from storage.statements import insert_into, take_turn

_TURN: Final = 7_041_776_203_511_846_026
EVERYTHING: Final = ""
"""Stands for no pack, and for no model."""


class Outages(Access):
    """The part of the store that remembers what Kling refuses."""

    async def outages(self) -> StoredOutages:
        """Return the open circuits, with two reads of tables that are nearly always empty."""
        return await self._connections.read(_read)

    async def change_outages(
        self, change: Callable[[StoredOutages], StoredOutages]
    ) -> StoredOutages:
        """Replace what is stored by what `change` makes of it, in turn with other processes.

        Returns the new state. `change` is pure, and may be called with a state that this process
        has not seen before.
        """

        def write(here: Connection) -> StoredOutages:
            take_turn(here, _TURN)
            before = _read(here)
            after = change(before)
            _store(here, before, after)
            return after

        return await self._connections.write(write)

    async def void_probes(self) -> None:
        """Let every outage be probed at once: for a start that is known to be the only process."""
        if (await self.outages()).circuits:
            probing = update(outages).values(prober=None, until=0.0)
            await self._connections.write(lambda here: here.execute(probing).close())


def _read(here: Connection) -> StoredOutages:
    found = [_circuit(row) for row in here.execute(select(outages)).mappings()]
    jobs = here.execute(select(unanswered.c.job)).scalars()
    return StoredOutages({one.scope: one for one in found if one}, frozenset(jobs))


def _store(here: Connection, before: StoredOutages, after: StoredOutages) -> None:
    for scope in before.circuits.keys() - after.circuits.keys():
        pack, model = _key(scope)
        its = and_(outages.c.pack == pack, outages.c.model == model)
        here.execute(delete(outages).where(its)).close()
    for scope, circuit in after.circuits.items():
        if before.circuits.get(scope) != circuit:
            row = _row(circuit)
            writing = insert_into(here.dialect.name, outages).values(row)
            changed = {name: row[name] for name in row if name not in {"pack", "model"}}
            here.execute(
                writing.on_conflict_do_update(index_elements=["pack", "model"], set_=changed)
            ).close()
    if gone := before.unanswered - after.unanswered:
        here.execute(delete(unanswered).where(unanswered.c.job.in_(gone))).close()
    if new := after.unanswered - before.unanswered:
        here.execute(insert(unanswered), [{"job": job} for job in sorted(new)]).close()


def _key(scope: Scope) -> tuple[str, str]:
    if isinstance(scope, tuple):
        return scope[0].value, scope[1]
    return (scope.value if scope else EVERYTHING), EVERYTHING


def _row(circuit: StoredCircuit) -> dict[str, Any]:
    pack, model = _key(circuit.scope)
    return {
        "pack": pack,
        "model": model,
        "why": circuit.why,
        "until": circuit.until,
        "since": circuit.since,
        "refusal": None if circuit.refusal is None else dict(circuit.refusal),
        "dear_from": circuit.dear_from,
        "failures": circuit.failures,
        "prober": circuit.prober,
        "told": circuit.told,
    }


def _circuit(row: RowMapping) -> StoredCircuit | None:
    """Return the circuit; None for a pack that this program does not know."""
    if row["pack"] and row["pack"] not in set(Pack):
        return None
    pack = Pack(row["pack"]) if row["pack"] else None
    scope: Scope = (pack, row["model"]) if pack is not None and row["model"] else pack
    return StoredCircuit(
        scope,
        row["why"],
        row["until"],
        row["since"],
        row["refusal"],
        row["dear_from"],
        row["failures"],
        row["prober"],
        row["told"],
    )
