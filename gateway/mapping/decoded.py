"""Records decoded only as far as a view looks at them: structs made for its places, so that what nobody shows is skipped, not built.

A struct holds scalars at the places where the mapping has scalars. An answer that holds something else there does not fit, and is read
without a struct (`nevisidm/reply.py`): slower, and as it always was. Places that are looked at whole (free maps, lists) stay plain.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from gateway.mapping.frame import Frame, Keys
from gateway.mapping.kept import kept
from gateway.mapping.model import Field, Leaf, Mapping
from gateway.mapping.optics.time import Within
from gateway.mapping.records import all_leaves, storage
from gateway.mapping.source import Source

Scalar = str | bool | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None
"""What JSON has for one value, within what can be written again; numbers with a fraction are nowhere in nevisIDM's records."""


Empty = dict[Keys, msgspec.Struct]
"""Of each object in a record one that holds nothing."""


class Stored(msgspec.Struct, gc=False):
    """What nevisIDM sent. It does not show itself: it holds people."""

    def __repr__(self) -> str:
        """Its kind alone."""
        return f"<{type(self).__name__}>"


class Elsewhere(Exception):
    """A view looks at something that does not stand in the record."""


@dataclass(slots=True)
class _Place:
    """One key of a record: looked at itself (`read`), wholly (`whole`), or only through what stands in it."""

    read: bool = False
    whole: bool = False
    inner: dict[str, _Place] = field(default_factory=dict)


class Places:
    """The places of one record that views look at, as a tree; once `settled`, it says which of them are structs."""

    def __init__(self) -> None:
        self._root = _Place()
        self._made = False

    def note(self, keys: Keys, *, whole: bool = False) -> None:
        """Somebody looks at this place. Raises Elsewhere for one that the struct does not have, once that is made."""
        if self._made:
            self._check(keys, whole=whole)
            return
        place = self._root
        for key in keys:
            place = place.inner.setdefault(key, _Place())
        place.read, place.whole = True, place.whole or whole

    def _check(self, keys: Keys, *, whole: bool) -> None:
        place = self._root
        for key in keys:
            if place.whole:
                return
            if key not in place.inner:
                raise Elsewhere
            place = place.inner[key]
        if not place.whole and (whole or not place.read):
            raise Elsewhere

    def settle(self) -> None:
        """What is looked at itself and from inside is a plain object: no struct can be shown."""
        for place in _below(self._root):
            place.whole = place.whole or (place.read and bool(place.inner))

    def plain(self, keys: Keys) -> bool:
        """Whether this is a plain value, or stands in one."""
        place = self._root
        for key in keys:
            place = place.inner.get(key, _Place())
            if place.whole:
                return True
        return False

    def has(self, key: str) -> bool:
        """Whether anything at or below this key of the record itself is looked at."""
        return key in self._root.inner

    def struct(self) -> tuple[type[msgspec.Struct], Empty]:
        """The type of the record, and of each object in it one that holds nothing."""
        empty: Empty = {}
        self._made = True
        return _struct("Record", self._root, (), empty), empty


def _below(place: _Place) -> Iterator[_Place]:
    for each in place.inner.values():
        yield each
        yield from _below(each)


def attribute(key: str) -> str:
    """The struct's name for a key, an identifier whatever the key is."""
    return (
        f"{key}_" if key.isidentifier() and key.isascii() and not keyword.iskeyword(key) else f"k{key.encode().hex()}"
    )


def _struct(name: str, place: _Place, keys: Keys, empty: Empty) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    for key, each in place.inner.items():
        kind: Any = Scalar
        if each.whole:
            kind = Any
        elif each.inner:
            inside = (*keys, key)
            kind = _struct(key, each, inside, empty) | None
        fields.append((attribute(key), kind, None))
    names = {attribute(key): key for key in place.inner}
    made = msgspec.defstruct(name, fields, bases=(Stored,), rename=names, gc=False)
    empty[keys] = made()
    return made


