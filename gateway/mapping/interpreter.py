"""The view as the mapping is read: rule by rule, in its order. Slow and plain, it says what `straight.py` must show; the laws run it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.apart import beside, nth
from gateway.mapping.free_map import shown_map
from gateway.mapping.identity import compose, compose_id
from gateway.mapping.leaf import EachGroup, Leaf, SlotGroup
from gateway.mapping.model import Mapping
from gateway.mapping.origin import from_origin, is_constant
from gateway.mapping.record import Field
from gateway.mapping.records import Records, elements, own_names, record_of, storage, stored_at, verifier_fields
from gateway.mapping.scene import Scene, Show, at, lookup, put_at
from gateway.mapping.version import version_of
from gateway.mapping.wish import Wish
from gateway.nevisidm.template import Template, walk
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
Put = Callable[[Resource, Records, Scene], None]
Face = Callable[[Records, Scene], Json]
_VERSION = Attr("meta", "version")


def interpreted(
    mapping: Mapping, wanted: frozenset[Attr] | None = None, versions: frozenset[str] = frozenset()
) -> Show:
    """As `view.viewer`."""
    wish = Wish(wanted)
    leaves = [_leaf(mapping, leaf) for leaf in mapping.leaves.values() if wish.has(leaf.attr)]
    slots = [_slots(mapping, group) for group in mapping.slots.values() if wish.has_any(group.attr)]
    each = [_each(mapping, group, wish) for group in mapping.lists if wish.has_any(group.attr)]
    puts = (*leaves, *slots, *each, _lonely_constants(mapping, wish), _version(mapping, versions))

    def show(records: Records, scene: Scene) -> Resource:
        resource: Resource = {}
        identifier = compose_id(mapping, lookup(mapping, records, scene))
        if identifier is not None:
            resource["id"] = identifier
        for put in puts:
            put(resource, records, scene)
        return resource

    return show


def face(mapping: Mapping, leaf: Leaf) -> Face:
    """What one leaf shows, None if nothing. A record that is not there shows nothing, not even through `past` or `within`."""
    if leaf.kept_back:
        return lambda records, scene: None  # noqa: ARG005 — one of several faces
    if leaf.joined is not None:
        return _joined(mapping, leaf.joined)
    place, get = leaf.first, leaf.lens.get
    if place is None:
        return lambda records, scene: from_origin(leaf, lookup(mapping, records, scene))
    one_way = storage(mapping, place) in verifier_fields(mapping)

    def shown(records: Records, scene: Scene) -> Json:
        record = record_of(mapping, records, place.record)
        if record is None or (one_way and scene.verifiers == "hide"):
            return None
        return _present(get(walk(record, place.keys), scene.now))

    return shown


def _joined(mapping: Mapping, template: Template) -> Face:
    """An id of several fields' values; nothing while one of them is not there."""
    return lambda records, scene: compose(template, lookup(mapping, records, scene))


def _leaf(mapping: Mapping, leaf: Leaf) -> Put:
    if leaf.first is not None and leaf.first.open:
        return _open(mapping, leaf, leaf.first)
    shown = face(mapping, leaf)

    def put(resource: Resource, records: Records, scene: Scene) -> None:
        value = shown(records, scene)
        if value is not None:
            put_at(resource, leaf.attr, value)

    return put


def _open(mapping: Mapping, leaf: Leaf, place: Field) -> Put:
    taken = own_names(mapping, place)

    def put(resource: Resource, records: Records, scene: Scene) -> None:
        found = stored_at(mapping, records, place)
        for name, value in shown_map(found, taken, leaf, scene.now).items():
            put_at(resource, Attr(leaf.attr.name, name, leaf.attr.urn), value)

    return put


def _slots(mapping: Mapping, group: SlotGroup) -> Put:
    slots = [(slot.constants, _faces(mapping, slot.leaves)) for slot in group.slots]

    def put(resource: Resource, records: Records, scene: Scene) -> None:
        values = []
        for constants, faces in slots:
            held = _held(faces, records, scene)
            if held:
                values.append({**constants, **held})
        if values:
            put_at(resource, group.attr, values)

    return put


def _each(mapping: Mapping, group: EachGroup, wish: Wish) -> Put:
    leaves = {name: leaf for name, leaf in group.leaves.items() if wish.has(leaf.attr)}
    faces = _faces(mapping, leaves)
    telling = {name for name, leaf in leaves.items() if not is_constant(leaf)}
    others = beside(mapping, group)

    def put(resource: Resource, records: Records, scene: Scene) -> None:
        values = []
        for index, element in enumerate(elements(record_of(mapping, records, group.source))):
            own = {name: nth(records.get(name), index) for name in others}
            held = _held(faces, {**records, **own, group.source: element}, scene)
            if telling & held.keys():
                values.append(held)
        if values:
            put_at(resource, group.attr, [*(at(resource, group.attr) or ()), *values])

    return put


def _faces(mapping: Mapping, leaves: Map[str, Leaf]) -> dict[str, Face]:
    return {name: face(mapping, leaf) for name, leaf in leaves.items()}


def _held(faces: Map[str, Face], records: Records, scene: Scene) -> dict[str, Json]:
    """What is there of one value, by sub-attribute."""
    return {name: value for name, face in faces.items() if (value := face(records, scene)) is not None}


def _lonely_constants(mapping: Mapping, wish: Wish) -> Put:
    """Takes constants out again where nothing else of their complex attribute is there: nobody's `type` says nothing."""
    constants = [
        leaf.attr for leaf in mapping.leaves.values() if leaf.attr.sub and is_constant(leaf) and wish.has(leaf.attr)
    ]
    others: dict[Attr, set[str]] = {}
    for leaf in mapping.leaves.values():
        if leaf.attr.sub and not is_constant(leaf) and wish.has(leaf.attr):
            others.setdefault(_parent(leaf.attr), set()).add(leaf.attr.sub)

    def take(resource: Resource, records: Records, scene: Scene) -> None:  # noqa: ARG001 — one of several putters
        for attr in constants:
            table = at(resource, _parent(attr))
            names = others.get(_parent(attr))
            if names and isinstance(table, dict) and not names & table.keys():
                _take_out(resource, attr)

    return take


def _take_out(resource: Resource, attr: Attr) -> None:
    """Without the attribute, and without an extension of nothing else."""
    holder = resource[attr.urn] if attr.urn else resource
    del holder[attr.name]
    if attr.urn and not holder:
        del resource[attr.urn]


def _parent(attr: Attr) -> Attr:
    return Attr(attr.name, None, attr.urn)


def _present(value: Json) -> Json:
    return None if value in ("", [], {}) else value


def _version(mapping: Mapping, versions: frozenset[str]) -> Put:
    def put(resource: Resource, records: Records, scene: Scene) -> None:
        version = version_of(mapping, records, scene.now, versions)
        if version is not None:
            put_at(resource, _VERSION, version)

    return put
