"""Elements of a resource's own lists, as writes: one call for each that comes, goes or changes, and what takes that back. Pure.

Those that come are written before those that leave: where one is refused, nothing has gone. An element that only goes to come again
goes first. Within each, they do not depend on each other and may be written side by side.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Unsupported
from gateway.mapping.model import Mapping
from gateway.mapping.owned import ElementChange
from gateway.mapping.record import Record, Write
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Lookup, Template, fixed
from gateway.plan import body as bodies
from gateway.plan.body import Clear, Values
from gateway.plan.chosen import NewId, id_about
from gateway.plan.elements import COMING, LEAVING, makes_up_id
from gateway.plan.plan import WriteCall

Json = Any
LAST = 3
"""The stage of those that leave for good."""


def owned_writes(
    mapping: Mapping,
    record: str,
    changes: tuple[ElementChange, ...],
    fill: Lookup,
    new_id: NewId,
    clear: Clear = "null",
) -> list[WriteCall]:
    """The writes of the elements of this list. `fill`: {settings.x}, and what is known of the resource."""
    if not changes:
        return []
    writing = _Writing(mapping.records[record], fill, new_id, clear)
    calls = [call for change in changes if change.source == record for call in writing.of(change)]
    return sorted(calls, key=lambda call: call.stage)


@dataclasses.dataclass(frozen=True, slots=True)
class _Writing:
    record: Record
    fill: Lookup
    new_id: NewId
    clear: Clear

    def of(self, change: ElementChange) -> list[WriteCall]:
        """The calls of one change; an element that its update cannot make another goes, and comes again."""
        if change.stored is None:
            return [self._come(change, change.values or {})]
        if change.values is None:
            return [self._leave(change)]
        if self.record.update is not None and _takes(self.record.update, change.values):
            return [self._change(change, self.record.update)]
        kept = {keys: value for keys, value in _flat(self._own(change.stored)).items() if keys != ("extId",)}
        return [self._leave(change, LEAVING), self._come(change, {**kept, **change.values})]

    def _come(self, change: ElementChange, said: Values) -> WriteCall:
        assert self.record.create is not None
        about = f"{self.record.name} {sorted((keys, str(value)) for keys, value in said.items())}"
        filled = {keys: self._fill(text, about) for keys, text in self.record.fill.items()}
        values = {**filled, **{keys: value for keys, value in said.items() if value is not None}}
        body = bodies.created(bodies.without_holes(values, self.record.name, self.record.create.call))
        own = bodies.nest(values)
        undo = self._bound(self.record.delete.call, own) if self.record.delete is not None else None
        call = dataclasses.replace(self.record.create.call, body=body)
        again = self.record.reads[0] if self.record.reads else None
        made = self._write(change, self._bound(call, own), COMING, undo=undo, again=again)
        return dataclasses.replace(made, chosen=makes_up_id(self.record))

    def _leave(self, change: ElementChange, stage: int = LAST) -> WriteCall:
        if self.record.delete is None:
            raise Unsupported("GW203", f"nothing can take out of {change.attr}")
        assert self.record.create is not None
        back = dataclasses.replace(self.record.create.call, body=self._own(change.stored))
        call = self._bound(self.record.delete.call, change.stored)
        return self._write(change, call, stage, undo=self._bound(back, change.stored))

    def _change(self, change: ElementChange, write: Write) -> WriteCall:
        values, stored = change.values or {}, change.stored
        body = bodies.updated(values, stored, self.clear)
        entry = catalogue.find(write.call.method, write.call.path.text)
        if entry is not None and entry.takes_version and "version" in stored:
            body["version"] = stored["version"]
        before = bodies.updated(bodies.restored(values, stored), stored, self.clear)
        call = self._bound(dataclasses.replace(write.call, body=body), stored)
        undo = self._bound(dataclasses.replace(write.call, body=before), stored)
        return self._write(change, call, COMING, undo=undo)

    def _write(
        self, change: ElementChange, call: Call, stage: int, *, undo: Call | None, again: Call | None = None
    ) -> WriteCall:
        return WriteCall(call, (self.record.name,), (change.attr,), undo=undo, again=again, stage=stage)

    def _bound(self, call: Call, own: Map[str, Json]) -> Call:
        """The call with the holes that the element itself fills; those of the resource stay open until it runs."""
        prefix = f"{self.record.name}."
        values = {
            hole: value
            for hole in call.path.holes
            if hole.startswith(prefix) and (value := own.get(hole.removeprefix(prefix))) not in (None, "")
        }
        return dataclasses.replace(call, path=fixed(call.path, values))

    def _own(self, stored: Map[str, Json]) -> dict[str, Json]:
        """Of a stored element what a create takes."""
        assert self.record.create is not None
        entry = catalogue.find(self.record.create.call.method, self.record.create.call.path.text)
        taken = {key: value for key, value in stored.items() if entry is None or catalogue.has(entry.body, (key,))}
        return {key: value for key, value in taken.items() if value is not None}

    def _fill(self, text: Template | bool | int, about: str) -> Json:
        if not isinstance(text, Template):
            return text
        return text.fill(lambda hole: id_about(self.new_id, about) if hole == "uuid" else self.fill(hole))


def _takes(write: Write, values: Values) -> bool:
    """Whether the body of an update has a place for all that changes."""
    entry = catalogue.find(write.call.method, write.call.path.text)
    return entry is None or all(catalogue.has(entry.body, keys) for keys in values)


def _flat(record: Map[str, Json]) -> dict[tuple[str, ...], Json]:
    return {(key,): value for key, value in record.items()}
