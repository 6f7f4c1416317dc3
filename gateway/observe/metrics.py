"""What a Prometheus scrapes: counters and histograms of low cardinality, fed by events.

A label is always one of a few words that the gateway or a mapping chose (dialect, operation, resource type, name of a call, kind of
failure), never an id, a name of a person, a tenant's user or a filter's value. Each metric is described once, here; the table in
docs/operate.md is made of `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from gateway.events import (
    CallEnded,
    ConsumerFailed,
    Crashed,
    Event,
    FileMissed,
    Forsaken,
    HalfDone,
    HostChanged,
    KeysMissed,
    MappingsKept,
    MappingsSwapped,
    Mistrusted,
    NevisRefused,
    RequestEnded,
    RouteClosed,
    SettingsKept,
    SettingsSwapped,
    SharedLost,
    Shed,
    TurnedAway,
    Unrecorded,
    WorkerEnded,
)
from gateway.scim.request import Operation

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CALLS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 500, 1000)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What a request is called by that was refused before it was read."""
OPERATIONS = frozenset((*get_args(Operation), "bulk", *METHODS))
"""Any other word would be the caller's own."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric as a scrape names it."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]


Metric = TypeVar("Metric", Counter, Histogram)


class Known(Generic[Metric]):
    """A metric that finds its series again at once: the library makes texts of the labels and takes a lock each time."""

    def __init__(self, metric: Metric) -> None:
        self._metric: Metric = metric
        self._series: dict[tuple[str | int, ...], Metric] = {}

    def labels(self, *values: str | int) -> Metric:
        """The series with these labels."""
        found = self._series.get(values)
        if found is None:
            found = self._series[values] = self._metric.labels(*values) if values else self._metric
        return found


class Metrics:
    """A consumer of events, and the text that a scrape gets."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self.families: list[Family] = []
        self._requests = self._counter(
            "scim_requests", "SCIM requests answered.", "dialect", "operation", "resource", "status"
        )
        self._refused = self._counter("scim_errors", "SCIM errors by the gateway's code.", "code")
        self._seconds = self._histogram("scim_request_seconds", "Time to answer.", SECONDS, "dialect", "operation")
        self._stages = self._histogram("scim_stage_seconds", "Time by stage of a request.", SECONDS, "stage")
        self._calls = self._histogram("scim_request_calls", "nevisIDM calls of one request.", CALLS, "operation")
        self._nevis = self._histogram("nevisidm_call_seconds", "Time of one nevisIDM call.", SECONDS, "call")
        self._answers = self._counter("nevisidm_calls", "nevisIDM calls; outcome: 2xx … or none.", "call", "outcome")
        self._repeated = self._counter("nevisidm_repeated_calls", "Calls that were tried again.", "call")
        self._alarms = self._counter("nevisidm_alarms", "Refusals that lack a right or a login of ours.", "call")
        self._half_done = self._counter("scim_half_done", "Writes that stayed half done.", "resource")
        self._unrecorded = self._counter("scim_unrecorded", "Lines of audit or journal that were lost.", "record")
        self._mistrusted = self._counter("nevisidm_mistrusted", "Search parameters proved wrong.", "resource", "route")
        self._closed = self._counter("nevisidm_routes_closed", "Search routes found closed.", "resource", "reason")
        self._keys = self._counter("scim_issuer_keys_missed", "Keys of issuers that could not be had.", "reason")
        self._hosts = self._counter(
            "nevisidm_host_changes", "Addresses of nevisIDM left, or taken up again.", "host", "up"
        )
        self._shed = self._counter("scim_shed", "Calls not sent because too much was under way.", "call")
        self._forsaken = self._counter("scim_forsaken", "Calls not sent because who asked was gone.", "call")
        self._turned = self._counter("scim_turned_away", "Requests refused before they were read: too many at once.")
        self._shared = self._counter("scim_shared_lost", "Times that Redis could not be reached any more.", "reason")
        self._files = self._counter("scim_files_missed", "Changed secrets and certificates of no use.", "setting")
        self._reloads = self._counter(
            "scim_reloads", "Mappings or settings read again; outcome: taken, refused.", "what", "outcome"
        )
        self._crashes = self._counter("scim_crashes", "Faults of the gateway itself.", "kind")
        self._workers = self._counter("scim_workers_ended", "Worker processes that died and were replaced.", "status")
        self._lost = self._counter("scim_events_lost", "Events that a consumer failed on.", "consumer")
        self._takers: dict[type, Callable[..., None]] = {
            RequestEnded: self._request,
            CallEnded: self._call,
            NevisRefused: lambda event: self._alarms.labels(event.call).inc() if event.alarm else None,
            HalfDone: lambda event: self._half_done.labels(event.resource).inc(),
            Unrecorded: lambda event: self._unrecorded.labels(event.record).inc(),
            Mistrusted: lambda event: self._mistrusted.labels(event.resource, event.route).inc(),
            RouteClosed: lambda event: self._closed.labels(event.resource, event.reason).inc(),
            KeysMissed: lambda event: self._keys.labels(event.reason).inc(),
            HostChanged: lambda event: self._hosts.labels(event.host, str(event.up).lower()).inc(),
            Shed: lambda event: self._shed.labels(event.call).inc(),
            Forsaken: lambda event: self._forsaken.labels(event.call).inc(),
            TurnedAway: lambda event: self._turned.labels().inc(event.count),
            SharedLost: lambda event: self._shared.labels(event.reason).inc(),
            FileMissed: lambda event: self._files.labels(event.setting).inc(),
            MappingsSwapped: lambda _: self._reloads.labels("mappings", "taken").inc(),
            MappingsKept: lambda _: self._reloads.labels("mappings", "refused").inc(),
            SettingsSwapped: lambda _: self._reloads.labels("settings", "taken").inc(),
            SettingsKept: lambda _: self._reloads.labels("settings", "refused").inc(),
            Crashed: lambda event: self._crashes.labels(event.kind).inc(),
            WorkerEnded: lambda event: self._workers.labels(event.status).inc(),
            ConsumerFailed: lambda event: self._lost.labels(event.consumer).inc(),
        }

    def __call__(self, event: Event) -> None:
        """Take an event; those without a metric are passed over."""
        taker = self._takers.get(type(event))
        if taker is not None:
            taker(event)

    def scrape(self) -> tuple[bytes, str]:
        """Everything so far, in the exposition format, and that format's content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _request(self, event: RequestEnded) -> None:
        operation = event.operation if event.operation in OPERATIONS else "other"
        self._requests.labels(event.dialect, operation, event.resource, event.status).inc()
        self._seconds.labels(event.dialect, operation).observe(event.seconds)
        self._calls.labels(operation).observe(event.calls)
        for stage, seconds in event.stages:
            self._stages.labels(stage).observe(seconds)
        if event.code is not None:
            self._refused.labels(event.code).inc()

    def _call(self, event: CallEnded) -> None:
        outcome = "none" if event.status is None else f"{event.status // 100}xx"
        self._answers.labels(event.call, outcome).inc()
        self._nevis.labels(event.call).observe(event.seconds)
        if event.attempt > 1:
            self._repeated.labels(event.call).inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Known[Counter]:
        self.families.append(Family(f"{name}_total", "counter", meaning, labels))
        return Known(Counter(name, meaning, labels, registry=self._registry))

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Known[Histogram]:
        self.families.append(Family(name, "histogram", meaning, labels))
        return Known(Histogram(name, meaning, labels, registry=self._registry, buckets=buckets))
