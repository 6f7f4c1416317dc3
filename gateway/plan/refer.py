"""What a create refers to without writing it: records that are read before, and attributes that must come out as they were sent. Pure.

nevisIDM takes a role and a profile for an authorization, and nothing else; a client says besides whose profile it is, and whose role. What
it says is looked up and compared before anything is written. Where that cannot be read before, it is compared with what was created.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.put import Changes
from gateway.mapping.record import Record
from gateway.mapping.view import at
from gateway.nevisidm.template import Template
from gateway.plan.access import is_open
from gateway.plan.body import nest
from gateway.plan.plan import ReadPlan, WritePlan
from gateway.plan.read import identity, plan_read
from gateway.scim.comparison import is_present
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any


@dataclass(frozen=True, slots=True)
class References:
    """`read` brings what the create refers to; `before` are the attributes to compare then, `after` those that only the result shows.

    `writes` are the records as they will be written, for the comparison before.
    """

    read: ReadPlan = field(default_factory=lambda: ReadPlan(()))
    before: tuple[Attr, ...] = ()
    after: tuple[Attr, ...] = ()
    writes: Map[str, Json] = field(default_factory=dict, repr=False)


def references(mapping: Mapping, body: Resource, changes: Changes, plan: WritePlan) -> References:
    """What must be read before the plan runs, because its paths need it or the body speaks of it, and what is to be compared."""
    written = _written(mapping)
    paths = {
        _record_of(mapping, hole) for write in plan.calls for hole in write.call.path.holes if hole not in plan.bindings
    }
    wanted = {name for name in (*paths, *changes.records) if name is not None and name not in written}
    readable = frozenset(name for name in wanted if _readable(mapping, mapping.records[name], plan, written))
    before: list[Attr] = []
    after: list[Attr] = []
    for leaf in _sayable(mapping):
        if not is_present(at(body, leaf.attr)):
            continue
        places = {place.record for place in leaf.idm.values()}
        (before if places and places <= readable | written else after).append(leaf.attr)
    read = plan_read(mapping, readable, have=written)
    writes = {name: nest(values) for name, values in changes.records.items() if name in written}
    return References(read, tuple(before), tuple(after), writes)


@kept
def _written(mapping: Mapping) -> frozenset[str]:
    """The records that a create writes, and those that stand in them."""
    steps = mapping.operations.get("create", ())
    named = {name for step in steps for name in (step.record, *step.send.values()) if name is not None}
    return frozenset(name for name in mapping.records if _host(mapping, name) in named or name in named)


def _host(mapping: Mapping, name: str) -> str:
    """The record that this one stands in, in the end."""
    place = mapping.records[name].stands_in
    return name if place is None or place.record == name else _host(mapping, place.record)


@kept
def _sayable(mapping: Mapping) -> tuple[Leaf, ...]:
    """The attributes that a client may say and a create does not write itself."""
    written = _written(mapping)
    return tuple(
        leaf
        for leaf in mapping.leaves.values()
        if leaf.schema.mutability in ("immutable", "readWrite")
        and (_from_records(leaf) or any(_host(mapping, place.record) not in written for place in leaf.idm.values()))
    )


def _from_records(leaf: Leaf) -> bool:
    return any(isinstance(each, Template) and each.holes for each in leaf.origin.values())


def _readable(
    mapping: Mapping, record: Record, plan: WritePlan, written: frozenset[str], seen: frozenset[str] = frozenset()
) -> bool:
    """Whether one of its reads can be filled from the body and from other records that can be read before."""
    if record.name in seen or record.over is not None or not record.reads:
        return False

    def known(hole: str) -> bool:
        if not is_open(hole) or hole in plan.bindings:
            return True
        other = _record_of(mapping, hole)
        if other is None or other in written:
            return False
        return other != record.name and _readable(mapping, mapping.records[other], plan, written, seen | {record.name})

    picked = [hole for _, template in record.pick.conditions for hole in template.holes] if record.pick else []
    return all(map(known, picked)) and any(all(map(known, call.path.holes)) for call in record.reads)


def _record_of(mapping: Mapping, hole: str) -> str | None:
    name = hole.partition(".")[0]
    return name if name in mapping.records and mapping.records[name].readable else None


def names_no_tenant(plan: WritePlan, mapping: Mapping) -> bool:
    """Whether a call would reach whatever tenant's record it is, while reading tells whose: tenants share applications and their roles."""
    reads = [read for name in identity(mapping) for read in mapping.records[name].reads]
    open_to_all = any("client" not in write.call.path.holes for write in plan.calls)
    return open_to_all and any("client" in read.path.holes for read in reads)
