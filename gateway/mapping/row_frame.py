"""A row that is decoded (`decoded.py`) as the lines of a written view see it: each place that is shown is read once, off its struct."""

from __future__ import annotations

from gateway.mapping.decoded import Elsewhere, Places, attribute
from gateway.mapping.frame import Frame, Keys
from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.optics.time import Within
from gateway.mapping.record import Field
from gateway.mapping.records import all_leaves, storage
from gateway.mapping.source import Source


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

    def decoded(self, record: str, names: tuple[str, ...]) -> str | None:
        """The variable with the struct of a record that has these scalars and nothing else; None if there is none such."""
        keys = self._keys(record, ())
        return self._object(keys) if keys and frozenset(names) == self._places.scalars(keys) else None

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

    def known(self, name: str) -> str:
        """The test on whether a hole has a value: what is decoded as one value is None or something."""
        record, dot, keys = name.partition(".")
        plain = dot and record in self.mapping.records and not self.is_scalar(record, tuple(keys.split(".")))
        return super().known(name) if plain else f"{self.hole(name)} is not None"

    def scenic(self, name: str) -> str:
        """The variable with what the scene alone says of a hole."""
        key = f"{name} "
        if key not in self._holes:
            self._holes[key] = self.source.name("scene", name)
            self.once.append(f"{self._holes[key]} = bound(scene, {name!r})")
            self.once.append(f"if {self._holes[key]} == '':")
            self.once.append(f"    {self._holes[key]} = None")
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
