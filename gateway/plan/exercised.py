"""What the tests of a mapping have touched, noted while they run: the other half of coverage (`authoring/coverage.py` has the lines).

Marks are plain tuples: what kind of touch, and the place or name it was about. A mapping's places are those of its files, so what a base
says counts as touched by whichever type's test went through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.interpreter import face
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import ErrorRow, Mapping
from gateway.mapping.optics.plain import text_of
from gateway.mapping.put import Changes
from gateway.mapping.records import Records, all_leaves, elements, record_of, stored_at
from gateway.mapping.scene import Scene
from gateway.nevisidm.template import walk
from gateway.plan.plan import WritePlan
from gateway.scim.tree import Attr

Json = Any
Mark = tuple[object, ...]


class Exercised:
    """The marks that one mapping's tests have left."""

    def __init__(self) -> None:
        self.marks: set[Mark] = set()

    def shown(self, mapping: Mapping, records: Records, scene: Scene) -> None:
        """A pair was seen: what each line shows of these records, and which stored values went through a table."""
        self.marks |= {("record", name) for name in mapping.records if record_of(mapping, records, name) is not None}
        for leaf, own in _scenes(mapping, records):
            is_map = leaf.first is not None and leaf.first.open
            value = stored_at(mapping, own, leaf.first) if is_map and leaf.first else face(mapping, leaf)(own, scene)
            if value not in (None, "", {}, []):
                self.marks.add(("shown", leaf.place))
                self._stored(mapping, leaf, own)

    def _stored(self, mapping: Mapping, leaf: Leaf, records: Records) -> None:
        field = leaf.first
        if field is None:
            return
        stored = walk(record_of(mapping, records, field.record), field.keys)
        if isinstance(stored, str | bool | int):
            self.marks.add(("stored", leaf.place, text_of(stored)))

    def written(self, mapping: Mapping, verb: str, changed: Changes, plan: WritePlan) -> None:
        """An edit was planned: the lines whose fields it changes, and its calls."""
        self.marks.add(("verb", verb))
        self.marks |= {("call", each.call.name) for each in plan.calls}
        self.marks |= {("call", f"{each.call.method} {each.call.path.text}") for each in plan.calls}
        values = {(each.source, keys) for each in changed.elements for keys in each.values or ()}
        moved = {*changed.added, *changed.removed}
        for leaf in all_leaves(mapping):
            if Attr(leaf.attr.name, urn=leaf.attr.urn) in moved or (leaf.made is not None and verb == "create"):
                self.marks.add(("written", leaf.place))
            for field in leaf.idm.values():
                table = changed.records.get(field.record, {})
                if field.keys in table:
                    self.marks |= {("written", leaf.place), ("wrote", leaf.place, text_of(table[field.keys]))}
                elif (field.record, field.keys) in values or (field.open and _below(table, field.keys)):
                    self.marks.add(("written", leaf.place))

    def searched(self, attrs: Iterable[Attr], route: str) -> None:
        """A filter was planned."""
        self.marks |= {("asked", attr) for attr in attrs} | {("route", route)}

    def refused(self, row: ErrorRow | None) -> None:
        """A refusal was told, by this row."""
        if row is not None:
            self.marks.add(("row", row.place))


def _scenes(mapping: Mapping, records: Records) -> Iterator[tuple[Leaf, Map[str, Json]]]:
    """Every line with the records it looks at: those of list elements once for each element."""
    for leaf in mapping.leaves.values():
        yield leaf, records
    for slots in mapping.slots.values():
        for slot in slots.slots:
            yield from ((leaf, records) for leaf in slot.leaves.values())
    for group in mapping.lists:
        for element in elements(record_of(mapping, records, group.source)):
            yield from ((leaf, {**records, group.source: element}) for leaf in group.leaves.values())


def _below(table: Iterable[tuple[str, ...]], keys: tuple[str, ...]) -> bool:
    return any(each[: len(keys)] == keys for each in table)