@kept
def _whole(mapping: Mapping, root: str) -> frozenset[Keys]:
    """The places of which more is shown than one scalar, or the parts of an object."""
    leaves = [leaf for leaf in all_leaves(mapping) if _is_whole(leaf)]
    places = [storage(mapping, place) for leaf in leaves for place in leaf.idm.values()]
    places += [storage(mapping, Field(group.source, ())) for group in mapping.lists if group.source in mapping.records]
    return frozenset(place.keys for place in places if place.record == root)


def _is_whole(leaf: Leaf) -> bool:
    schema, place = leaf.schema, leaf.first
    many = schema.multi_valued or schema.type == "complex" or (place is not None and place.open)
    return many or bool(leaf.lens.targets) or type(leaf.lens) is Within


class RowFrame(Frame):
    """A frame over one struct, called `row`. What is the same for all rows of a page stands in `once`."""

    def __init__(self, source: Source, mapping: Mapping, root: str, places: Places) -> None:
        super().__init__(source, mapping)
        self.once: list[str] = []
        self.empty: dict[str, Keys] = {}
        self._root = root
        self._places = places
        self._seen: dict[Keys, str] = {(): "row"}
        self._objects: dict[Keys, str] = {(): "row"}

    def value(self, record: str, keys: Keys = ()) -> str:
        """The variable with what stands there. Of the record itself nothing but its parts can be had."""
        place = self._keys(record, keys)
        if not place:
            raise Elsewhere
        self._places.note(place, whole=place in _whole(self.mapping, self._root))
        return self._read(place)

    def is_scalar(self, record: str, keys: Keys) -> bool:
        """Whether there is one value at most at a place."""
        return bool(keys) and not self._places.plain(self._keys(record, keys))

    def table(self, record: str, keys: Keys = ()) -> str:
        """The variable with the plain object that stands there, empty if none does."""
        place = self._keys(record, keys)
        if not place:
            raise Elsewhere
        self._places.note(place, whole=True)
        return self._plain_table(place, self._read(place))

    def there(self, record: str) -> str:
        """An expression that is None where the record is not there."""
        return self._read(self._keys(record, ()))

    def records(self) -> str:
        """Not to be had: there is one record only."""
        raise Elsewhere

    def hole(self, name: str) -> str:
        """The variable with the value of a template's hole."""
        record, dot, keys = name.partition(".")
        if not dot or record not in self.mapping.records:
            return self.scenic(name)
        if name not in self._holes:
            value, otherwise = self.value(record, tuple(keys.split("."))), self.scenic(name)
            self._holes[name] = self._set(f"{value} if {value} is not None else {otherwise}", "hole", name)
        return self._holes[name]

    def scenic(self, name: str) -> str:
        """The variable with what the scene alone says of a hole."""
        key = f"{name} "
        if key not in self._holes:
            self._holes[key] = self.source.name("scene", name)
            self.once.append(f"{self._holes[key]} = bound(scene, {name!r})")
        return self._holes[key]

    def _keys(self, record: str, keys: Keys) -> Keys:
        place = storage(self.mapping, Field(record, keys))
        if place.record != self._root:
            raise Elsewhere
        return place.keys

    def _read(self, keys: Keys) -> str:
        if keys not in self._seen:
            above = keys[:-1]
            if self._places.plain(above):
                found = f"{self._plain_table(above, self._read(above))}.get({keys[-1]!r})"
            else:
                found = f"{self._object(above)}.{attribute(keys[-1])}"
            self._seen[keys] = self._set(found, *keys)
        return self._seen[keys]

    def _object(self, keys: Keys) -> str:
        """The variable with the struct that stands there, one that holds nothing if none does."""
        if keys not in self._objects:
            value, none = self._read(keys), self.source.value("no_" + "_".join(keys), None)
            self.empty[none] = keys
            self._objects[keys] = self._set(f"{value} if {value} is not None else {none}", *keys, "in")
        return self._objects[keys]

    def _plain_table(self, keys: Keys, value: str) -> str:
        name = (*keys, "")
        if name not in self._objects:
            self._objects[name] = self._set(f"{value} if type({value}) is dict else table({value})", *keys, "in")
        return self._objects[name]
