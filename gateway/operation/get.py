"""Reading one resource: its id says where, the asked-for attributes say what, and nothing else is read.

`load_resource` is what the writes use as well: before, to compare; afterwards, to answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gateway.errors import BadRequest
from gateway.mapping.apart import aparts
from gateway.mapping.identity import parse_id
from gateway.mapping.model import Mapping
from gateway.mapping.version import records_of
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in
from gateway.operation.condition import check_condition, compared
from gateway.operation.context import Answer, Context
from gateway.operation.listing import TooMany
from gateway.operation.once import Once
from gateway.operation.prepared import prepared
from gateway.operation.reading import read_records
from gateway.operation.scene import scene_of
from gateway.operation.search import elements_reader
from gateway.operation.single import Single, plain, single_of
from gateway.plan.beside import in_part, there, without
from gateway.plan.touched import touched
from gateway.scim.project import demand
from gateway.scim.request import Resource, ScimRequest
from gateway.scim.tree import Attr
from gateway.swift import swift

Json = Any


@swift
@dataclass(frozen=True, slots=True)
class Loaded:
    """A resource as it was read: in nevisIDM's terms (a record that is not there is None), in SCIM terms, and the parts of its id.

    `elements`: of lists whose elements stand apart, those that a write must know, by attribute and key, whether they are there or not.
    """

    records: dict[str, Json] = field(repr=False)
    resource: Resource = field(repr=False)
    bindings: dict[str, str]
    elements: Map[Attr, Map[str, Map[str, Json]]] = field(default_factory=dict, repr=False)


def get(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Awaitable[Answer]:
    """200 with the resource. Raises BadRequest GW114 if there is none, GW117 for an If-Match that it does not fit (RFC 9110 section
    13.1.1), Refusal if nevisIDM does not say."""
    single = single_of(request, mapping)
    if single is not None:
        return _at_once(single, request, mapping, context, run)
    return _in_parts(request, mapping, context, run)


async def _in_parts(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """A resource of however many records. Raises as `get` does."""
    loaded = await load_resource(request, mapping, context, run, request.id or "")
    if request.if_match is not None:
        await check_condition(request, mapping, context, run, loaded)
    return Answer(200, loaded.resource)


async def _at_once(single: Single, request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """A resource that one record holds. Raises as `get` does."""
    bindings = parse_id(mapping, request.id or "")
    if bindings is None:
        raise _nobody(mapping)
    scene = scene_of(request, context, bindings)
    try:
        reply = await run.call(single.call, scene.bindings.get)
    except Refusal as refusal:
        if refusal.status == 404 and refusal.json:
            raise _nobody(mapping) from None
        raise
    found = reply.json
    if type(found) is tuple:
        row, body = found
        resource = single.rows.show(scene)(row)
        if resource.get("id") == request.id:
            return Answer(200, resource, finished=True)
        found = plain(body)
    given = {single.record: found} if type(found) is dict and "items" not in found else {}
    loaded = await load_resource(request, mapping, context, run, request.id or "", given=given)
    return Answer(200, loaded.resource)


async def load_resource(
    request: ScimRequest,
    mapping: Mapping,
    context: Context,
    run: Run,
    identifier: str,
    *,
    everything: bool = False,
    written: bool = False,
    also: Iterable[Attr] = (),
    given: Map[str, Json] = MappingProxyType({}),
) -> Loaded:
    """The resource of that id with what the request wants shown; `everything`: with all that its PUT or PATCH may touch; and `also` these.

    What an If-Match speaks of is read, too: its sender saw it. `written`: for the answer to a write; what would then read too much
    is left out, since the write is done whatever the answer shows. `given`: records that need not be read.

    Raises BadRequest GW114 when there is no such resource, or it is of another type (`only`).
    """
    bindings = parse_id(mapping, identifier)
    if bindings is None:
        raise _nobody(mapping)
    attrs = _attributes(request, mapping, everything=everything)
    writing = everything or request.operation == "delete"
    parts = compared(request, mapping) if writing or request.operation == "get" else frozenset()
    ready = prepared(mapping, attrs | more if (more := frozenset(also)) else attrs, parts)
    scene = scene_of(request, context, bindings)
    known = lookup_in(scene.bindings)
    records = await read_records(ready.plan, Once(run) if ready.several else run, known, given)
    if any(records[name] is None for name in ready.identity):
        raise _nobody(mapping)
    if not aparts(mapping):
        return Loaded(records, ready.show(records, scene), bindings)
    reading = elements_reader(request, mapping, context, run)
    if writing:
        elements = await reading.of_write(request, attrs, records_of(mapping, parts), known, records)
        return Loaded(records, ready.show({**records, **there(mapping, elements)}, scene), bindings, elements)
    try:
        beside = await reading.shown(attrs, request.wanted, known, records)
    except TooMany:
        if not written:
            raise
        ready, beside = prepared(mapping, without(mapping, attrs)), {}
    resource = ready.show({**records, **beside}, scene)
    if in_part(mapping, attrs, request.wanted):
        resource.get("meta", {}).pop("version", None)  # a page of a list has no version: others may have changed
    return Loaded(records, resource, bindings)


def _attributes(request: ScimRequest, mapping: Mapping, *, everything: bool) -> frozenset[Attr]:
    """What must be known of the resource; for a delete that it exists, and its version."""
    if everything:
        return touched(request)
    if request.operation == "delete":
        return frozenset()
    # a value filter such as members[type eq "User"] looks at more than is shown
    attrs = demand(request.wanted, request.type, request.dialect)
    return attrs | without(mapping, frozenset(request.wanted.filters)) if request.wanted.filters else attrs


def _nobody(mapping: Mapping) -> BadRequest:
    return BadRequest("GW114", f"There is no {mapping.name} with this id. Search for it; ids never change.")
