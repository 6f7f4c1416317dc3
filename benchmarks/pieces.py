"""The pure parts by themselves, each per call: what a request is made of between its two borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle

import orjson

from benchmarks.asking import HOST
from benchmarks.contest import ROOT, Ground
from benchmarks.works import NINE
from gateway.mapping.view import Scene, viewer
from gateway.operation.context import Answer
from gateway.plan.planned import planned_search
from gateway.plan.search import plan_search, shown
from gateway.scim.binding import bind_filter
from gateway.scim.body import Limits
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_filter
from gateway.scim.match import compile_match
from gateway.scim.parse import read_request
from gateway.scim.reply import reply_to
from gateway.scim.request import Caller, ScimRequest

ONE = 'userName eq "person0007"'
AGAIN = "read and plan nine terms of a known shape, new texts"
"""What a search of a kind that was asked before costs until nevisIDM is asked."""


def pieces(ground: Ground, stored: bytes) -> Mapping[str, Callable[[], object]]:
    """Name → function. `stored` is nevisIDM's answer to the reading of one full user."""
    context = ground.context
    mapping = context.mappings.by_name["User"]
    kind, types = mapping.type, context.mappings.types()

    def request(filter_: str, tail: str = "/Users") -> ScimRequest:
        return read_request(
            "GET",
            tail,
            f"filter={filter_}" if filter_ else "",
            {},
            b"",
            types=types,
            dialect=RFC,
            base=f"http://{HOST}/scim/v2",
            caller=Caller("bench", "127.0.0.1"),
            request_id="bench",
            limits=Limits(1_000_000, 32),
        )

    getting, finding, searching = request("", "/Users/x"), request(ONE), request(NINE)
    tree = parse_filter(NINE)
    assert searching.filter is not None
    records = {"user": orjson.loads(stored)}
    scene = Scene(context.now(), f"http://{HOST}/scim/v2", {"client": "100", "client.name": ROOT})
    show, fits = viewer(mapping, shown(getting)), compile_match(searching.filter, kind)
    person = show(records, scene)
    anew = cycle([NINE.replace("Manager", f"Manager {number}") for number in range(100)])
    return {
        "read a GET one": lambda: request("", "/Users/x"),
        "parse a filter of one term": lambda: parse_filter(ONE),
        "parse a filter of nine terms": lambda: parse_filter(NINE),
        "bind nine terms": lambda: bind_filter(tree, kind, RFC.leniencies),
        "plan one term": lambda: plan_search(finding, mapping, context.capabilities),
        "plan nine terms": lambda: plan_search(searching, mapping, context.capabilities),
        AGAIN: lambda: planned_search(request(next(anew)), mapping, context.capabilities),
        "decode one user": lambda: orjson.loads(stored),
        "view one user": lambda: show(records, scene),
        "match one user with nine terms": lambda: fits(person),
        "finish, project and encode one user": lambda: reply_to(Answer(200, person), getting),
    }
