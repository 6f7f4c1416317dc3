"""What a request would become, as facts: the pure half of `explain`, for every operation. Nothing is sent.

A change (PUT, PATCH) depends on what is read first; its facts are the reads and the writes that may follow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from types import MappingProxyType
from typing import Any

from gateway.errors import BadRequest, Denied
from gateway.mapping.action import Check, Do, Find
from gateway.mapping.apart import apart_records, aparts
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping, Step
from gateway.mapping.put import changes
from gateway.mapping.version import records_of, twins
from gateway.mapping.view import Scene, records_for
from gateway.mapping.wish import Wish
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.template import Lookup, lookup_in
from gateway.operation.condition import compared, elsewhere, shared
from gateway.operation.delete import looks_first
from gateway.operation.self_service import NOBODY
from gateway.plan.create import plan_create
from gateway.plan.explain import explain_read, explain_search, explain_write, read_facts, search_facts, write_facts
from gateway.plan.read import identity, plan_element, plan_read, reasons_for
from gateway.plan.refer import References, references
from gateway.plan.search import plan_search
from gateway.plan.spoken import attr_name
from gateway.plan.touched import touched
from gateway.plan.write import plan_delete
from gateway.scim.project import demand
from gateway.scim.request import ScimRequest
from gateway.scim.tree import Attr

Facts = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Foretold:
    """The facts for machines and the lines for people, in the same order."""

    facts: Facts
    lines: list[str]


def foretell(
    request: ScimRequest,
    mapping: Mapping,
    scene: Scene,
    capabilities: Capabilities,
    others: Map[str, Mapping] = MappingProxyType({}),
) -> Foretold:
    """What `request` would ask of nevisIDM. `others`: all mappings, of whose versions an entity tag may speak.

    Raises ScimError as the request itself would: nobody who asks here is a person.
    """
    if request.own:
        raise Denied("GW305", NOBODY)
    if request.operation == "search":
        plan = plan_search(request, mapping, capabilities)
        tenant = lookup_in(scene.bindings)
        return Foretold(search_facts(plan, mapping, tenant), explain_search(plan, mapping, tenant))
    if request.operation == "act":
        return _act(mapping)
    if request.operation == "create":
        return _create(request, mapping, scene)
    known = parse_id(mapping, request.id or "")
    if known is None:
        raise BadRequest("GW114", f"There is no {mapping.name} with this id. Search for it; ids never change.")
    if request.operation == "delete":
        return _delete(request, mapping, scene, known, others)
    return _read_or_change(request, mapping, scene, known, others)


def _delete(
    request: ScimRequest, mapping: Mapping, scene: Scene, known: Map[str, str], others: Map[str, Mapping]
) -> Foretold:
    plan = plan_delete(mapping, known)
    tenant = lookup_in(known, scene.bindings)
    facts, first = write_facts(plan, mapping, None, tenant), []
    if looks_first(request, mapping, plan):
        read = plan_read(mapping, identity(mapping) | _compared(request, mapping))
        facts["first"] = read_facts(read, mapping, tenant)
        first = _column(
            "first", ["the resource is read: it must be there, and the tenant's", *explain_read(read, mapping, tenant)]
        )
    condition = _condition(request, mapping, others, tenant)
    lines = [*first, *condition.lines, *_calls(explain_write(plan, mapping, None, tenant))]
    return Foretold(facts | condition.facts, lines)


def _compared(request: ScimRequest, mapping: Mapping) -> frozenset[str]:
    """The records that are read to compare the parts that the request's entity tags speak of."""
    return records_of(mapping, compared(request, mapping)) - apart_records(mapping)


def _condition(request: ScimRequest, mapping: Mapping, others: Map[str, Mapping], tenant: Lookup) -> Foretold:
    """What is compared before anything is done, and what only another type on the same records brings."""
    headers = {"If-Match": request.if_match}
    if request.operation != "get":
        headers["If-None-Match"] = request.if_none_match
    said = " and ".join(name for name, tags in headers.items() if tags is not None)
    if not said:
        return Foretold({}, [])
    records = sorted(records_of(mapping, compared(request, mapping)))
    lines = [f"{said} is compared first, by {', '.join(records) or 'nothing but that the resource is there'}; else 412"]
    reads = []
    for twin in twins(mapping, others):
        have = shared(mapping.records, mapping, twin)
        plan = plan_read(twin, records_of(twin, elsewhere(request, twin, mapping)), have=have)
        if plan.reads:
            lines += [
                f"the tag came from {twin.name}, whose records are read for it:",
                *explain_read(plan, twin, tenant),
            ]
            reads += read_facts(plan, twin, tenant)
    return Foretold({"condition": {"header": said, "records": records, "reads": reads}}, _column("if", lines))


