"""From a wished-for resource to changed record fields: per leaf where the shown values differ, and nothing else.

So GetPut holds by construction: what is written back as it was read changes nothing, whatever the lens would have made of it. A cleared
value is None. What the mapping cannot store is refused, or dropped where it says so; nothing is dropped without being named.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import BadRequest, Unsupported
from gateway.mapping.identity import take_apart
from gateway.mapping.model import EachGroup, Field, Leaf, Mapping, Slot, SlotGroup
from gateway.mapping.origin import constant_of
from gateway.mapping.owned import ElementChange, element_changes, is_owned
from gateway.mapping.place import place_of
from gateway.mapping.records import Records, all_leaves, own_names, storage, stored_at
from gateway.mapping.view import Scene, at, put_at
from gateway.nevisidm.template import Template
from gateway.scim.comparison import is_present
from gateway.scim.element import same
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written. `records`: record → field → stored value, None to clear it; `attributes`: what a client would call it.

    `added` and `removed`: elements of lists that stand apart; `elements`: those of the resource's own lists. `dropped`: attributes of
    which a value had no place and was left out.
    """

    records: Map[str, Map[Keys, Json]] = field(default_factory=dict, repr=False)
    attributes: tuple[Attr, ...] = ()
    added: Map[Attr, tuple[Resource, ...]] = field(default_factory=dict, repr=False)
    removed: Map[Attr, tuple[Resource, ...]] = field(default_factory=dict, repr=False)
    dropped: tuple[Attr, ...] = ()
    elements: tuple[ElementChange, ...] = ()


def changes(
    mapping: Mapping, before: Resource, after: Resource, records: Records, scene: Scene, *, creating: bool
) -> Changes:
    """The difference between two resources of this mapping, in terms of its records.

    `before` is the view of `records`, {} on create. Raises BadRequest GW111 (a value has no stored form, a constant is contradicted) and
    Unsupported GW206 (a value of a multi-valued attribute has no place).
    """
    difference = _Difference(mapping, records, scene, creating)
    said = _tops(before) | _tops(after)  # what neither has did not change
    for leaf in mapping.leaves.values():
        if (leaf.attr.urn, leaf.attr.name) not in said:
            continue
        if leaf.first is not None and leaf.first.open:
            difference.of_map(leaf, leaf.first, before, after)
        else:
            difference.of_leaf(leaf, at(before, leaf.attr), at(after, leaf.attr))
    for attr, slots in mapping.slots.items():
        if (attr.urn, attr.name) in said:
            difference.of_slots(slots, at(before, attr), at(after, attr))
    for attr, each in mapping.each.items():
        if (attr.urn, attr.name) in said:
            difference.of_elements(each, at(before, attr), at(after, attr))
    return difference.changes()


def _tops(resource: Resource) -> set[tuple[str | None, str]]:
    """The top attributes that a resource has."""
    found: set[tuple[str | None, str]] = set()
    for name, value in resource.items():
        found.add((None, name))
        if isinstance(value, dict):  # perhaps of an extension
            found.update((name, inner) for inner in value)
    return found


