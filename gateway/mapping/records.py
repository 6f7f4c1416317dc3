"""Finding values in the records of one resource: by field, in whatever record another one stands.

`user.properties.jobTitle` and `properties.jobTitle` are the same place when the record `properties` stands in `user.properties`. A record
that was not read by itself is found in the one it stands in, so a hit of a list is enough to show what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field
from gateway.nevisidm.template import walk

Json = Any
Records = Map[str, Json]


def record_of(mapping: Mapping, records: Records, name: str) -> Json:
    """The record: as it was read, else as it stands in another one; None if it is not there."""
    if name in records:
        return records[name]
    record = mapping.records.get(name)
    if record is None or record.stands_in is None:
        return None
    return walk(record_of(mapping, records, record.stands_in.record), record.stands_in.keys)


def stored_at(mapping: Mapping, records: Records, field: Field) -> Json:
    """The stored value of a field; None if it is not there."""
    return walk(record_of(mapping, records, field.record), field.keys)


def elements(record: Json) -> list[Json]:
    """The elements of a list record; one that was read alone is a list of itself."""
    return record if isinstance(record, list) else [] if record is None else [record]


def storage(mapping: Mapping, field: Field) -> Field:
    """The field in terms of the record that is read by a call of its own."""
    record = mapping.records.get(field.record)
    while record is not None and record.stands_in is not None:
        place = record.stands_in
        field = Field(place.record, (*place.keys, *field.keys), field.open)
        record = mapping.records.get(place.record)
    return field


def all_leaves(mapping: Mapping) -> Iterator[Leaf]:
    """Every leaf: singular ones, those of slots, those of list elements."""
    yield from mapping.leaves.values()
    for slots in mapping.slots.values():
        for slot in slots.slots:
            yield from slot.leaves.values()
    for each in mapping.lists:
        yield from each.leaves.values()


@kept
def own_names(mapping: Mapping, field: Field) -> frozenset[str]:
    """The keys of a free map that have an attribute of their own, and so do not belong to the map."""
    place = storage(mapping, field)
    depth = len(place.keys)
    places = (storage(mapping, other) for leaf in all_leaves(mapping) for other in leaf.idm.values() if not other.open)
    return frozenset(
        other.keys[depth]
        for other in places
        if other.record == place.record and len(other.keys) > depth and other.keys[:depth] == place.keys
    )


def verifier_fields(mapping: Mapping) -> frozenset[Field]:
    """Where the one-way values of secrets are stored (lenses with several targets)."""
    one_way = (leaf for leaf in all_leaves(mapping) if leaf.lens.targets)
    return frozenset(storage(mapping, field) for leaf in one_way for field in leaf.idm.values())