def _create(request: ScimRequest, mapping: Mapping, scene: Scene) -> Foretold:
    changed = changes(mapping, {}, request.body, {}, scene, creating=True)
    tenant = lookup_in(scene.bindings)
    plan = plan_create(mapping, changed, tenant, lambda: "<new id>")
    sides = {attr: (None, _shown(request, attr)) for attr in changed.attributes}
    refers = references(mapping, request.body, changed, plan)
    known = lookup_in(plan.bindings, scene.bindings)
    facts, lines = write_facts(plan, mapping, sides, tenant), _calls(explain_write(plan, mapping, sides, tenant))
    if refers.read.reads:
        facts["first"] = read_facts(refers.read, mapping, known)
        lines = [*_column("first", explain_read(refers.read, mapping, known)), *lines]
    return Foretold(facts, [*_matching(request, mapping, facts), *lines, *_column("then", _proof(refers, mapping))])


def _matching(request: ScimRequest, mapping: Mapping, facts: Facts) -> list[str]:
    """What a POST with `match` does before it creates."""
    if request.match is None:
        return []
    names = [attr_name(each.attr, mapping) for each in request.match.sought]
    facts["match"] = {"by": names, "existing": request.match.existing}
    here = (
        "it is read"
        if request.match.existing == "keep"
        else f"it is changed ({request.match.existing}), and nothing is created"
    )
    return _column(
        "match", [f"one with the same {', else the same '.join(names)} is searched; if it is there, {here}", "else:"]
    )


def _proof(refers: References, mapping: Mapping) -> list[str]:
    names = ", ".join(attr_name(attr, mapping) for attr in refers.after)
    return [
        f"the resource is read; if {names} is not as it was sent, it is taken back" if names else "the resource is read"
    ]


def _shown(request: ScimRequest, attr: Attr) -> Any:
    table = request.body.get(attr.urn, {}) if attr.urn else request.body
    value = table.get(attr.name) if isinstance(table, Map) else None
    return value.get(attr.sub) if attr.sub and isinstance(value, Map) else value


def _read_or_change(
    request: ScimRequest, mapping: Mapping, scene: Scene, known: Map[str, str], others: Map[str, Mapping]
) -> Foretold:
    reading = request.operation == "get"
    attrs = demand(request.wanted, request.type, request.dialect) if reading else touched(request)
    records = records_for(mapping, attrs) | identity(mapping) | _compared(request, mapping)
    plan = plan_read(mapping, records, reasons=reasons_for(mapping, attrs))
    tenant = lookup_in(known, scene.bindings)
    condition = _condition(request, mapping, others, tenant)
    facts: Facts = {"calls": read_facts(plan, mapping, tenant), **condition.facts}
    lines = [*_calls(explain_read(plan, mapping, tenant)), *condition.lines]
    for attr, apart in aparts(mapping).items():
        if Wish(attrs).has_any(attr):
            element = plan_element(mapping, apart, frozenset((apart.source,)))
            each = lookup_in(known, {apart.over.hole: f"{{{apart.over.hole}}}"}, scene.bindings)
            facts[str(attr)] = read_facts(element, mapping, each)
            most = mapping.search.calls if mapping.search is not None else 0
            said = [
                f"each by its {apart.key}; all of them by every {apart.over.resource} in turn, in {most} calls at most"
            ]
            lines += _column(str(attr), [*said, *explain_read(element, mapping, each)])
    if not reading:
        verb = "replace" if request.operation == "replace" else "modify"
        may = [
            f"{call.method} {call.path.text}"
            for step in mapping.operations.get(verb, ())
            if step.record is not None and (write := mapping.records[step.record].update) is not None
            for call in (write.call, *(each for table in write.values.values() for each in table.values()))
        ]
        facts["writes"] = may
        lines += _column("writes", ["those of these whose record shows a difference, in this order:", *may])
        lines += _column("hint", ["--run reads for real and shows the writes; --write sends them"])
    return Foretold(facts, lines)


def _act(mapping: Mapping) -> Foretold:
    assert mapping.action is not None
    ways = {name: [_step(step) for step in steps] for name, steps in mapping.action.ways.items()}
    lines: list[str] = []
    for name, steps in ways.items():
        lines += _column(name, [f"{number}  {text}" for number, text in enumerate(steps, 1)])
    lines += _column("ends", sorted(mapping.action.outcomes))
    return Foretold({"ways": ways, "outcomes": sorted(mapping.action.outcomes)}, lines)


def _step(step: Find | Do | Check | Step) -> str:
    if isinstance(step, Find):
        return f"find one {step.resource} by {step.by_attribute.text}    {step.place}"
    if isinstance(step, Do):
        limits = [f"where {name} is {' or '.join(values)}" for name, values in step.when.items()]
        limits += [f"for each of {step.each}"] if step.each is not None else []
        return "    ".join((f"{step.call.method} {step.call.path.text}", *limits, str(step.place)))
    if isinstance(step, Check):
        return f"check {step.subject}: {', '.join(step.means)}    {step.place}"
    return str(step.place)


def _calls(lines: list[str]) -> list[str]:
    return _column("calls", lines)


def _column(name: str, lines: list[str]) -> list[str]:
    return [f"{name if number == 0 else '':<8} {line}".rstrip() for number, line in enumerate(lines)]