class _Difference:
    """Collects changes, attribute by attribute."""

    def __init__(self, mapping: Mapping, records: Records, scene: Scene, creating: bool) -> None:
        self._mapping = mapping
        self._records = records
        self._scene = scene
        self._creating = creating
        self._changed: dict[str, dict[Keys, Json]] = {}
        self._said_by: dict[Field, Attr] = {}
        self._attributes: dict[Attr, None] = {}
        self._added: dict[Attr, tuple[Resource, ...]] = {}
        self._removed: dict[Attr, tuple[Resource, ...]] = {}
        self._dropped: dict[Attr, None] = {}
        self._elements: list[ElementChange] = []

    def changes(self) -> Changes:
        """All that was collected."""
        changed, elements = tuple(self._attributes), tuple(self._elements)
        return Changes(self._changed, changed, self._added, self._removed, tuple(self._dropped), elements)

    def of_leaf(self, leaf: Leaf, before: Json, after: Json) -> None:
        """One value. A read-only one is not compared: whether it may be sent is the protocol's affair, not the mapping's."""
        if before is None and after is None:
            return
        if leaf.origin:
            _check_constant(leaf, after)
        if not leaf.writable and not (self._creating and leaf.made is not None):
            return
        old, new = _present(before), _present(after)
        if leaf.schema.mutability == "writeOnly":
            old = None
        elif self._creating:
            old = leaf.schema.default  # what a new one has by itself
        if old == new or (new is None and self._creating):
            return
        if leaf.joined is not None:
            self._set_parts(leaf, leaf.joined, new)
            return
        stored = self._stored(leaf)
        value = _put(leaf, new, stored)
        respelt = new is not None and not leaf.lens.targets and _present(leaf.lens.get(value, self._scene.now)) == old
        if respelt:
            return  # what is shown already, spelt otherwise
        for target, place in leaf.idm.items():
            self._set(place, value[target] if leaf.lens.targets else value, leaf)
        self._attributes[leaf.attr] = None

    def _set_parts(self, leaf: Leaf, template: Template, value: Json) -> None:
        """An id that several fields make, taken apart."""
        parts = take_apart(template, value) if isinstance(value, str) else {}
        if parts is None:
            raise BadRequest("GW111", f"{leaf.attr} must be the id of a resource as a search shows it.")
        for hole, place in leaf.idm.items():
            self._set(place, parts.get(hole), leaf)
        self._attributes[leaf.attr] = None

    def of_map(self, leaf: Leaf, place: Field, before: Resource, after: Resource) -> None:
        """A free map: each key by itself, so that what is not mentioned stays."""
        if not leaf.writable:
            return
        top = Attr(leaf.attr.name, None, leaf.attr.urn)
        old, new = (_map(at(resource, top), top) for resource in (before, after))
        taken = own_names(self._mapping, place)
        for name in dict.fromkeys((*old, *new)):
            wished = _present(new.get(name))
            if _present(old.get(name)) == wished:
                continue
            attr = Attr(top.name, name, top.urn)
            if attr in self._mapping.leaves:
                continue  # declared beside the map, under a name of its own
            if name in taken or name.startswith("_"):
                raise BadRequest(
                    "GW111", f"{attr} has an attribute of its own{self._owner(place, name)}; change it there."
                )
            self._set(Field(place.record, (*place.keys, name)), _put_in_map(leaf, attr, wished), leaf)
            self._attributes[attr] = None

    def _owner(self, place: Field, name: str) -> str:
        """The name of the attribute that maps one key of a free map."""
        wanted = storage(self._mapping, Field(place.record, (*place.keys, name)))
        leaves = (
            leaf
            for leaf in all_leaves(self._mapping)
            for one in leaf.idm.values()
            if storage(self._mapping, one) == wanted
        )
        return next((f", {leaf.attr}" for leaf in leaves), "")

    def of_slots(self, group: SlotGroup, before: Json, after: Json) -> None:
        """Fixed places: each place by itself, from the value that belongs there."""
        if group.schema.mutability == "readOnly":
            return
        old, _ = self._placed(group, before)
        new, homeless = self._placed(group, after)
        if homeless and group.unmatched == "drop":
            self._dropped[group.attr] = None
        elif homeless:
            raise _no_place(group)
        for number, slot in enumerate(group.slots):
            if number not in old and number not in new:
                continue
            for name, leaf in slot.leaves.items():
                self.of_leaf(leaf, old.get(number, {}).get(name), new.get(number, {}).get(name))

    def _placed(self, group: SlotGroup, values: Json) -> tuple[dict[int, Resource], bool]:
        """The values by the number of their slot, and whether any has none."""
        placed: dict[int, Resource] = {}
        homeless = False
        for value in _list(values, group.attr):
            if not any(is_present(value.get(name)) for slot in group.slots for name in slot.leaves):
                continue
            number = place_of(group, value)
            if number is None:
                homeless = True
            elif number in placed:
                raise _crowded(group, group.slots[number])
            else:
                placed[number] = value
        return placed, homeless

    def of_elements(self, group: EachGroup, before: Json, after: Json) -> None:
        """Elements of a list: those that came and those that went, known by their key; one that changed does both."""
        if is_owned(self._mapping, group):
            self._of_owned(group, _list(before, group.attr), _list(after, group.attr))
            return
        writable = [leaf for leaf in group.leaves.values() if leaf.writable]
        if group.schema.mutability == "readOnly" or not writable:
            return
        old, new = _list(before, group.attr), _list(after, group.attr)
        for value in new:
            for name, leaf in group.leaves.items():
                _check_constant(leaf, value.get(name))

        def there(value: Resource, others: list[Resource]) -> bool:
            twins = (other for other in others if same(value, other, group.schema))
            return any(all(_kept(leaf, value, other) for leaf in writable) for other in twins)

        added = tuple(value for value in new if not there(value, old))
        removed = tuple(value for value in old if not there(value, new))
        if added:
            self._added[group.attr] = added
        if removed:
            self._removed[group.attr] = removed
        if added or removed:
            self._attributes[group.attr] = None

    def _of_owned(self, group: EachGroup, before: list[Resource], after: list[Resource]) -> None:
        """Elements that nevisIDM keeps below the resource itself."""
        found = element_changes(self._mapping, group, before, after, self._records, self._scene)
        self._elements += found
        if found:
            self._attributes[group.attr] = None

    def _stored(self, leaf: Leaf) -> Json:
        found = {target: stored_at(self._mapping, self._records, place) for target, place in leaf.idm.items()}
        return found if leaf.lens.targets else next(iter(found.values()))

    def _set(self, place: Field, value: Json, leaf: Leaf) -> None:
        """Note a value. Two attributes that speak of one field must say the same."""
        fields = self._changed.setdefault(place.record, {})
        other = self._said_by.setdefault(place, leaf.attr)
        if other != leaf.attr and fields.get(place.keys) != value:
            raise BadRequest("GW111", f"{other} and {leaf.attr} contradict each other. Correct one, or leave it out.")
        fields[place.keys] = value


