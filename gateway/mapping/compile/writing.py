"""Which fields the calls of a file can write: what no call can write is readOnly without a word (mapping-format, section 3.1).

The catalogue knows the fields that each body takes. A call it does not know is believed to take everything.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from dataclasses import field as field_of

from gateway.mapping.model import Mapping, Step
from gateway.mapping.record import Field, Record, Write
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call


@dataclass(frozen=True, slots=True)
class Writing:
    """The records and operations of a file, asked what they can write."""

    records: Map[str, Record]
    operations: Map[str, tuple[Step, ...]]
    identity: frozenset[str] = frozenset()
    """The holes of the id: they name the resource in the path of a change, which does not write them."""
    lists: frozenset[str] = frozenset()
    """The records whose elements `each` attributes show."""
    _known: dict[Field, frozenset[str]] = field_of(default_factory=dict, init=False, repr=False, compare=False)

    def verbs(self, field: Field) -> frozenset[str]:
        """The operations (create, replace, modify) by which a client's value can reach the field."""
        if field not in self._known:
            self._known[field] = frozenset(
                verb
                for verb, steps in self.operations.items()
                if verb != "delete" and any(self._takes(verb, step, field) for step in steps)
            )
        return self._known[field]

    def refers(self, field: Field) -> bool:
        """Whether the field says which record is meant, of a kind that creating does not write but can read and compare."""
        steps = self.operations.get("create", ())
        named = {name for step in steps for name in (step.record, *step.send.values()) if name is not None}
        record = self.records.get(field.record)
        while record is not None and record.stands_in is not None and record.name not in named:
            record = self.records.get(record.stands_in.record)
        return record is not None and record.name not in named and bool(record.reads)

    def only_new(self, field: Field) -> bool:
        """Whether a client can give the field a value when the resource is made, and no change of the file reaches it afterwards."""
        return self.verbs(field) == {"create"} and bool({"replace", "modify"} & self.operations.keys())

    def _takes(self, verb: str, step: Step, field: Field) -> bool:
        hosted = self._in_host(field) if verb == "create" else None
        if step.record is None:
            return step.call is not None and any(
                _in_body(step.call, Field(record, (key, *each.keys), each.open))
                for each in (field, hosted)
                if each is not None
                for key, record in step.send.items()
                if record == each.record
            )
        record = self.records.get(step.record)
        if record is None:
            return False
        if record.over is not None and record.over.hole == str(field):
            return record.create is not None or record.update is not None  # the key of an element that stands apart
        if hosted is not None and hosted.record == record.name:
            return any(_writes(write, hosted) for write in (record.create,) if write is not None)
        if field.record != record.name:
            return False
        if self.owned(record.name):  # elements come and go, in every operation
            return any(_writes(write, field) for write in (record.create, record.update) if write is not None)
        if verb != "create" and str(field) in self.identity:
            return False
        return any(_writes(write, field) for write in _used(verb, record))

    def apart(self, name: str) -> bool:
        """Whether the elements of this list stand apart: nevisIDM keeps each below another resource."""
        record = self.records.get(name)
        return record is not None and record.over is not None

    def owned(self, name: str) -> bool:
        """Whether the elements of this list are the resource's own records, which come and go one by one."""
        record = self.records.get(name)
        return name in self.lists and record is not None and record.over is None and record.create is not None

    def _in_host(self, field: Field) -> Field | None:
        """The same field in the record that this record stands in: a create of the one carries the other."""
        record = self.records.get(field.record)
        if record is None or record.stands_in is None:
            return None
        return Field(record.stands_in.record, (*record.stands_in.keys, *field.keys), field.open)


def writing_of(mapping: Mapping) -> Writing:
    """The same of a compiled mapping."""
    identity = frozenset(mapping.id.holes if mapping.id is not None else ())
    return Writing(mapping.records, mapping.operations, identity, frozenset(each.source for each in mapping.lists))


def _used(verb: str, record: Record) -> tuple[Write, ...]:
    """The calls that carry a record; what its create does not take, its update brings right afterwards (`plan/write.py`)."""
    second = record.update if verb == "create" or not record.missing_create else record.create
    first = record.create if verb == "create" else record.update
    return tuple(write for write in (first, second) if write is not None)


def _writes(write: Write, field: Field) -> bool:
    hole = str(field)
    if hole in write.call.path.holes:
        return True
    if write.send is not None:
        return any(hole in template.holes for template in write.send.values())
    return _in_body(write.call, field)


def _in_body(call: Call, field: Field) -> bool:
    if str(field) in call.path.holes:
        return True
    entry = catalogue.find(call.method, call.path.text)
    return entry is None or catalogue.has(entry.body, field.keys, open_map=field.open)
