"""Lists whose elements stand apart: nevisIDM keeps each below another resource and lists them nowhere, as the members of a group.

Such a list is the record that an `each` attribute names and that has `over`. One sub-attribute of the list, its *key*, fills the hole
that `over` names. So one element can be read, added and removed by its key, at the same cost whatever the length of the list; the whole
list can only be had by asking about every resource of the other type.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any

from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field, Over, Record
from gateway.scim.tree import Attr

Json = Any


@dataclass(frozen=True, slots=True)
class Apart:
    """One such list. `records` are those of one element, in the mapping's order; the last word has `source`: no such record, no element."""

    group: EachGroup
    key: str
    over: Over
    records: tuple[str, ...]

    @property
    def source(self) -> str:
        """The record that makes an element."""
        return self.group.source

    @property
    def place(self) -> Field:
        """The field that the key fills."""
        record, *keys = self.over.hole.split(".")
        return Field(record, tuple(keys))


@kept
def aparts(mapping: Mapping) -> Map[Attr, Apart]:
    """The lists of a mapping whose elements stand apart, by attribute."""
    found = {}
    for attr, group in mapping.each.items():
        record = mapping.records.get(group.source)
        key = _key(group, record)
        if record is not None and record.over is not None and key is not None:
            found[attr] = Apart(group, key, record.over, _of_one(mapping, record.over))
    return found


@kept
def apart_records(mapping: Mapping) -> frozenset[str]:
    """The records that belong to elements of such lists: no resource has them by itself."""
    return frozenset(name for apart in aparts(mapping).values() for name in apart.records)


@kept
def beside(mapping: Mapping, group: EachGroup) -> tuple[str, ...]:
    """The records that belong to one element of a list besides its own: there is one of each for every element."""
    apart = aparts(mapping).get(group.attr)
    names = apart.records if apart is not None else _after(mapping, frozenset((group.source,)))
    return tuple(name for name in names if name != group.source)


def of_element(mapping: Mapping, name: str) -> EachGroup | None:
    """The list to whose elements a record belongs, if each of them has one of its own; not for lists whose elements stand apart."""
    groups = (group for group in mapping.lists if group.attr not in aparts(mapping))
    return next((group for group in groups if name in beside(mapping, group)), None)


def nth(values: Json, index: int) -> Json:
    """One value of a list, None beyond its end; what is no list is the list of itself."""
    found = values if isinstance(values, list) else [values]
    return found[index] if index < len(found) else None


def _key(group: EachGroup, record: Record | None) -> str | None:
    over = record.over if record is not None else None
    return next(
        (name for name, leaf in group.leaves.items() if over is not None and str(leaf.first) == over.hole), None
    )


def _of_one(mapping: Mapping, over: Over) -> tuple[str, ...]:
    """The records of one element: those read by the key's hole, and those that follow from them."""
    first = frozenset(
        name for name, record in mapping.records.items() if any(over.hole in call.path.holes for call in record.reads)
    )
    return _after(mapping, first)


def _after(mapping: Mapping, first: frozenset[str]) -> tuple[str, ...]:
    """These records and all that are read by what they hold, in the mapping's order."""
    names = set(first)
    while more := {name for name, record in mapping.records.items() if name not in names and _needs(record) & names}:
        names |= more
    return tuple(name for name in mapping.records if name in names)


def _needs(record: Record) -> set[str]:
    if record.stands_in is not None:
        return {record.stands_in.record}
    return {hole.partition(".")[0] for call in record.reads for hole in call.path.holes}


def leaves_marks(mapping: Mapping) -> bool:
    """Whether its elements are marks on somebody else's records: they would stay when the resource is gone, and nevisIDM may not mind.

    So they are taken away first.
    """
    return any(
        mapping.records[apart.source].create is None and apart.group.schema.mutability != "readOnly"
        for apart in aparts(mapping).values()
    )
