"""What a write plan cannot place, and what a client calls it: a change that no call carries is refused and never lost in silence."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.apart import aparts
from gateway.mapping.kept import kept
from gateway.mapping.model import Mapping
from gateway.mapping.put import Changes
from gateway.mapping.record import Record
from gateway.nevisidm.template import Lookup
from gateway.plan.plan import WriteCall
from gateway.scim.tree import Attr

Json = Any


def attributes_of(mapping: Mapping, changes: Changes, names: tuple[str, ...]) -> tuple[Attr, ...]:
    """The changed attributes that these records (and those standing in them) carry, for audit and error texts."""
    inside = {name for name, other in mapping.records.items() if other.stands_in and other.stands_in.record in names}
    wanted = inside | set(names)
    return tuple(attr for attr in changes.attributes if _records_of(mapping, attr) & wanted)


@kept
def _records_of(mapping: Mapping, attr: Attr) -> frozenset[str]:
    leaf = mapping.leaves.get(attr) or mapping.leaves.get(Attr(attr.name, "*", attr.urn))
    if leaf is not None:
        return frozenset(field.record for field in leaf.idm.values())
    group = mapping.slots.get(Attr(attr.name, urn=attr.urn))
    if group is None:
        return frozenset()
    return frozenset(
        field.record for slot in group.slots for leaf in slot.leaves.values() for field in leaf.idm.values()
    )


def refuse_homeless(mapping: Mapping, write: WriteCall, known: Lookup) -> None:
    """A change below a record that this resource does not have (properties of a profile that is not there) has no place."""
    for hole in write.call.path.holes:
        record = hole.partition(".")[0]
        if record in mapping.records and known(hole) in (None, ""):
            named = ", ".join(str(attr) for attr in write.attributes)
            raise Unsupported(
                "GW206", f"This {mapping.name} has no {record} in nevisIDM, so there is no place for {named}."
            )


def refuse_hostless(mapping: Mapping, record: Record, changes: Changes, records: Map[str, Json]) -> None:
    """What stands as a part of another record cannot be, where that one is not there: no lock without a password."""
    host = record.stands_in
    if record.create is None and host is not None and not host.keys and records.get(host.record) is None:
        named = ", ".join(str(attr) for attr in attributes_of(mapping, changes, (record.name,)))
        raise Unsupported(
            "GW206", f"This {mapping.name} has no {host.record} in nevisIDM, so there is no place for {named}."
        )


def refuse_elements(mapping: Mapping, changes: Changes) -> None:
    """Elements come and go one by one where they stand apart; any other list is nevisIDM's own."""
    if not {*changes.added, *changes.removed} <= aparts(mapping).keys():
        raise Unsupported("GW203", f"{mapping.name} cannot change the elements of a list")


def refuse_unwritten(mapping: Mapping, verb: str, changes: Changes) -> None:
    """A change that no step of the operation carries would be lost in silence."""
    written = {step.record for step in mapping.operations[verb]}
    lost = [name for name, values in changes.records.items() if values and name not in written]
    sources = [aparts(mapping)[attr].source for attr in {*changes.added, *changes.removed}]
    lost += [name for name in (*sources, *(each.source for each in changes.elements)) if name not in written]
    if lost:
        raise Unsupported("GW203", f"{mapping.name} cannot change what stands in {', '.join(lost)} by {verb}")
