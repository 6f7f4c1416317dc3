"""One nevisIDM call that was made, as facts: what was asked, what came, when, and the line of the mapping that says so."""

from __future__ import annotations

from typing import Any

from gateway.explanation.hidden import Disclosure, body_shown
from gateway.explanation.lines import body_lines
from gateway.mapping.model import Mapping
from gateway.nevisidm.call import Refusal, Reply, Request
from gateway.nevisidm.catalogue import path_of
from gateway.nevisidm.run import Exchanged

Facts = dict[str, Any]


def call_facts(
    each: Exchanged, began: float, mapping: Mapping, secrets: frozenset[str], disclosure: Disclosure
) -> Facts:
    """The call. `began`: when the operation did (time.perf_counter); `secrets`: texts to be shown nowhere."""
    sent, outcome = each.request, each.outcome
    record = _record(sent.name, mapping)
    facts: Facts = {
        "call": _text(sent, disclosure),
        "name": sent.name,
        "place": sent.at,
        "status": outcome.status,
        "began": round((each.began - began) * 1000, 1),
        "milliseconds": round(each.seconds * 1000, 1),
    }
    if sent.body is not None:
        facts["sent"] = body_shown(sent.body, record, mapping, secrets, disclosure)
        facts["lines"] = body_lines(sent.body, sent.name, mapping)
    if isinstance(outcome, Reply):
        facts["reply"] = body_shown(outcome.json, record, mapping, secrets, disclosure)
        facts["lines"] = {**facts.get("lines", {}), **body_lines(outcome.json, sent.name, mapping)}
    elif isinstance(outcome, Refusal):
        facts["refusal"] = {"kind": outcome.kind, "codes": list(outcome.codes)}
    return facts


def _record(name: str, mapping: Mapping) -> str:
    """The record that a call is about: its own, or that of a route's hits."""
    routes = mapping.search.routes if mapping.search is not None else ()
    return next((each.items or "" for each in routes if each.name == name), name.partition(".")[0])


def _text(sent: Request, disclosure: Disclosure) -> str:
    """The call as it was sent; where values are hidden, its path as the catalogue has it and the names of its parameters."""
    if disclosure == "values":
        query = "&".join(f"{name}={value}" for name, value in sent.query)
        return f"{sent.method} {sent.path}{'?' if query else ''}{query}"
    query = "&".join(name for name, _ in sent.query)
    return f"{sent.method} {path_of(sent.method, sent.path) or '…'}{'?' if query else ''}{query}"
