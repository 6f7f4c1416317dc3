"""From records to a resource: what a client would read if it asked for everything, or for these attributes.

Pure. What is not there is left out; what nevisIDM stores and no attribute maps is never shown. Added later by `scim/finish.py`: `schemas`,
`meta.resourceType`, `meta.location`. `viewer` prepares the work once for many resources of one search.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway.mapping.apart import beside, nth
from gateway.mapping.identity import compose, compose_id
from gateway.mapping.kept import kept
from gateway.mapping.model import EachGroup, Field, Leaf, Mapping, SlotGroup
from gateway.mapping.origin import from_origin, is_constant
from gateway.mapping.records import Records, own_names, record_of, storage, stored_at, verifier_fields
from gateway.mapping.version import version_of
from gateway.mapping.wish import Wish, fields_for, records_for
from gateway.nevisidm.template import Lookup, Template, lookup_in, walk
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
__all__ = ["Scene", "fields_for", "records_for", "view", "viewer"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a view depends on besides records: the time, the address that references start with, the tenant.

    `bindings` are values of holes by name: `client`, `client.name`, `settings.x`, parts of the id. `verifiers` "hide": what a one-way lens
    feeds is not shown (mapping-format, section 3.8).
    """

    now: datetime
    base: str
    bindings: Map[str, Json] = field(default_factory=dict, repr=False)
    verifiers: Literal["show", "hide"] = "show"


Show = Callable[[Records, Scene], Resource]
Put = Callable[[Resource, Records, Scene], None]
Face = Callable[[Records, Scene], Json]
_VERSION = Attr("meta", "version")


def view(mapping: Mapping, records: Records, scene: Scene, wanted: frozenset[Attr] | None = None) -> Resource:
    """The resource that the records make. `wanted`: the attributes to show, by themselves or by their parent; None: all."""
    return viewer(mapping, wanted)(records, scene)


def viewer(mapping: Mapping, wanted: frozenset[Attr] | None = None, versions: frozenset[str] = frozenset()) -> Show:
    """`view` for one mapping and choice of attributes, prepared once. The id is always shown, where known.

    `versions`: the parts of its version to show (`mapping/version.py`); none of them: no version.
    """
    return _viewer(mapping, wanted, versions)


@kept
def _viewer(mapping: Mapping, wanted: frozenset[Attr] | None, versions: frozenset[str]) -> Show:
    wish = Wish(wanted)
    leaves = [_leaf(mapping, leaf) for leaf in mapping.leaves.values() if wish.has(leaf.attr)]
    slots = [_slots(mapping, group) for group in mapping.slots.values() if wish.has_any(group.attr)]
    each = [_each(mapping, group, wish) for group in mapping.each.values() if wish.has_any(group.attr)]
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


def lookup(mapping: Mapping, records: Records, scene: Scene) -> Lookup:
    """The values of holes: of the records, then of the scene."""
    rest = lookup_in({"base": scene.base, **scene.bindings})

    def find(name: str) -> Json:
        head, dot, tail = name.partition(".")
        value = walk(record_of(mapping, records, head), tail.split(".")) if dot and head in mapping.records else None
        return rest(name) if value is None else value

    return find


def _face(mapping: Mapping, leaf: Leaf) -> Face:
    """What one leaf shows, None if nothing. A record that is not there shows nothing, not even through `past` or `within`."""
    if _kept_back(leaf):
        return lambda records, scene: None  # noqa: ARG005 — one of several faces
    if leaf.joined is not None:
        return _joined(mapping, leaf.joined)
    place, get = leaf.first, leaf.lens.get
    if place is None:
        return lambda records, scene: from_origin(leaf, lookup(mapping, records, scene))
    one_way = storage(mapping, place) in verifier_fields(mapping)

    def face(records: Records, scene: Scene) -> Json:
        record = record_of(mapping, records, place.record)
        if record is None or (one_way and scene.verifiers == "hide"):
            return None
        return _present(get(walk(record, place.keys), scene.now))

    return face


def _joined(mapping: Mapping, template: Template) -> Face:
    """An id of several fields' values; nothing while one of them is not there."""
    return lambda records, scene: compose(template, lookup(mapping, records, scene))


def _kept_back(leaf: Leaf) -> bool:
    """Whether nobody needs the value: it is only written, told elsewhere, or a secret that is neither returned nor changed."""
    hidden = leaf.schema.secret and leaf.schema.returned == "never" and not leaf.writable
    return hidden or leaf.schema.mutability == "writeOnly" or leaf.schema.once


def at(resource: Resource, attr: Attr) -> Json:
    """The value of a singular attribute, or of a singular complex one's sub-attribute; None if it is not there."""
    table = resource.get(attr.urn) if attr.urn else resource
    value = walk(table, (attr.name,))
    return value if attr.sub is None else walk(value, (attr.sub,))


def put_at(resource: Resource, attr: Attr, value: Json) -> None:
    """Set it, making the objects above it."""
    table = resource.setdefault(attr.urn, {}) if attr.urn else resource
    if attr.sub is not None:
        table = table.setdefault(attr.name, {})
    table[attr.sub or attr.name] = value


def _leaf(mapping: Mapping, leaf: Leaf) -> Put:
    if leaf.first is not None and leaf.first.open:
        return _open(mapping, leaf, leaf.first)
    face = _face(mapping, leaf)

    def put(resource: Resource, records: Records, scene: Scene) -> None:
        value = face(records, scene)
        if value is not None:
            put_at(resource, leaf.attr, value)

    return put


def _open(mapping: Mapping, leaf: Leaf, place: Field) -> Put:
    """A free map: all keys that no other attribute maps and that are not nevisIDM's own (`_classifications`)."""
    taken = own_names(mapping, place)

    def put(resource: Resource, records: Records, scene: Scene) -> None:
        found = stored_at(mapping, records, place)
        for name, stored in found.items() if isinstance(found, dict) else ():
            if name in taken or name.startswith("_"):
                continue
            value = _text(leaf.lens.get(stored, scene.now), leaf.schema.multi_valued)
            if value is not None:
                put_at(resource, Attr(leaf.attr.name, name, leaf.attr.urn), value)

    return put


def _text(value: Json, many: bool) -> Json:
    """A value of a free map as the string, or list of strings, that it is declared to be."""
    if many:
        return [item for item in value if isinstance(item, str)] or None if isinstance(value, list) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) and value != "" else None


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
        for index, element in enumerate(elements(mapping, records, group.source)):
            own = {name: nth(records.get(name), index) for name in others}
            held = _held(faces, {**records, **own, group.source: element}, scene)
            if telling & held.keys():
                values.append(held)
        if values:
            put_at(resource, group.attr, values)

    return put


def _faces(mapping: Mapping, leaves: Map[str, Leaf]) -> dict[str, Face]:
    return {name: _face(mapping, leaf) for name, leaf in leaves.items()}


def _held(faces: Map[str, Face], records: Records, scene: Scene) -> dict[str, Json]:
    """What is there of one value, by sub-attribute."""
    return {name: value for name, face in faces.items() if (value := face(records, scene)) is not None}


def elements(mapping: Mapping, records: Records, source: str) -> list[Json]:
    """The elements of a list record; one that was read alone is a list of itself."""
    found = record_of(mapping, records, source)
    return found if isinstance(found, list) else [] if found is None else [found]


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
                holder = resource[attr.urn] if attr.urn else resource
                del holder[attr.name]

    return take


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
