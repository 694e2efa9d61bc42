"""Counts what happens, and writes it in the text format of Prometheus.

No label holds an id or a word of a member: models are those of the catalogue, routes and codes
those that are documented, and everything else is `other`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from bot import __version__
from bot.meter import Meter, Traffic
from storage.gauges import Gauges

NAMESPACE: Final = "kling_discord"
ANSWER_BUCKETS_S: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Discord gives up on an answer after 3 s."""
WAIT_BUCKETS_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0)
VISIBLE_BUCKETS_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0, 1_800.0, 86_400.0)
ARRIVALS_MAX: Final = 1_000
"""Interactions whose answer is awaited; the oldest is forgotten, it was never answered."""
OTHER_MODEL: Final = "other"
HUNDREDTHS: Final = 100


@dataclass(frozen=True, slots=True)
class Readings:
    """What is true at the moment of a scrape."""

    ready: Mapping[str, bool]
    """By part."""
    loop_lag_s: float
    paused: bool = False
    stored: Gauges | None = None
    """None: the database did not tell, and its series are left out."""
    known_model: Callable[[str], bool] = field(default=lambda _name: False)
    shards: Mapping[int, bool] = field(default_factory=dict)
    """Whether each shard of this process is connected, by its number."""


class Metrics(Meter):
    """All series of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._arrived: OrderedDict[int, float] = OrderedDict()

        def counter(name: str, help_: str, *labels: str) -> Counter:
            return Counter(name, help_, labels, NAMESPACE, registry=registry)

        def gauge(name: str, help_: str, *labels: str) -> Gauge:
            return Gauge(name, help_, labels, NAMESPACE, registry=registry)

        def histogram(name: str, help_: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, help_, labels, NAMESPACE, registry=registry, buckets=buckets)

        self._answer = histogram(
            "answer_seconds",
            "From a command, press or form to the answer that Discord took.",
            ANSWER_BUCKETS_S,
        )
        self._queued = histogram(
            "queued_seconds", "From queued to sent to Kling.", WAIT_BUCKETS_S, "pack"
        )
        self._visible = histogram(
            "visible_seconds", "From finished at Kling to posted.", VISIBLE_BUCKETS_S
        )
        self._calls = counter("kling_calls", "Requests to Kling by outcome.", "route", "code")
        self._rate_limited = counter("discord_rate_limited", "Answers 429 from Discord.")
        self._lost = counter("leases_lost", "Steps whose row was moved by someone else.")
        self._bytes = counter("bytes", "Bytes transferred.", "what")
        self._jobs = gauge("jobs", "Jobs that have not ended.", "state", "kind", "model")
        self._oldest = gauge(
            "oldest_due_seconds", "How long the oldest due row waits for its step."
        )
        self._held = gauge("units_held", "Units reserved by jobs whose cost is open.", "pack")
        self._spent = gauge("units_spent", "Units spent by this UTC month's jobs.", "pack")
        self._lag = gauge("loop_lag_seconds", "Longest delay of the event loop lately.")
        self._ready = gauge("ready", "Whether this part works.", "part")
        self._shards = gauge("shard_connected", "Whether this shard is connected.", "shard")
        self._paused = gauge("paused", "Whether the operator has paused sending to Kling.")
        info = gauge("info", "The version that runs.", "version")
        info.labels(__version__).set(1)
        for what in Traffic:
            self._bytes.labels(what.value)
        ProcessCollector(namespace=NAMESPACE, registry=registry)

    def arrived(self, interaction_id: int, at: float) -> None:
        """Remember it until it is answered."""
        self._arrived[interaction_id] = at
        while len(self._arrived) > ARRIVALS_MAX:
            self._arrived.popitem(last=False)

    def answered(self, interaction_id: int, at: float) -> None:
        """Observe how long the member waited, once."""
        since = self._arrived.pop(interaction_id, None)
        if since is not None:
            self._answer.observe(at - since)

    def sent(self, pack: str, waited_s: float) -> None:
        """Observe the wait."""
        self._queued.labels(pack).observe(max(0.0, waited_s))

    def visible(self, waited_s: float) -> None:
        """Observe the wait."""
        self._visible.observe(max(0.0, waited_s))

    def kling_called(self, route: str, code: str) -> None:
        """Count it."""
        self._calls.labels(route, code).inc()

    def rate_limited(self) -> None:
        """Count it."""
        self._rate_limited.inc()

    def lease_lost(self) -> None:
        """Count it."""
        self._lost.inc()

    def moved(self, what: Traffic, count: int) -> None:
        """Count the bytes."""
        self._bytes.labels(what.value).inc(count)

    def text(self, readings: Readings) -> bytes:
        """Return all series in the text format, with these readings."""
        self._lag.set(readings.loop_lag_s)
        self._paused.set(readings.paused)
        for parts, known in ((self._ready, readings.ready), (self._shards, readings.shards)):
            parts.clear()
            for part, works in known.items():
                parts.labels(part).set(works)
        self._read(readings)
        return generate_latest(self._registry)

    def _read(self, readings: Readings) -> None:
        for of_the_database in (self._jobs, self._held, self._spent):
            of_the_database.clear()
        stored = readings.stored
        self._oldest.set(float("nan") if stored is None else stored.oldest_due_s)
        if stored is None:
            return
        for job in stored.open_jobs:
            model = job.model if readings.known_model(job.model) else OTHER_MODEL
            self._jobs.labels(job.state, job.kind, model).inc(job.jobs)
        for gauge, units in ((self._held, stored.held), (self._spent, stored.spent)):
            for pack, hundredths in units.items():
                gauge.labels(pack).set(hundredths / HUNDREDTHS)
