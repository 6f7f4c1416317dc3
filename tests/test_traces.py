"""Traces: a caller's is continued and handed on to nevisIDM, and a collector receives the spans by OTLP, with no value in them."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway.assembly import Embedded, application, context_for
from gateway.events import Events, RequestEnded
from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.settings import Settings
from gateway.trace import Tracing
from tests.process import serving

TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{ABOVE}-01"


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
    """A receiver of OTLP over HTTP; gives its address and the spans it got."""
    spans: list[Any] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.headers["x-key"] == "collector-key"
            export = ExportTraceServiceRequest.FromString(body)
            spans.extend(span for one in export.resource_spans for scope in one.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_collector_gets_the_request_and_its_calls_and_no_value() -> None:
    with collector() as (endpoint, spans):
        traces = json.dumps({"endpoint": endpoint, "headers": {"x-key": "collector-key"}})
        with serving("serve", "--port", "0", "--token", "t", "--users", "3", GATEWAY_TRACES=traces) as server:
            headers = {"Authorization": "Bearer t", "traceparent": HEADER}
            asked = {"filter": 'userName eq "bjensen" and name.familyName co "Jen"'}
            httpx.get(f"{server.url}/scim/v2/Users", params=asked, headers=headers).raise_for_status()
            unsampled = headers | {"traceparent": f"00-{TRACE}-{ABOVE}-00"}
            httpx.get(f"{server.url}/scim/v2/Groups", headers=unsampled).raise_for_status()
    request = next(span for span in spans if span.name == "search User")
    calls = [span for span in spans if span is not request]
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == ABOVE
    assert calls
    assert {span.parent_span_id for span in calls} == {request.span_id}
    assert {span.trace_id.hex() for span in calls} == {TRACE}
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    facts = {each.key: each.value for each in request.attributes}
    assert facts["http.response.status_code"].int_value == 200
    assert facts["scim.filter_shape"].string_value == "userName eq ? and name.familyName co ?"
    assert "bjensen" not in str(spans)
    assert not [span for span in spans if "Group" in span.name], "the caller does not want that one recorded"


async def test_nevisidm_is_handed_the_trace() -> None:
    handed: list[str] = []
    inner = sandbox(token="technical")
    fill(inner.state.sandbox, 3)

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        handed.extend(value.decode() for name, value in scope["headers"] if name == b"traceparent")
        await inner(scope, receive, send)

    events: list[Any] = []
    settings = Settings(probe=False)
    context = await context_for(settings, Embedded(listening, "technical"), Events(events.append))
    transport = httpx.ASGITransport(app=application(settings, context, "t"))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.example") as client:
        headers = {"Authorization": "Bearer t"}
        await client.get("/scim/v2/Users/u-1001", headers=headers)
        assert handed == [], "where no trace is, none is begun, unless a collector is configured"
        await client.get("/scim/v2/Users/u-1001", headers=headers | {"traceparent": HEADER})
    ended = [event for event in events if isinstance(event, RequestEnded)][-1]
    assert ended.trace is not None
    assert {each.split("-")[1] for each in handed} == {TRACE}
    assert ended.trace.span_id not in {each.split("-")[2] for each in handed}, "each call is a span of its own"
    await context.client.aclose()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-{ABOVE}-01",
        f"00-{'0' * 32}-{ABOVE}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{ABOVE}-01",
        f"00-{TRACE}-{ABOVE}-01-more",
    ],
)
def test_what_makes_no_sense_is_no_trace(header: str | None) -> None:
    assert Tracing().of(header) is None
    begun = Tracing(1.0).of(header)
    assert begun is not None
    assert begun.parent_id is None
    assert begun.sampled


def test_a_later_version_is_understood_as_far_as_this_one() -> None:
    trace = Tracing(0.0).of(f"01-{TRACE}-{ABOVE}-03-more")
    assert trace is not None
    assert (trace.trace_id, trace.parent_id, trace.sampled) == (TRACE, ABOVE, True)


@given(st.text(max_size=80))
def test_no_header_breaks_it(header: str) -> None:
    trace = Tracing(0.5).of(header)
    assert trace is not None
    assert Tracing().of(trace.header) is not None
