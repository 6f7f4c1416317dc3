"""What differs between two resources, collected attribute by attribute: changed fields, elements that came and went, what has no place.

One that is read-only is not compared: whether it may be sent is the protocol's affair, not the mapping's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.errors import BadRequest
from gateway.mapping.free_map import map_of, owner, texts_in_map
from gateway.mapping.identity import take_apart
from gateway.mapping.kept import kept
from gateway.mapping.leaf import EachGroup, Leaf, SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.optics.plain import Plain
from gateway.mapping.origin import constant_of
from gateway.mapping.owned import ElementChange, element_changes, is_owned
from gateway.mapping.place import no_place, objects, placed
from gateway.mapping.record import Field
from gateway.mapping.records import Records, own_names, stored_at
from gateway.mapping.scene import Scene, at
from gateway.nevisidm.template import Template
from gateway.scim.comparison import is_present
from gateway.scim.element import same
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Passage:
    """What the mapping alone says of values that go through a leaf. `alike`: the field that takes a value as it is shown."""

    constant: bool
    writable: bool
    hidden: bool
    default: Json
    alike: Field | None


@kept
def _passage(leaf: Leaf) -> _Passage:
    plain = type(leaf.lens) is Plain and leaf.joined is None and len(leaf.idm) == 1
    return _Passage(
        constant_of(leaf) is not None,
        leaf.writable,
        leaf.schema.mutability == "writeOnly",
        leaf.schema.default,
        leaf.first if plain else None,
    )


class Difference:
    """Collects. `creating`: nothing is there yet, and values that a new one has by itself need not be written."""

    def __init__(self, mapping: Mapping, records: Records, scene: Scene, *, creating: bool) -> None:
        self._mapping = mapping
        self._records = records
        self._scene = scene
        self._creating = creating
        self._said_by: dict[tuple[str, Keys], Attr] = {}
        self.changed: dict[str, dict[Keys, Json]] = {}
        self.attributes: dict[Attr, None] = {}
        self.added: dict[Attr, tuple[Resource, ...]] = {}
        self.removed: dict[Attr, tuple[Resource, ...]] = {}
        self.dropped: dict[Attr, None] = {}
        self.elements: list[ElementChange] = []

    def of_leaf(self, leaf: Leaf, before: Json, after: Json) -> None:
        """One value."""
        if before is None and after is None:
            return
        passage = _passage(leaf)
        if passage.constant:
            check_constant(leaf, after)
        if not passage.writable and not (self._creating and leaf.made is not None):
            return
        new = after if is_present(after) else None
        old = None if passage.hidden else passage.default if self._creating else _present(before)
        if old == new or (new is None and self._creating):
            return
        if passage.alike is not None:
            self._set(passage.alike, new, leaf)
        elif leaf.joined is not None:
            self._set_parts(leaf, leaf.joined, new)
        elif not self._set_through(leaf, old, new):
            return  # what is shown already, spelt otherwise
        self.attributes[leaf.attr] = None

    def _set_through(self, leaf: Leaf, old: Json, new: Json) -> bool:
        """A value through its lens. False if it is then shown as before."""
        value = _put(leaf, new, self._stored(leaf))
        if new is not None and not leaf.lens.targets and _present(leaf.lens.get(value, self._scene.now)) == old:
            return False
        for target, place in leaf.idm.items():
            self._set(place, value[target] if leaf.lens.targets else value, leaf)
        return True

    def _set_parts(self, leaf: Leaf, template: Template, value: Json) -> None:
        """An id that several fields make, taken apart."""
        parts = take_apart(template, value) if isinstance(value, str) else {}
        if parts is None:
            raise BadRequest("GW111", f"{leaf.attr} must be the id of a resource as a search shows it.")
        for hole, place in leaf.idm.items():
            self._set(place, parts.get(hole), leaf)

    def of_map(self, leaf: Leaf, place: Field, before: Resource, after: Resource) -> None:
        """A free map: each key by itself, so that what is not mentioned stays."""
        if not leaf.writable:
            return
        top = Attr(leaf.attr.name, None, leaf.attr.urn)
        old, new = (map_of(at(resource, top), top) for resource in (before, after))
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
                    "GW111", f"{attr} has an attribute of its own{owner(self._mapping, place, name)}; change it there."
                )
            self._set(
                Field(place.record, (*place.keys, name)), _put(leaf, texts_in_map(leaf, attr, wished), None), leaf
            )
            self.attributes[attr] = None

    def of_slots(self, group: SlotGroup, before: Json, after: Json) -> None:
        """Fixed places: each place by itself, from the value that belongs there."""
        if group.schema.mutability == "readOnly":
            return
        old, _ = placed(group, before)
        new, homeless = placed(group, after)
        if homeless and group.unmatched == "drop":
            self.dropped[group.attr] = None
        elif homeless:
            raise no_place(group)
        for number in sorted(old.keys() | new.keys()):
            was, wish = old.get(number, {}), new.get(number, {})
            for name, leaf in group.slots[number].leaves.items():
                self.of_leaf(leaf, was.get(name), wish.get(name))

    def of_elements(self, group: EachGroup, before: Json, after: Json) -> None:
        """Elements of a list: those that came and those that went, known by their key; one that changed does both."""
        if is_owned(self._mapping, group):
            self._of_owned(group, objects(before, group.attr), objects(after, group.attr))
            return
        writable = [leaf for leaf in group.leaves.values() if leaf.writable]
        if group.schema.mutability == "readOnly" or not writable:
            return
        old, new = objects(before, group.attr), objects(after, group.attr)
        for value in new:
            for name, leaf in group.leaves.items():
                check_constant(leaf, value.get(name))

        def there(value: Resource, others: list[Resource]) -> bool:
            twins = (other for other in others if same(value, other, group.schema))
            return any(all(_kept(leaf, value, other) for leaf in writable) for other in twins)

        added = tuple(value for value in new if not there(value, old))
        removed = tuple(value for value in old if not there(value, new))
        if added:
            self.added[group.attr] = added
        if removed:
            self.removed[group.attr] = removed
        if added or removed:
            self.attributes[group.attr] = None

    def _of_owned(self, group: EachGroup, before: list[Resource], after: list[Resource]) -> None:
        """Elements that nevisIDM keeps below the resource itself."""
        found = element_changes(self._mapping, group, before, after, self._records, self._scene)
        self.elements += found
        if found:
            self.attributes[group.attr] = None

    def _stored(self, leaf: Leaf) -> Json:
        if not self._records and not leaf.lens.targets:  # a new resource
            return None
        found = {target: stored_at(self._mapping, self._records, place) for target, place in leaf.idm.items()}
        return found if leaf.lens.targets else next(iter(found.values()))

    def _set(self, place: Field, value: Json, leaf: Leaf) -> None:
        """Note a value. Two attributes that speak of one field must say the same."""
        record, keys = place.record, place.keys
        fields = self.changed.setdefault(record, {})
        other = self._said_by.setdefault((record, keys), leaf.attr)
        if other is not leaf.attr and other != leaf.attr and fields.get(keys) != value:
            raise BadRequest("GW111", f"{other} and {leaf.attr} contradict each other. Correct one, or leave it out.")
        fields[keys] = value


def _put(leaf: Leaf, value: Json, stored: Json) -> Json:
    try:
        return leaf.lens.put(value, stored)
    except ValueError as cure:
        raise BadRequest("GW111", f"{leaf.attr}: {cure}.") from None


def _kept(leaf: Leaf, value: Resource, other: Resource) -> bool:
    """Whether a sub-attribute is the same in both, or not mentioned in one of them."""
    name = leaf.attr.sub or ""
    one, two = _present(value.get(name)), _present(other.get(name))
    return one is None or two is None or same(one, two, leaf.schema)


def check_constant(leaf: Leaf, value: Json) -> None:
    """A constant takes only itself: a grant to a group is refused, and never becomes one to somebody else. Raises BadRequest GW111."""
    constant = constant_of(leaf)
    if constant is None or _present(value) is None or same(value, constant, leaf.schema):
        return
    spelled = str(constant).lower() if isinstance(constant, bool) else f'"{constant}"'
    raise BadRequest("GW111", f"{leaf.attr} can only be {spelled}. Send that, or leave it out.")


def _present(value: Json) -> Json:
    return value if is_present(value) else None