def _put(leaf: Leaf, value: Json, stored: Json) -> Json:
    try:
        return leaf.lens.put(value, stored)
    except ValueError as cure:
        raise BadRequest("GW111", f"{leaf.attr}: {cure}.") from None


def _put_in_map(leaf: Leaf, attr: Attr, value: Json) -> Json:
    items = value if leaf.schema.multi_valued and isinstance(value, list) else [value]
    if value is not None and not all(isinstance(item, str) for item in items):
        raise BadRequest("GW111", f"{attr} must be a string{' or strings' if leaf.schema.multi_valued else ''}.")
    return _put(leaf, value, None)


def _kept(leaf: Leaf, value: Resource, other: Resource) -> bool:
    """Whether a sub-attribute is the same in both, or not mentioned in one of them."""
    name = leaf.attr.sub or ""
    one, two = _present(value.get(name)), _present(other.get(name))
    return one is None or two is None or same(one, two, leaf.schema)


def asked_of(mapping: Mapping, body: Resource) -> Resource:
    """What a body asks of an action: with defaults, without what only answers say. Raises BadRequest GW111 against a constant."""
    asked: Resource = {}
    for attr, leaf in mapping.leaves.items():
        value = at(body, attr)
        _check_constant(leaf, value)
        value = leaf.schema.default if value is None else value
        if value is not None and not leaf.origin:
            put_at(asked, attr, value)
    return asked


def _check_constant(leaf: Leaf, value: Json) -> None:
    """A constant takes only itself: a grant to a group is refused, and never becomes one to somebody else."""
    constant = constant_of(leaf)
    if constant is None or _present(value) is None or same(value, constant, leaf.schema):
        return
    spelled = str(constant).lower() if isinstance(constant, bool) else f'"{constant}"'
    raise BadRequest("GW111", f"{leaf.attr} can only be {spelled}. Send that, or leave it out.")


def _present(value: Json) -> Json:
    return value if is_present(value) else None


def _map(value: Json, attr: Attr) -> Resource:
    if value is None or isinstance(value, dict):
        return value or {}
    raise BadRequest("GW111", f"{attr} must be an object.")


def _list(values: Json, attr: Attr) -> list[Resource]:
    if values is None:
        return []
    if isinstance(values, list) and all(isinstance(value, dict) for value in values):
        return values
    raise BadRequest("GW111", f"{attr} must be an array of objects.")


def _no_place(group: SlotGroup) -> Unsupported:
    offered = " or ".join(_face(slot) for slot in group.slots)
    return Unsupported("GW206", f"nevisIDM has no place for a value of {group.attr} that is not {offered}.")


def _crowded(group: SlotGroup, slot: Slot) -> Unsupported:
    return Unsupported("GW206", f"nevisIDM has one place only for {group.attr} of {_face(slot)}; send one such value.")


def _face(slot: Slot) -> str:
    """What a slot's values are known by: `type "work"`; where nothing tells them apart, just that."""
    told = [f'{name} "{value}"' for name, value in slot.constants.items() if name != "primary"]
    return " and ".join(told) or "the one kind there is"
