"""Traces for an OpenTelemetry collector: a span per request and one per nevisIDM call, made from events when they are over.

Sent by OTLP over HTTP from a thread of the library's own, in batches; a collector that is away costs spans and nothing else. A span holds
what the log line of the same event holds: names, shapes, statuses and times, never a value.
"""

from __future__ import annotations

import time
from collections.abc import Mapping as Map

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from gateway.events import CallEnded, Event, RequestEnded
from gateway.settings.running import TraceSettings
from gateway.trace import Trace

SCOPE = InstrumentationScope("scim-nevisidm-gateway")
Value = str | int | float


def exporter_for(said: TraceSettings) -> SpanExporter:
    """The way to the collector of the settings."""
    headers = {name: value.get_secret_value() for name, value in said.headers.items()}
    ca_file = str(said.ca_file) if said.ca_file is not None else None
    return OTLPSpanExporter(said.endpoint, certificate_file=ca_file, headers=headers)


class Spans:
    """A consumer of events that records the sampled ones."""

    def __init__(self, exporter: SpanExporter, name: str) -> None:
        self._batches = BatchSpanProcessor(exporter)
        self._resource = Resource.create({"service.name": name})

    def __call__(self, event: Event) -> None:
        """Take an event; those without a sampled trace are passed over."""
        if not isinstance(event, RequestEnded | CallEnded) or event.trace is None or not event.trace.sampled:
            return
        self._batches.on_end(
            _request(event, self._resource) if isinstance(event, RequestEnded) else _call(event, self._resource)
        )

    def close(self) -> None:
        """Send what is left; waits for the collector for a few seconds at most."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]


def _request(event: RequestEnded, resource: Resource) -> ReadableSpan:
    facts: dict[str, Value | None] = {
        "scim.dialect": event.dialect,
        "scim.operation": event.operation,
        "scim.resource_type": event.resource or None,
        "scim.filter_shape": event.shape,
        "scim.error_code": event.code,
        "scim.request_id": event.request_id,
        "scim.nevisidm_calls": event.calls,
        "http.response.status_code": event.status,
        **{f"scim.stage.{name}": seconds for name, seconds in event.stages},
    }
    name = f"{event.operation} {event.resource}".strip()
    return _span(name, SpanKind.SERVER, event.trace, event.seconds, facts, resource, failed=event.status >= 500)


def _call(event: CallEnded, resource: Resource) -> ReadableSpan:
    facts: dict[str, Value | None] = {"http.response.status_code": event.status, "nevisidm.attempt": event.attempt}
    failed = event.status is None or event.status >= 500
    return _span(event.call, SpanKind.CLIENT, event.trace, event.seconds, facts, resource, failed=failed)


def _span(
    name: str,
    kind: SpanKind,
    trace: Trace | None,
    seconds: float,
    facts: Map[str, Value | None],
    resource: Resource,
    *,
    failed: bool,
) -> ReadableSpan:
    assert trace is not None
    ended = time.time_ns()
    return ReadableSpan(
        name,
        context=_context(trace, trace.span_id, remote=False),
        parent=_context(trace, trace.parent_id, remote=True) if trace.parent_id is not None else None,
        resource=resource,
        attributes={key: value for key, value in facts.items() if value is not None},
        kind=kind,
        status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
        start_time=ended - int(seconds * 1e9),
        end_time=ended,
        instrumentation_scope=SCOPE,
    )


def _context(trace: Trace, span_id: str, *, remote: bool) -> SpanContext:
    return SpanContext(int(trace.trace_id, 16), int(span_id, 16), remote, TraceFlags(TraceFlags.SAMPLED))
