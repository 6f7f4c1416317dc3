"""Elements that stand apart, as writes: each that comes or goes is a call or two of its own, whatever the length of the list. Pure.

An element comes by its source's `create`, or where that stands in a record that is there anyway by its `update`; it goes by `delete`. What
takes that back is known beforehand. Elements of different keys do not depend on each other, so they may be written side by side.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Refused, Unsupported
from gateway.mapping.apart import Apart, aparts
from gateway.mapping.model import Mapping
from gateway.mapping.put import Changes
from gateway.mapping.record import Record, Write
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Lookup, Template, fixed, lookup_in, walk
from gateway.plan import body as bodies
from gateway.plan.body import Clear
from gateway.plan.chosen import id_about
from gateway.plan.plan import WriteCall
from gateway.plan.read import plan_element
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
LEAVING, COMING = 1, 2
"""Stages: all that leave before any that come, since a changed element does both."""


@dataclass(frozen=True, slots=True)
class Elements:
    """What is known of elements: by attribute and key the records of one, `source` among them as a list; and what makes new ones."""

    found: Map[Attr, Map[str, Map[str, Json]]] = field(default_factory=dict, repr=False)
    tenant: Lookup = field(default=lambda _: None, repr=False)
    new_id: Any = field(default=lambda: None, repr=False)


def element_writes(
    mapping: Mapping, record: str, changes: Changes, known: Elements, bindings: Lookup, clear: Clear = "null"
) -> list[WriteCall]:
    """The writes of the elements that this record makes. `bindings`: what is known of the resource that they belong to.

    Raises Refused GW405 for a key that nevisIDM does not have, Unsupported GW206 for an element that has no place or cannot leave its own.
    """
    calls: list[WriteCall] = []
    for attr, apart in aparts(mapping).items():
        if apart.source != record:
            continue
        writing = _Writing(mapping, apart, known, bindings, clear)
        for value in changes.removed.get(attr, ()):
            calls += writing.leave(value)
        for number, value in enumerate(changes.added.get(attr, ()), 1):
            calls.append(writing.come(value, number))
    return calls


@dataclass(frozen=True, slots=True)
class _Writing:
    mapping: Mapping
    apart: Apart
    known: Elements
    bindings: Lookup
    clear: Clear

    @property
    def record(self) -> Record:
        return self.mapping.records[self.apart.source]

    def come(self, value: Resource, number: int) -> WriteCall:
        """The write of one more element; `number`: which of those that come it is."""
        element = self._records(value)
        self._check_there(element, number)
        values = self._values(value, element)
        lookup = self._lookup(value, element, bodies.nest(values))
        record, write = self.record, self.record.create or self.record.update
        if write is None:
            raise Unsupported("GW203", f"{self.mapping.name}: nothing can add to {self.apart.group.attr}")
        if write is self.record.update:
            return self._moved(write, value, element, values, lookup)
        body = _sent(write, lookup) or bodies.created(bodies.without_holes(values, record.name, write.call))
        undo = self._bound(record.delete.call, lookup) if record.delete is not None else None
        again = self._bound(record.reads[0], lookup) if record.reads else None
        made = self._write(dataclasses.replace(write.call, body=body), lookup, COMING, undo=undo, again=again)
        return dataclasses.replace(made, chosen=makes_up_id(record))

    def _moved(
        self, write: Write, value: Resource, element: Map[str, Json], values: Map[tuple[str, ...], Json], lookup: Lookup
    ) -> WriteCall:
        """An element of a record that is there anyway: changed to belong here, and back to what it was."""
        stored = self._host(element)
        before = bodies.restored(values, stored)
        back = self._lookup(value, element, bodies.nest(before))
        call = self._updated(write, values, stored)
        undo = self._bound(self._updated(write, before, stored), back)
        return self._write(call, lookup, COMING, undo=None if any(map(self._own, undo.path.holes)) else undo)

    def _updated(self, write: Write, values: Map[tuple[str, ...], Json], stored: Json) -> Call:
        rest = bodies.without_holes(values, self.record.name, write.call)
        return dataclasses.replace(write.call, body=bodies.updated(rest, stored, self.clear) if rest else None)

    def leave(self, value: Resource) -> Iterator[WriteCall]:
        """The writes that take an element out: one for each double that nevisIDM has of it."""
        element = self._records(value)
        write = self.record.delete
        if write is None:
            raise Unsupported("GW203", f"{self.mapping.name}: nothing can take out of {self.apart.group.attr}")
        for stored in element.get(self.apart.source) or ():
            lookup = self._lookup(value, element, stored)
            call = dataclasses.replace(write.call, body=_sent(write, lookup))
            yield self._write(call, lookup, LEAVING, undo=self._restored(value, element, stored))

    def _restored(self, value: Resource, element: Map[str, Json], stored: Json) -> Call | None:
        """What puts an element back as it was."""
        record = self.record
        lookup = self._lookup(value, element, stored)
        if record.create is not None:
            entry = catalogue.find(record.create.call.method, record.create.call.path.text)
            own = {key: each for key, each in stored.items() if entry is None or catalogue.has(entry.body, (key,))}
            return self._bound(dataclasses.replace(record.create.call, body=own), lookup)
        if record.update is None:
            return None
        before = bodies.restored(self._values(value, element), stored)
        return self._bound(self._updated(record.update, before, self._host(element)), lookup)

    def _write(
        self, call: Call, lookup: Lookup, stage: int, *, undo: Call | None, again: Call | None = None
    ) -> WriteCall:
        bound = self._bound(call, lookup)
        open_holes = [hole for hole in bound.path.holes if self._value(hole, lookup) in (None, "")]
        if open_holes:
            self._refuse_open(open_holes[0])
        return WriteCall(bound, (self.apart.source,), (self.apart.group.attr,), undo=undo, again=again, stage=stage)

    def _refuse_open(self, hole: str) -> None:
        said = hole.removeprefix("settings.")
        why = f"the setting variables.{said} is not set" if said != hole else "nevisIDM does not say where it stands"
        raise Unsupported("GW206", f"A value of {self.apart.group.attr} cannot be changed: {why}.")

    def _value(self, hole: str, lookup: Lookup) -> Json:
        """The value of a hole that is filled later: {client} and what the resource's own create brings count as known."""
        return lookup(hole) if hole.startswith("settings.") or self._own(hole) else True

    def _own(self, hole: str) -> bool:
        return hole.partition(".")[0] in self.apart.records

    def _bound(self, call: Call, lookup: Lookup) -> Call:
        """The call with the holes filled that belong to this element; those of the resource stay open until it runs."""
        holes = {hole for hole in call.path.holes if self._own(hole) or hole.startswith("settings.")}
        values = {hole: found for hole in holes if (found := lookup(hole)) not in (None, "")}
        return dataclasses.replace(call, path=fixed(call.path, values))

    def _lookup(self, value: Resource, element: Map[str, Json], own: Json) -> Lookup:
        """What fills holes: the key, the element's own record, the records before it, then the resource and the tenant."""
        key = {self.apart.over.hole: value.get(self.apart.key)}
        others = {name: record for name, record in element.items() if name != self.apart.source}
        first = lookup_in(key, {self.apart.source: own}, others)

        def find(name: str) -> Json:
            found = first(name)
            found = self.bindings(name) if found is None else found
            return self.known.tenant(name) if found is None else found

        return find

    def _values(self, value: Resource, element: Map[str, Json]) -> dict[tuple[str, ...], Json]:
        """The fields of a new element: its `fill`, then what the client said."""
        lookup = self._lookup(value, element, {})
        about = f"{self.record.name} {value.get(self.apart.key)}"
        values: dict[tuple[str, ...], Json] = {
            keys: text.fill(lambda hole: id_about(self.known.new_id, about) if hole == "uuid" else lookup(hole))
            if isinstance(text, Template)
            else text
            for keys, text in self.record.fill.items()
        }
        for name, leaf in self.apart.group.leaves.items():
            if leaf.writable and leaf.first is not None and leaf.first.record == self.record.name and name in value:
                values[leaf.first.keys] = leaf.lens.put(value[name], None)
        return values

    def _records(self, value: Resource) -> Map[str, Json]:
        return self.known.found.get(self.apart.group.attr, {}).get(str(value.get(self.apart.key)), {})

    def _host(self, element: Map[str, Json]) -> Json:
        """The record that an element stands in, as far as it is its own."""
        place = self.record.stands_in
        return walk(element.get(place.record), place.keys) if place is not None else {}

    def _check_there(self, element: Map[str, Json], number: int) -> None:
        """A key that leads nowhere is refused before anything is written."""
        needed = plan_element(self.mapping, self.apart, frozenset((self.apart.source,))).records
        if all(element.get(name) is not None for name in needed if name != self.apart.source):
            return
        name, resource = f"{self.apart.group.attr}.{self.apart.key}", self.apart.over.resource
        raise Refused(
            "GW405",
            f"{name}, value {number} of those to add: nevisIDM has no such {resource}, or none that can be one of these.",
        )


def makes_up_id(record: Record) -> bool:
    """Whether new ones get a random extId, unless somebody says another."""
    fill = record.fill.get(("extId",))
    return isinstance(fill, Template) and "uuid" in fill.holes


def _sent(write: Write, lookup: Lookup) -> dict[str, Json] | None:
    return None if write.send is None else {key: template.fill(lookup) for key, template in write.send.items()}
