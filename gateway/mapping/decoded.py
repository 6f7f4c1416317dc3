"""Records decoded only as far as a view looks at them: structs made for its places, so that what nobody shows is skipped, not built.

A struct holds scalars at the places where the mapping has scalars, and None where nothing is: an empty text is nothing. An answer that
holds something else there does not fit, and is read without a struct (`nevisidm/reply.py`): slower, and as it always was. Places that
are looked at whole (free maps, lists) stay plain.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from gateway.mapping.frame import Keys

Text = Annotated[str, msgspec.Meta(min_length=1)]
Scalar = Text | bool | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None
"""What JSON has for one value, within what can be written again; numbers with a fraction are nowhere in nevisIDM's records."""


Empty = dict[Keys, msgspec.Struct]
"""Of each object in a record one that holds nothing."""


class Stored(msgspec.Struct, gc=False, omit_defaults=True):
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

    def scalars(self, keys: Keys) -> frozenset[str]:
        """The names in an object there that holds nothing but scalars, none of any other place."""
        place = self._root
        for key in keys:
            place = place.inner.get(key, _Place())
        flat = not self.plain(keys) and not any(each.whole or each.inner for each in place.inner.values())
        return frozenset(place.inner) if flat else frozenset()

    def reader(self, kind: Any, records: Callable[[Any], Any]) -> Callable[[bytes], Any]:
        """What makes this struct of JSON; `records` finds those that are such as this one in what is read without a struct.

        It raises ValueError for what does not fit. Where only empty texts do not, they are taken out.
        """
        decode = msgspec.json.Decoder(kind).decode

        def read(body: bytes) -> Any:
            try:
                return decode(body)
            except msgspec.ValidationError:
                found = msgspec.json.decode(body)
                if not sum(_clear(each, self._root) for each in records(found)):
                    raise
                return msgspec.convert(found, kind)

        return read

    def struct(self) -> tuple[type[msgspec.Struct], Empty]:
        """The type of the record, and of each object in it one that holds nothing."""
        empty: Empty = {}
        self._made = True
        return _struct("Record", self._root, (), empty), empty


def _clear(record: Any, place: _Place) -> bool:
    """Take the empty texts out of a record's places; whether there was one."""
    found = False
    for key, inner in place.inner.items() if isinstance(record, dict) else ():
        if record.get(key) == "":
            del record[key]
            found = True
        elif inner.inner and not inner.whole:
            found |= _clear(record.get(key), inner)
    return found


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
    for key, each in sorted(place.inner.items()):
        kind: Any = Scalar
        if each.whole:
            kind = Any
        elif each.inner:
            inside = (*keys, key)
            kind = _struct(key, each, inside, empty) | None
        fields.append((attribute(key), kind, None))
    names = {attribute(key): key for key in place.inner}
    made = msgspec.defstruct(name, fields, bases=(Stored,), rename=names, gc=False, omit_defaults=True)
    empty[keys] = made()
    return made
